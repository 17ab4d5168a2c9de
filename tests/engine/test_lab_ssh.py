# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's nodes behind real sshds, reached by Ansible through the lab's own inventory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from lab.interpreters import interpreters_of_nodes
from lab.lab import Lab

if TYPE_CHECKING:
    import pytest

LabFactory = Callable[..., Lab]


def ansible(lab: Lab, pattern: str, command: str) -> dict[str, str]:
    """Run a command on hosts; what became of each (`CHANGED`, `UNREACHABLE!`, ...)."""
    result = subprocess.run(
        [str(Path(sys.executable).parent / "ansible"), pattern, "-m", "command", "-a", json.dumps({"cmd": command})],
        env={**os.environ, "ANSIBLE_CONFIG": str(lab.ansible_config_file), "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    lines = [line.split(" | ") for line in result.stdout.splitlines() if " | " in line]
    assert lines, result.stderr
    return {line[0]: line[1].split()[0].rstrip(":") for line in lines}


def test_every_host_is_reached_and_a_restart_over_ssh_outlives_its_session(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, replicas=1, ssh=True, secured=True, interpreters=(sys.executable,))
    hosts = ["group-1-a", "group-1-b", "sentinel-a", "sentinel-b", "sentinel-c"]
    assert ansible(lab, "all", "true") == dict.fromkeys(hosts, "CHANGED")

    run_ids = {node.name: node.run_id() for node in lab.nodes}
    assert ansible(lab, "group-1-b", "{{ redis_restart_command[0] }}") == {"group-1-b": "CHANGED"}
    lab.cut_off("group-1-b")
    assert lab.node("group-1-b").run_id() != run_ids["group-1-b"], "the new server runs on without the session"
    assert lab.node("group-1-a").run_id() == run_ids["group-1-a"]


def test_a_node_is_cut_off_and_joined_again(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, replicas=1, sentinels=1, ssh=True, interpreters=(sys.executable,))
    # Also the connection that Ansible keeps open ends.
    assert ansible(lab, "redis", "true") == {"group-1-a": "CHANGED", "group-1-b": "CHANGED"}
    lab.cut_off("group-1-b")
    assert ansible(lab, "redis", "true") == {"group-1-a": "CHANGED", "group-1-b": "UNREACHABLE!"}
    assert lab.node("group-1-b").role() == "slave", "its server is not touched"
    lab.join("group-1-b")
    assert ansible(lab, "redis", "true") == {"group-1-a": "CHANGED", "group-1-b": "CHANGED"}


def test_over_ssh_the_nodes_have_interpreters_with_different_releases_of_redis_py(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("LAB_INTERPRETERS", raising=False)
    question = "import redis; print(redis.__version__)"
    releases = [
        subprocess.run([python, "-c", question], capture_output=True, text=True, check=True)
        for python in interpreters_of_nodes(None, over_ssh=True)
    ]
    assert len({release.stdout for release in releases}) == 3
    assert any(release.stdout.startswith("4.3.") for release in releases)

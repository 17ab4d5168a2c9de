# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands between a run and the servers: members that do not match, secrets, files, and problems that are accepted."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from lab.lab import Lab

from .run import play, play_command

LIMIT = ("--limit", "group_1")


def run_ids(lab: Lab) -> dict[str, str]:
    """Of all nodes."""
    return {node.name: node.run_id() for node in lab.nodes}


def inventory(lab: Lab) -> dict[str, Any]:
    """The lab's, as data."""
    found: dict[str, Any] = yaml.safe_load(lab.inventory_file.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize(
    ("surplus", "problem"), [(True, "replica_of_stranger (stray)"), (False, "unlisted_member (group-1-a)")]
)
def test_an_inventory_and_a_group_that_differ_in_their_members_are_refused(
    lab: Lab, tmp_path: Path, surplus: bool, problem: str
) -> None:
    """A node of the inventory that belongs to another group, and a live member that the inventory lacks."""
    before, found = run_ids(lab), inventory(lab)
    one, two = (found["redis"]["children"][name]["hosts"] for name in ("group_1", "group_2"))
    if surplus:
        one["stray"] = two.pop(lab.replicas_of("group-2")[0].name)
    else:
        one.pop(lab.replicas_of("group-1")[-1].name)
        problem = problem.replace("group-1-a", lab.primary_of("group-1").name)
    other = tmp_path / "inventory.yml"
    other.touch(mode=0o600)
    other.write_text(yaml.safe_dump(found), encoding="utf-8")
    run = play_command(lab, f"ansible-playbook -i {other} steadyhand.redis.rolling_restart --limit group_1")
    assert run.code != 0
    assert problem in run.failure()
    assert run.changes == []
    assert run_ids(lab) == before


def test_an_accepted_problem_lets_a_failover_proceed_and_two_primaries_are_never_accepted(lab: Lab) -> None:
    old = lab.primary_of("group-1").name
    writable, other = lab.replicas_of("group-1")
    with writable.changed("replica-read-only", "no"):
        refused = play(lab, "failover", None, *LIMIT)
        never = play(lab, "failover", {"redis_accept": "replica_writable,two_primaries"}, *LIMIT)
        assert lab.primary_of("group-1").name == old
        accepted = play(lab, "failover", {"redis_accept": ["replica_writable"]}, *LIMIT)
    assert refused.code != 0
    assert f"replica_writable ({writable.name})" in refused.failure()
    assert "redis_accept=replica_writable." in refused.failure()
    assert never.code != 0
    assert "two_primaries can never be accepted: more than one node is a primary" in never.failure()
    assert accepted.code == 0, accepted.failure()
    assert lab.primary_of("group-1").name == other.name


def test_a_target_in_another_group_is_refused(lab: Lab) -> None:
    target = lab.replicas_of("group-2")[0].name
    run = play(lab, "failover", {"redis_target": target}, *LIMIT)
    assert run.code != 0
    assert run.failure().startswith(f"redis_target is {target}: it must be a node of the one group of this run")
    assert sum(run.module_runs().values()) == 0


def test_a_secret_setting_is_refused_before_it_is_shown_anywhere(lab: Lab) -> None:
    run = play(lab, "push_config", {"redis_settings": {"hz": 20, "requirepass": "s3cretword"}}, *LIMIT)
    assert run.code != 0
    assert run.failure().startswith("redis_settings holds requirepass: secrets are not pushed")
    assert "s3cretword" not in run.output + "".join(run.messages)
    assert sum(run.module_runs().values()) == 0


def test_a_file_that_the_task_may_not_write_is_named_before_anything_is_changed(lab: Lab, tmp_path: Path) -> None:
    """The task runs with an interpreter that may not override modes, as a user who is not root may not."""
    before = {node.config("hz") for node in lab.nodes}
    python = tmp_path / "python"
    plain = "setpriv --bounding-set -dac_override -- " if os.geteuid() == 0 else ""
    python.write_text(f'#!/bin/sh\nexec {plain}{shlex.quote(sys.executable)} "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    node = lab.primary_of("group-1")
    file = node.directory / "redis.conf"
    modes = {path: path.stat().st_mode for path in (file, node.directory)}
    for path, mode in modes.items():
        path.chmod(mode & 0o555)
    try:
        run = play(
            lab,
            "push_config",
            {"redis_settings": {"hz": 20}, "ansible_python_interpreter": str(python)},
            *LIMIT,
            "--become-method",
            "su",
        )
    finally:
        for path, mode in modes.items():
            path.chmod(mode)
    assert run.code != 0
    assert str(file) in run.failure()
    assert "Traceback" not in run.output
    assert run.said("--become-method su"), "the command that continues does it in the same way"
    assert {node.config("hz") for node in lab.nodes} == before

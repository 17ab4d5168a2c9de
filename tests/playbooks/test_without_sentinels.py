# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups without Sentinels, over ssh: the traffic is moved by the user's tasks or command, whatever becomes of it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.steadyhand.redis.plugins.module_utils._model.lock import LockRecord, lock_key
from engine.pointed import PointedWriter, lost, point, wait_for_the_end_of_the_pause
from engine.subjects import GROUP
from lab.lab import Lab

from .run import Run, play

pytestmark = pytest.mark.long
SECONDS = 40
"""That routing may take: tasks on a busy machine. Less than repl-timeout, with what is added."""


class Cut(Exception):
    """The controller was cut off."""


@pytest.fixture(scope="module")
def alone() -> Iterator[Lab]:
    """One group that no Sentinel watches, every node behind an sshd, a port, a password and an interpreter of its own."""
    base = Path(tempfile.mkdtemp(prefix="lab-"))
    try:
        with Lab.create(base / "1", groups=1, sentinels=0, ssh=True, secured=True) as lab:
            yield lab
    finally:
        shutil.rmtree(base)


@pytest.fixture
def pointer(alone: Lab, tmp_path: Path) -> Path:
    alone.wait_converged()
    point(tmp_path / "pointer", alone.primary_of(GROUP))
    return tmp_path / "pointer"


@pytest.fixture
def writer(alone: Lab, pointer: Path) -> Iterator[PointedWriter]:
    with PointedWriter(pointer, alone.nodes[0].state.credentials) as writer:
        writer.wait_for(200)
        yield writer


def tasks(pointer: Path, *before: dict[str, Any]) -> dict[str, Any]:
    """Extra variables with tasks that move the pointer, after what else they do. They run on the controller."""
    move = {
        "name": "Move the pointer",
        "ansible.builtin.copy": {
            "content": "{{ redis_roll_traffic.new.host }} {{ redis_roll_traffic.new.port }}\n",
            "dest": str(pointer),
            "mode": "0644",
        },
        "delegate_to": "localhost",
    }
    file = pointer.with_name(f"route-{len(list(pointer.parent.iterdir()))}.yml")
    file.write_text(yaml.safe_dump([*before, move]), encoding="utf-8")
    return {"redis_route_tasks": str(file), "redis_route_timeout": SECONDS}


def fail_unless(node: str) -> dict[str, Any]:
    """A task that fails when traffic is to be moved to another node."""
    return {
        "name": "Ask the balancer",
        "ansible.builtin.fail": {"msg": "the balancer says no"},
        "when": f"redis_roll_traffic.new.name != '{node}'",
    }


def audit(lab: Lab) -> Run:
    return play(lab, "audit")


def test_the_traffic_is_moved_by_tasks_and_nothing_is_lost(alone: Lab, pointer: Path, writer: PointedWriter) -> None:
    old = alone.primary_of(GROUP).name
    run = play(alone, "failover", tasks(pointer))
    assert run.code == 0, run.failure()
    writer.wait_for_more(200)
    assert lost(alone, writer) == 0
    new = alone.primary_of(GROUP).name
    assert new != old
    assert run.said(f"{GROUP}: {new} is the primary now, {old} its replica")
    healthy = audit(alone)
    assert healthy.code == 0, healthy.failure()
    assert healthy.said("All 1 groups are healthy.")


def test_the_traffic_is_moved_by_a_command(alone: Lab, pointer: Path, writer: PointedWriter) -> None:
    old = alone.primary_of(GROUP).name
    command = pointer.with_name("move")
    command.write_text(f'#!/bin/sh\necho "$STEADYHAND_NEW_HOST $STEADYHAND_NEW_PORT" > {pointer}\n', encoding="utf-8")
    command.chmod(0o755)
    run = play(alone, "failover", {"redis_route_command": [str(command)]})
    assert run.code == 0, run.failure()
    writer.wait_for_more(200)
    assert lost(alone, writer) == 0
    assert alone.primary_of(GROUP).name != old


def test_tasks_that_fail_leave_everything_as_it_was(alone: Lab, pointer: Path, writer: PointedWriter) -> None:
    old = alone.primary_of(GROUP).name
    run = play(alone, "failover", tasks(pointer, fail_unless(old)))
    assert run.code != 0
    assert "(Ask the balancer: the balancer says no)" in run.failure()
    assert f"the role was handed back to {old} and traffic routed there, nothing is lost" in run.failure()
    writer.wait_for_more(200)
    assert (lost(alone, writer), alone.primary_of(GROUP).name) == (0, old)
    healthy = audit(alone)
    assert healthy.code == 0, healthy.failure()


def test_tasks_that_fail_in_both_directions_are_unknown_and_the_next_run_finishes_them(
    alone: Lab, pointer: Path, writer: PointedWriter
) -> None:
    old = alone.primary_of(GROUP).name
    run = play(alone, "failover", tasks(pointer, fail_unless("nobody")))
    assert run.code != 0
    assert f"{old} leads again with everything, and traffic was not moved back" in run.failure()
    assert "routing_unfinished" in audit(alone).output
    # An unknown outcome keeps the lock, so that nobody begins before somebody has looked.
    with alone.primary_of(GROUP).client() as client:
        assert client.delete(lock_key(GROUP)) == 1
    again = play(alone, "failover", tasks(pointer))
    assert again.code == 0, again.failure()
    assert again.said(f"{GROUP}: traffic is at {old} now, which an earlier run had not seen")
    writer.wait_for_more(200)
    assert lost(alone, writer) == 0
    assert alone.primary_of(GROUP).name != old


def test_a_controller_that_is_cut_off_while_traffic_is_moved_loses_nothing_and_the_next_run_finishes_it(
    alone: Lab, pointer: Path, writer: PointedWriter
) -> None:
    old = alone.primary_of(GROUP).name
    # Under the strategy free, a task is told of when it has ended.
    begun = {"name": "Begin to wait for what never comes", "ansible.builtin.debug": {"msg": "begun"}}
    endless = {
        "name": "Wait for what never comes",
        "ansible.builtin.wait_for": {"path": str(pointer.with_name("never")), "timeout": 600},
        "delegate_to": "localhost",
    }

    def cut(line: str) -> None:
        if "Begin to wait for what never comes" in line:
            raise Cut

    with pytest.raises(Cut):
        play(alone, "failover", {**tasks(pointer, begun, endless), "redis_route_timeout": 5}, on_line=cut)
    new = alone.primary_of(GROUP).name
    assert new != old
    assert lost(alone, writer) == 0
    seen = audit(alone)
    assert seen.code != 0
    assert f"traffic was being moved from {old} to {new}" in seen.text
    with alone.primary_of(GROUP).client() as client:
        left = LockRecord.decode(str(client.get(lock_key(GROUP))))
    assert left is not None
    # Until then it is refused: the call that exchanged the roles could be at work.
    wait_for_the_end_of_the_pause(alone, alone.node(old))
    finished = play(alone, "failover", {**tasks(pointer), "redis_target": new, "redis_run_continues": left.owner})
    assert finished.code == 0, finished.failure()
    assert finished.said(f"{GROUP}: traffic is at {new} now, which an earlier run had not seen")
    writer.wait_for_more(200)
    assert (lost(alone, writer), alone.primary_of(GROUP).name) == (0, new)
    healthy = audit(alone)
    assert healthy.code == 0, healthy.failure()


def test_without_a_way_to_move_traffic_a_roll_is_refused_before_anything_is_restarted(alone: Lab) -> None:
    run_ids = {node.name: node.run_id() for node in alone.nodes}
    for playbook in ("rolling_restart", "failover"):
        run = play(alone, playbook)
        assert run.code != 0
        assert "redis_route_command or redis_route_tasks" in run.failure()
    assert {node.name: node.run_id() for node in alone.nodes} == run_ids


def test_live_settings_need_no_way_to_move_traffic_and_others_roll_the_group(
    alone: Lab, pointer: Path, writer: PointedWriter
) -> None:
    live = play(alone, "push_config", {"redis_settings": {"repl-backlog-size": "64mb"}})
    assert live.code == 0, live.failure()
    assert {node.config("repl-backlog-size") for node in alone.nodes} == {str(64 * 1024**2)}

    old = alone.primary_of(GROUP).name
    run_ids = {node.name: node.run_id() for node in alone.nodes}
    pending = {"redis_settings": {"databases": 32}}
    refused = play(alone, "push_config", pending)
    assert refused.code != 0
    assert "redis_route_command or redis_route_tasks" in refused.failure()
    rolled = play(alone, "push_config", {**pending, **tasks(pointer)})
    assert rolled.code == 0, rolled.failure()
    writer.wait_for_more(200)
    assert {node.config("databases") for node in alone.nodes} == {"32"}
    assert not {node.run_id() for node in alone.nodes} & set(run_ids.values())
    assert alone.primary_of(GROUP).name != old
    assert lost(alone, writer) == 0

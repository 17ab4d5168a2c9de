# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that die and roles that move in the middle of a repair: it stops, says how far it got, and is finished by running it again."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.copy import Snapshots
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.repair import conductor
from engine.faults.injection import Injection
from engine.modules import group_arguments, run
from engine.subjects import wait_healthy
from lab.lab import Lab
from lab.node import DataNode
from lab.sentinel import SentinelNode
from lab.waiting import wait_until

Capture = pytest.CaptureFixture[str]
GROUPS = 6
PATIENCE = 60.0
# Of a group that no Sentinel watches, nobody else tells.
WATCHED = {"down_after_milliseconds": 5000, "failover_timeout": 60000, "parallel_syncs": 1}
QUICK = {"connect_timeout": 1.0, "settle_timeout": 60.0}


def misled(sentinel: SentinelNode, group: str, node: DataNode) -> None:
    """Have it watch that node under the name of the group."""
    with sentinel.client() as client:
        client.execute_command("SENTINEL", "REMOVE", group)
        client.execute_command("SENTINEL", "MONITOR", group, *node.announced, 2)


def arguments(lab: Lab, group: str, **more: Any) -> dict[str, Any]:
    """Of the module."""
    return {**group_arguments(lab, group), **QUICK, **more}


def kinds(result: dict[str, Any]) -> list[str]:
    """Of the steps that were taken."""
    return [step["kind"] for step in result["done"]]


def before_act(inject: Injection, number: int, fault: Callable[[], object]) -> None:
    """Right before the command of a step is sent; the first step has the number 1."""
    left = [number]

    def due() -> None:
        left[0] -= 1
        if left[0]:
            inject.before_call(conductor, "act", due)
        else:
            fault()

    inject.before_call(conductor, "act", due)


def test_a_sentinel_that_dies_between_two_steps_is_finished_by_the_next_run(
    shared_lab: Lab, group: str, inject: Injection, capsys: Capture
) -> None:
    broken, primary = shared_lab.sentinels[1], shared_lab.primary_of(group)
    misled(broken, group, shared_lab.replicas_of(group)[0])
    before_act(inject, 2, broken.process.kill)
    stopped = run(capsys, "sentinel_repair", arguments(shared_lab, group))
    assert (stopped["outcome"], stopped["changed"], kinds(stopped)) == ("stopped", True, ["remove"]), stopped["msg"]
    assert [step["kind"] for step in stopped["plan"]] == ["remove", "monitor"]
    assert "stopped after 1 steps" in stopped["msg"]
    assert broken.address in stopped["msg"]
    assert stopped["view"]["primary"] == primary.name
    broken.start()
    done = run(capsys, "sentinel_repair", arguments(shared_lab, group))
    assert (done["outcome"], kinds(done)) == ("done", ["monitor"])
    wait_healthy(shared_lab, group)


def test_what_heals_by_itself_before_its_step_is_no_change(
    shared_lab: Lab, group: str, inject: Injection, capsys: Capture
) -> None:
    odd = shared_lab.sentinels[1]
    right = int(odd.group_state(group)["failover-timeout"])

    def set_failover_timeout(value: int) -> None:
        with odd.client() as client:
            client.execute_command("SENTINEL", "SET", group, "failover-timeout", value)

    set_failover_timeout(right + 1)
    inject.before_call(conductor.RepairConductor, "_go", lambda: set_failover_timeout(right))
    result = run(capsys, "sentinel_repair", arguments(shared_lab, group), diff=True)
    assert inject.pending == []
    assert [step["kind"] for step in result["plan"]] == ["set"]
    assert (result["outcome"], result["changed"], result["done"]) == ("not_needed", False, []), result
    assert result["diff"]["after"]["steps"] == []


def test_a_failover_between_two_steps_ends_the_repair_and_the_next_run_takes_the_new_primary(
    shared_lab: Lab, group: str, inject: Injection, capsys: Capture
) -> None:
    broken, other = shared_lab.sentinels[:2]
    old, replica = shared_lab.primary_of(group), shared_lab.replicas_of(group)[0]
    misled(broken, group, replica)

    def fail_over() -> None:
        with other.client() as client:
            client.execute_command("SENTINEL", "FAILOVER", group)
        wait_until(
            lambda: None if len(shared_lab.primaries_of(group)) == 1 and old.role() == "slave" else "under way",
            PATIENCE,
            "the failover",
        )

    # After the first step was seen to have ended, and before the plan of the second is made.
    inject.after_call(conductor.RepairConductor, "_note", fail_over)
    stopped = run(capsys, "sentinel_repair", arguments(shared_lab, group))
    assert inject.pending == []
    assert (stopped["outcome"], kinds(stopped)) == ("stopped", ["remove"]), stopped["msg"]
    assert f"{old.name}, which was to lead, is a replica now" in stopped["msg"]
    new = shared_lab.primary_of(group)

    def not_finished() -> str | None:
        """The leader of the failover ends it once its replicas follow."""
        result = run(capsys, "sentinel_repair", arguments(shared_lab, group))
        return None if result["outcome"] == "done" else str(result["msg"])

    wait_until(not_finished, PATIENCE, "the repair", interval=1.0)
    assert broken.primary_address(group) == new.announced
    wait_healthy(shared_lab, group)


def test_a_loser_that_dies_while_it_is_saved_leaves_no_file_that_looks_whole_and_the_winner_is_watched_again(
    shared_lab: Lab, group: str, inject: Injection, capsys: Capture, tmp_path: Path
) -> None:
    winner, loser = shared_lab.primary_of(group), shared_lab.replicas_of(group)[0]
    for sentinel in shared_lab.sentinels:
        with sentinel.client() as client:
            client.execute_command("SENTINEL", "REMOVE", group)
    with loser.client() as client:
        client.execute_command("REPLICAOF", "NO", "ONE")
        client.config_rewrite()
        client.mset({f"of-the-loser:{number}": "x" for number in range(200)})
        client.save()
    inject.before_call(Snapshots, "save", loser.process.kill)
    wish = arguments(shared_lab, group, choose=winner.name, save_to=str(tmp_path), **WATCHED)
    stopped = run(capsys, "sentinel_repair", wish)
    assert (stopped["outcome"], stopped["saved"], kinds(stopped)) == ("stopped", [], []), stopped["msg"]
    assert list(tmp_path.glob("*.rdb")) == []
    assert winner.role() == "master"

    refused = run(capsys, "sentinel_repair", arguments(shared_lab, group))
    assert f"{loser.name} does not answer, and no Sentinel tells whether it leads" in refused["msg"]
    done = run(capsys, "sentinel_repair", wish)
    assert (done["outcome"], kinds(done)) == ("done", ["monitor"] * 3), done.get("msg")
    # It comes back as the primary that it was, and nobody demotes it. Its restart has cost it the id of the common history.
    loser.start()
    assert loser.role() == "master"
    refused = run(capsys, "sentinel_repair", wish)
    assert (refused["outcome"], refused["changed"]) == ("refused", False)
    assert f"{winner.name} and {loser.name} have never had the same history" in refused["msg"]
    assert {copy["name"]: copy["shares_history"] for copy in refused["copies"]} == {
        winner.name: False,
        loser.name: False,
    }
    assert loser.role() == "master"
    with loser.client() as client:
        assert client.get("of-the-loser:0") == "x"


def test_a_write_that_a_loser_takes_after_all_keeps_it_from_being_demoted(
    shared_lab: Lab, group: str, inject: Injection, capsys: Capture, tmp_path: Path
) -> None:
    """Somebody lifts the pause while the data are copied."""
    winner, loser = shared_lab.primary_of(group), shared_lab.replicas_of(group)[0]
    for sentinel in shared_lab.sentinels:
        with sentinel.client() as client:
            client.execute_command("SENTINEL", "REMOVE", group)
    with loser.client() as client:
        client.execute_command("REPLICAOF", "NO", "ONE")

    def write() -> None:
        with loser.client() as client:
            client.execute_command("CLIENT", "UNPAUSE")
            client.set("late", "acknowledged")

    inject.after_call(Snapshots, "save", write)
    wish = arguments(shared_lab, group, choose=winner.name, save_to=str(tmp_path), **WATCHED)
    stopped = run(capsys, "sentinel_repair", wish)
    assert (stopped["outcome"], stopped["saved"]) == ("stopped", []), stopped["msg"]
    assert "is not the whole of its data" in stopped["msg"]
    assert loser.role() == "master"
    with loser.client() as client:
        assert client.get("late") == "acknowledged"
        client.set("later", "writes are not held any more")
    assert run(capsys, "sentinel_repair", wish)["outcome"] == "done"
    wait_healthy(shared_lab, group)


def test_a_repair_that_is_killed_while_it_saves_is_continued_by_the_next_one(
    shared_lab: Lab, group: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path
) -> None:
    """No Sentinel watches the group by then, so nobody demotes the loser meanwhile; the lock is that of the run that goes on."""
    winner, loser = shared_lab.primary_of(group), shared_lab.replicas_of(group)[0]
    for sentinel in shared_lab.sentinels:
        with sentinel.client() as client:
            client.execute_command("SENTINEL", "REMOVE", group)
    with loser.client() as client:
        client.execute_command("REPLICAOF", "NO", "ONE")
        client.set("of-the-loser", "acknowledged")
    run_of = {"owner": "this-run", "release": True}
    wish = arguments(shared_lab, group, choose=winner.name, save_to=str(tmp_path), **WATCHED, lock=run_of)
    child = os.fork()
    if child == 0:
        monkeypatch.setattr(Snapshots, "save", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        try:
            run(capsys, "sentinel_repair", wish)
        finally:
            os._exit(1)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "it came to the save"
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert {node.role() for node in (winner, loser)} == {"master"}
    another = run(capsys, "sentinel_repair", {**wish, "lock": {"owner": "another-run"}})
    assert (another["outcome"], another["done"]) == ("refused", [])
    assert "redis_run_continues=this-run" in another["msg"]
    done = run(capsys, "sentinel_repair", wish)
    assert done["outcome"] == "done", done["msg"]
    assert kinds(done) == ["save", "demote"] + ["monitor"] * 3
    assert Path(done["saved"][0]["path"]).read_bytes().count(b"of-the-loser") == 1
    wait_healthy(shared_lab, group)

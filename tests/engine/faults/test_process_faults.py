# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own process is killed, frozen or told to end in the middle of a hand-over."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
from typing import Any

import pytest
import redis
from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import DONE, REFUSED, UNKNOWN
from ansible_collections.steadyhand.redis.plugins.module_utils._model.lock import LockWish
from engine.engines import NOT_HURRIED, not_on
from engine.faults import doomed
from engine.faults.injection import Injection
from engine.faults.trial import (
    LOAD,
    LOSS,
    assert_done_again,
    hand_over,
    left_behind,
    run_again,
    tried,
    until_sentinels_name_another,
    wait_whole,
)
from engine.subjects import wait_healthy
from lab.lab import Lab
from lab.node import DataNode
from lab.traffic.checker import LostWrite
from lab.traffic.report import Effect
from lab.traffic.traffic import Traffic
from lab.waiting import wait_until

GROUPS = 21
pytestmark = [pytest.mark.long, not_on(*NOT_HURRIED)]
FENCE = 3.0
"""Seconds: 0.6 of the labs' down-after-milliseconds."""


class Run:
    """A hand-over in another process, under load."""

    def __init__(self, lab: Lab, group: str, step: str, *signals: signal.Signals) -> None:
        wait_healthy(lab, group)
        self._lab, self._group = lab, group
        self.old = lab.primary_of(group)
        self._traffic = Traffic.start(lab, LOAD, [group])
        self.process = doomed.start(lab, group, step, *signals)

    def result(self) -> dict[str, Any]:
        """What it says at its end."""
        output, _nothing = self.process.communicate(timeout=60)
        assert self.process.returncode == 0
        said: dict[str, Any] = json.loads(output)
        assert said["pending"] == [], "the signal was never sent"
        return {**said, "said": "; ".join(said["reasons"])}

    def counted(self) -> tuple[Effect, list[LostWrite]]:
        """What users felt and lost until the group was whole again."""
        wait_whole(self._lab, self._group)
        report = self._traffic.stop()
        return report.effects[0], report.check(self._lab)


@pytest.mark.parametrize(
    ("step", "leaves"),
    [
        ("written down", "replica-priority"),
        ("borrowed", "replica-priority"),
        ("align", "repl-ping-replica-period"),
        ("fence", "repl-ping-replica-period"),
        ("prove", "repl-ping-replica-period"),
        ("asked", LOSS),
        ("promote", LOSS),
        ("demote", "replica-priority"),
        ("adopt", "replica-priority"),
        ("release", "replica-priority"),
        ("about to return", "replica-priority"),
    ],
)
def test_what_a_killed_hand_over_leaves_is_harmless_and_the_next_one_says_and_returns_it(
    shared_lab: Lab, group: str, step: str, leaves: str
) -> None:
    run = Run(shared_lab, group, step, signal.SIGKILL)
    assert run.process.wait(60) == -signal.SIGKILL
    assert run.process.stdout is not None
    run.process.stdout.close()
    if leaves == LOSS:
        until_sentinels_name_another(shared_lab, group, run.old)
    effect, lost = run.counted()
    # The pause ends by itself, within the fence.
    assert effect.longest_pause < FENCE + 1
    again = run_again(shared_lab, group)
    said = "; ".join(again.reasons)
    assert again.outcome == DONE, said
    assert leaves in said
    assert "left no result: its process ended in the middle" in said
    # Between the request and the demotion nobody is left to demote the old primary; Sentinel does it after ten seconds.
    assert (LOSS in said) == (leaves == LOSS)
    assert lost == [] or LOSS in said
    assert left_behind(shared_lab, group) == []


def test_a_loss_behind_a_killed_hand_over_is_said_although_the_role_has_come_back_since(
    shared_lab: Lab, group: str
) -> None:
    run = Run(shared_lab, group, "asked", signal.SIGKILL)
    run.process.communicate(timeout=60)
    until_sentinels_name_another(shared_lab, group, run.old)
    run.counted()
    with shared_lab.primary_of(group).client() as client:
        client.config_set("replica-priority", 100)
    with run.old.client() as client:
        client.config_set("replica-priority", 1)
    _fail_over_to(shared_lab, group, run.old)
    with run.old.client() as client:
        client.config_set("replica-priority", 100)
        client.config_rewrite()
    again = run_again(shared_lab, group)
    assert again.outcome == DONE
    assert LOSS in "; ".join(again.reasons)
    assert left_behind(shared_lab, group) == []


@pytest.mark.parametrize("step", ["fence", "promote", "demote"])
def test_signals_that_ask_to_end_do_not_end_it_half_way(shared_lab: Lab, group: str, step: str) -> None:
    run = Run(shared_lab, group, step, signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
    result = run.result()
    effect, lost = run.counted()
    assert (result["outcome"], result["reasons"]) == (DONE, [])
    assert lost == []
    assert effect.longest_pause < FENCE
    assert left_behind(shared_lab, group) == []


@pytest.mark.parametrize("step", ["fence", "prove", "about to ask", "promote"])
def test_a_process_frozen_for_longer_than_its_fence_loses_nothing_or_counts_it(
    shared_lab: Lab, group: str, step: str
) -> None:
    run = Run(shared_lab, group, step, signal.SIGSTOP)
    assert doomed.froze(run.process)
    with run.old.client(timeout=20.0) as client:
        # Answered only once the fence has ended by itself.
        client.set("after:the:fence", "1")
    os.kill(run.process.pid, signal.SIGCONT)
    result = run.result()
    effect, lost = run.counted()
    assert effect.longest_pause < FENCE + 1
    if result["outcome"] == UNKNOWN:
        assert step in ("about to ask", "promote")
        missing = re.search(r"it is not proven that nothing was lost: (\d+) bytes are missing", result["said"])
        assert missing is not None, result["said"]
        assert int(missing[1]) > 0
    else:
        assert result["outcome"] == REFUSED, result["said"]
        assert lost == []
    assert_done_again(shared_lab, group)
    assert left_behind(shared_lab, group) == []


def test_a_process_frozen_until_sentinel_has_demoted_the_old_primary_says_that_it_cannot_count(
    shared_lab: Lab, group: str
) -> None:
    run = Run(shared_lab, group, "promote", signal.SIGSTOP)
    assert doomed.froze(run.process)
    wait_until(lambda: _why_not_following(run.old), 40.0, "Sentinel to demote the old primary")
    os.kill(run.process.pid, signal.SIGCONT)
    result = run.result()
    _effect, lost = run.counted()
    assert result["outcome"] == UNKNOWN
    assert f"{run.old.name} was synchronised anew meanwhile" in result["said"]
    assert lost != []
    assert left_behind(shared_lab, group) == []


def test_two_hand_overs_of_one_group_at_once_lose_nothing(shared_lab: Lab, group: str, inject: Injection) -> None:
    inject.at_once()
    rivals: list[str] = []

    def rival() -> None:
        result = hand_over(shared_lab, group, lock=LockWish("rival", "the same at the same time", 60))
        rivals.append(result.outcome)

    thread = threading.Thread(target=rival)
    trial = tried(shared_lab, group, begin=thread.start, heal=thread.join)
    assert DONE in (trial.result.outcome, *rivals)
    assert {trial.result.outcome, *rivals} <= {DONE, REFUSED}
    assert trial.lost == []
    assert trial.effect.longest_pause < FENCE
    assert left_behind(shared_lab, group) == []


def _fail_over_to(lab: Lab, group: str, preferred: DataNode) -> None:
    """As somebody else would, without any fence."""
    asked = lab.sentinels[0]

    def seen() -> str | None:
        priorities = {one["port"]: one["slave-priority"] for one in asked.replica_states(group)}
        return None if priorities[str(preferred.state.port)] == "1" else f"priorities {priorities}"

    wait_until(seen, 20.0, "the Sentinel to see the preference")
    with asked.client() as client:
        client.execute_command("SENTINEL", "FAILOVER", group)

    def leads() -> str | None:
        # A promotion closes every client's connection, ours among them.
        role = preferred.role_if_reachable()
        return None if role == "master" else f"it is {role or 'not to be reached'}"

    wait_until(leads, 20.0, f"{preferred.name} to lead")
    wait_whole(lab, group)


def _why_not_following(node: DataNode) -> str | None:
    try:
        replication = node.info("replication")
    except redis.ConnectionError as error:
        # Whoever demotes a node closes every client's connection, ours among them.
        return str(error)
    return None if replication.get("master_link_status") == "up" else f"it is {replication['role']}"

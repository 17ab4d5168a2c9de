# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A hand-over without Sentinels under faults: nobody but us exchanges the roles and sends clients to the new primary."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.node import Node
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.routing import CommandRoute
from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.drivers import BARE
from ansible_collections.steadyhand.redis.plugins.module_utils._model.errors import Refused
from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import (
    DONE,
    REFUSED,
    UNKNOWN,
    HandOverResult,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover import swap
from engine.engines import not_on
from engine.faults import doomed
from engine.faults.injection import Injection
from engine.faults.steps import STEPS
from engine.faults.trial import LOAD, ROUTE_SECONDS, Trial, hand_over, left_behind, tried
from engine.subjects import ending, judged, observed, wait_healthy
from lab.lab import Lab
from lab.node import DataNode
from lab.process import lives
from lab.traffic.traffic import Traffic
from lab.waiting import wait_until

GROUPS = 15
SENTINELS = 0
OF_ITS_OWN_EXCHANGE = not_on("redis-6.2")
"""For what is about FAILOVER. There the roles are exchanged by hand, which has tests of its own (test_swap_by_hand.py)."""
BACK_WITHIN = 2 * ROUTE_SECONDS + 3.0
"""Seconds until clients write again when the traffic cannot be moved: twice the command, and two exchanges."""


def ended(lab: Lab, group: str) -> HandOverResult:
    """The end of a routing that was cut off: the traffic is moved to where the primary is."""
    route = CommandRoute(group, lab.pointer_of(group).command, ROUTE_SECONDS)
    with ending(lab, group, route=route) as routing:
        return routing.run()


def assert_back(lab: Lab, group: str, trial: Trial) -> None:
    """The old primary leads again, and clients have lost nothing and write."""
    assert "the role was handed back, nothing is lost" in trial.said
    assert lab.primary_of(group).name == trial.old.name
    assert trial.lost == []
    assert trial.effect.longest_pause < BACK_WITHIN
    assert left_behind(lab, group) == []


@pytest.mark.parametrize("how", ["fails", "hangs"])
def test_a_route_that_fails_or_hangs_hands_the_role_back(shared_lab: Lab, group: str, how: str) -> None:
    candidate = shared_lab.replicas_of(group)[0]
    pointer = shared_lab.pointer_of(group)
    (pointer.fail_to if how == "fails" else pointer.hang_to)(candidate.state)
    trial = tried(shared_lab, group, driver=BARE, target=candidate.name)
    assert trial.result.outcome == REFUSED
    assert ("the balancer says no" if how == "fails" else "did not end in") in trial.said
    assert_back(shared_lab, group, trial)


def test_a_route_that_fails_both_ways_says_that_nobody_knows_where_clients_go(shared_lab: Lab, group: str) -> None:
    old, candidate = shared_lab.primary_of(group), shared_lab.replicas_of(group)[0]
    pointer = shared_lab.pointer_of(group)
    pointer.fail_to(candidate.state)
    pointer.hang_to(old.state)
    trial = tried(shared_lab, group, driver=BARE, target=candidate.name)
    assert trial.result.outcome == UNKNOWN
    assert f"{old.name} leads with everything; handing back or routing back failed too" in trial.said
    pointer.fail_to(None)
    pointer.hang_to(None)
    assert ended(shared_lab, group).outcome == DONE
    assert hand_over(shared_lab, group, driver=BARE, target=candidate.name).outcome == DONE
    assert trial.lost == []
    assert left_behind(shared_lab, group) == []


@pytest.mark.parametrize(
    "step", [pytest.param(step, marks=OF_ITS_OWN_EXCHANGE) if step == "begun" else step for step in STEPS[BARE]]
)
def test_what_a_killed_hand_over_leaves_is_named_and_ended(shared_lab: Lab, group: str, step: str) -> None:
    wait_healthy(shared_lab, group)
    traffic = Traffic.start(shared_lab, LOAD, [group])
    old = shared_lab.primary_of(group)
    process = doomed.start(shared_lab, group, step, signal.SIGKILL, driver=BARE)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    # The engine ends by itself what it has begun, and its own pause ends by itself.
    wait_until(lambda: None if _new_primary(shared_lab, group, old) else "no new primary", 10.0, "the exchange")
    promised = step != "repoint"
    codes = {problem.code for problem in judged(observed(shared_lab, group)).problems}
    assert ("routing_unfinished" in codes) == promised
    if promised:
        refused = hand_over(shared_lab, group, driver=BARE, target=old.name)
        assert refused.outcome == REFUSED
        assert "and its end was not seen" in "; ".join(refused.reasons)
        assert ended(shared_lab, group).outcome == DONE
    again = hand_over(shared_lab, group, driver=BARE, target=old.name, settle_timeout=30.0)
    assert again.outcome == DONE, again.reasons
    report = traffic.stop()
    assert report.check(shared_lab) == []
    assert shared_lab.primary_of(group).name == old.name
    assert left_behind(shared_lab, group) == []


@OF_ITS_OWN_EXCHANGE
def test_a_target_that_freezes_or_dies_in_the_exchange_leaves_clients_with_the_old_primary(
    shared_lab: Lab, group: str, inject: Injection
) -> None:
    target = shared_lab.replicas_of(group)[0]
    inject.before_call(swap, "_begin", target.process.kill)
    trial = tried(shared_lab, group, heal=target.start, driver=BARE, target=target.name)
    assert trial.result.outcome == REFUSED
    assert shared_lab.primary_of(group).name == trial.old.name
    assert trial.lost == []
    assert trial.effect.longest_pause < 4
    assert left_behind(shared_lab, group) == []


def _new_primary(lab: Lab, group: str, old: DataNode) -> bool:
    return [node.name for node in lab.primaries_of(group)] not in ([], [old.name])


@OF_ITS_OWN_EXCHANGE
def test_the_lost_answer_to_the_request_does_not_hide_the_exchange(
    shared_lab: Lab, group: str, inject: Injection
) -> None:
    inject.lost_reply(Node, "transaction", "FAILOVER")
    trial = tried(shared_lab, group, driver=BARE)
    assert (trial.result.outcome, trial.result.reasons) == (DONE, ())
    assert trial.proven
    assert trial.lost == []
    assert shared_lab.primary_of(group).name != trial.old.name
    assert left_behind(shared_lab, group) == []


@OF_ITS_OWN_EXCHANGE
def test_a_replica_that_takes_over_in_the_moment_of_giving_up_leaves_the_outcome_unknown(
    shared_lab: Lab, group: str, inject: Injection, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, candidate = shared_lab.primary_of(group), shared_lab.replicas_of(group)[0]
    # Given up at the first look, while the replica applies nothing and so cannot have taken over.
    monkeypatch.setattr(swap, "STUCK_AFTER", -10.0)

    def stand_still() -> None:
        with candidate.client() as client:
            client.client_pause(60_000, all=False)
        with old.client() as client:
            client.set("held:back", "1")

    def leads() -> None:
        with candidate.client() as client:
            client.replicaof("NO", "ONE")

    def follows() -> None:
        with candidate.client() as client:
            client.client_unpause()
            client.replicaof(old.state.host, old.state.port)

    inject.before_call(swap, "_begin", stand_still)
    inject.after_call(swap, "take_up_again", leads)
    trial = tried(shared_lab, group, heal=follows, driver=BARE, target=candidate.name)
    assert trial.result.outcome == UNKNOWN, trial.said
    assert trial.lost == []


def test_a_route_that_prints_anything_starts_a_daemon_or_hangs_with_children(tmp_path: Path) -> None:
    old, new = Address("127.0.0.1", 1), Address("127.0.0.1", 2)
    child = tmp_path / "child"

    def route(script: str) -> CommandRoute:
        return CommandRoute("cache", ["/bin/sh", "-c", script], 3.0)

    with pytest.raises(Refused, match=r"ended with 3: d.plac. --"):
        route("printf 'd\\351plac\\351 --'; exit 3")(old, new)
    began = time.monotonic()
    route(f"sleep 60 & echo $! > {child}")(old, new)
    assert time.monotonic() - began < 3.0
    os.kill(int(child.read_text()), signal.SIGKILL)
    with pytest.raises(Refused, match="did not end in 3 s"):
        route(f"sleep 60 & echo $! > {child}; wait")(old, new)
    wait_until(lambda: "it lives" if lives(int(child.read_text())) else None, 10.0, "the child to be killed too")

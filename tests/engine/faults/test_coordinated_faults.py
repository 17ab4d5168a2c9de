# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A hand-over that Sentinels of Valkey 9.1 coordinate, under faults: the engine itself loses nothing, and must not hang."""

from __future__ import annotations

import signal

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.sentinel import Sentinel
from ansible_collections.steadyhand.redis.plugins.module_utils._model.drivers import AUTO, COORDINATED, SENTINEL
from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import DONE, UNKNOWN
from ansible_collections.steadyhand.redis.plugins.module_utils._model.lock import lock_key
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover import coordinated_driver
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.ledger import Ledger
from engine.faults import doomed
from engine.faults.injection import Injection
from engine.faults.steps import STEPS, strike
from engine.faults.trial import (
    LOAD,
    assert_done_again,
    hand_over,
    left_behind,
    proven,
    run_again,
    tried,
    until_sentinels_name_another,
    wait_whole,
)
from engine.subjects import observed, wait_healthy
from lab.lab import Lab
from lab.traffic.traffic import Traffic

GROUPS = 22
ENGINE = "valkey-9.1"
pytestmark = pytest.mark.between(ENGINE)
PAUSE = 5.0
"""Seconds: the failover-timeout that is borrowed, and with it the longest pause that the Sentinel asks for."""
AUTOMATIC_FAILOVER = 35.0
"""Seconds until clients write again when the primary dies after the Sentinels have voted for the one that was asked: each of
them then waits for twice the failover-timeout (10 s) until it tries by itself (sentinel.c, sentinelStartFailoverIfNeeded)."""


@pytest.mark.parametrize("step", STEPS[COORDINATED])
def test_what_a_killed_hand_over_leaves_is_harmless_and_the_next_one_returns_it(
    shared_lab: Lab, group: str, step: str
) -> None:
    wait_healthy(shared_lab, group)
    traffic = Traffic.start(shared_lab, LOAD, [group])
    process = doomed.start(shared_lab, group, step, signal.SIGKILL, driver=COORDINATED)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    wait_whole(shared_lab, group)
    report = traffic.stop()
    assert report.check(shared_lab) == []
    assert report.effects[0].longest_pause < PAUSE + 1
    again = run_again(shared_lab, group, driver=COORDINATED)
    said = "; ".join(again.reasons)
    assert again.outcome == DONE, said
    assert "left behind by an earlier hand-over and returned" in said
    assert left_behind(shared_lab, group) == []


@pytest.mark.parametrize("dying", ["candidate", "other", "primary"])
def test_a_node_that_dies_in_the_exchange_costs_no_write_and_no_lasting_pause(
    shared_lab: Lab, group: str, inject: Injection, dying: str
) -> None:
    inject.at_once()
    candidate, other = shared_lab.replicas_of(group)
    node = {"candidate": candidate, "other": other, "primary": shared_lab.primary_of(group)}[dying]

    def heal() -> None:
        if any(one.primary_address(group)[1] == node.state.port for one in shared_lab.sentinels):
            until_sentinels_name_another(shared_lab, group, node)
        node.start()

    strike(inject, "begun", node.process.kill, COORDINATED)
    trial = tried(shared_lab, group, heal=heal, driver=COORDINATED, target=candidate.name)
    assert trial.result.outcome != DONE
    assert proven(trial.result) == (dying != "primary"), trial.said
    # A primary that dies without a fence loses what it acknowledged in that instant: the engine is asynchronous.
    assert len({one.key for one in trial.lost}) <= (20 if dying == "primary" else 0)
    assert trial.effect.longest_pause < (AUTOMATIC_FAILOVER if dying == "primary" else PAUSE + 1)
    if dying == "primary":
        # A Sentinel that is reset forgets the replicas, and a dead primary cannot tell it of them.
        logs = [sentinel.process.log_file.read_text(encoding="utf-8") for sentinel in shared_lab.sentinels]
        assert not any(f"+reset-master master {group} " in log for log in logs)
    assert_done_again(shared_lab, group, driver=COORDINATED)
    assert left_behind(shared_lab, group) == []


def test_the_lost_answer_to_the_request_does_not_hide_the_exchange(
    shared_lab: Lab, group: str, inject: Injection
) -> None:
    inject.at_once()
    inject.lost_reply(Sentinel, "call", "COORDINATED")
    trial = tried(shared_lab, group, driver=COORDINATED)
    assert trial.result.outcome == DONE, trial.said
    assert "the answer of sentinel-a was lost" in trial.said
    assert shared_lab.primary_of(group).name != trial.old.name
    assert trial.proven
    assert trial.lost == []
    assert left_behind(shared_lab, group) == []


def test_a_primary_that_answers_nobody_while_roles_are_exchanged_is_not_called_unchanged(
    shared_lab: Lab, group: str, inject: Injection
) -> None:
    inject.at_once()
    old = shared_lab.primary_of(group)
    strike(inject, "begun", old.process.freeze, COORDINATED)
    # An injection that does not happen fails the test: it must be called off.
    inject.before_call(coordinated_driver, "call_off", lambda: None)
    inject.before_call(Ledger, "return_all", old.process.thaw)
    trial = tried(shared_lab, group, driver=COORDINATED, settle_timeout=5.0)
    assert trial.result.outcome == UNKNOWN, trial.said
    assert trial.lost == []
    assert_done_again(shared_lab, group, driver=COORDINATED)
    assert left_behind(shared_lab, group) == []


@pytest.mark.parametrize("denied", ["-client|kill", "-info"])
def test_what_a_node_refuses_after_the_exchange_is_said_and_nothing_is_left(
    shared_lab: Lab, group: str, inject: Injection, denied: str
) -> None:
    inject.at_once()
    old = shared_lab.primary_of(group)

    def deny() -> None:
        with old.client() as client:
            client.execute_command("ACL", "SETUSER", "default", denied)

    def permit() -> None:
        with old.client() as client:
            client.execute_command("ACL", "SETUSER", "default", "+@all")

    strike(inject, "exchanged", deny, COORDINATED)
    inject.before_call(Ledger, "return_all", permit)
    trial = tried(shared_lab, group, driver=COORDINATED)
    assert trial.result.outcome == (DONE if denied == "-client|kill" else UNKNOWN), trial.said
    assert trial.result.evidence.new_primary == shared_lab.primary_of(group).name != old.name
    assert "not permit" in trial.said
    assert trial.lost == []
    assert left_behind(shared_lab, group) == []
    assert_done_again(shared_lab, group, driver=COORDINATED)


def test_an_error_that_nobody_expected_ends_the_record_and_the_ledger(
    shared_lab: Lab, group: str, inject: Injection
) -> None:
    inject.at_once()

    def broken() -> None:
        raise TypeError("a mistake of ours")

    strike(inject, "exchanged", broken, COORDINATED)
    trial = tried(shared_lab, group, driver=COORDINATED)
    assert trial.result.outcome == UNKNOWN
    assert "unexpected TypeError in broken" in trial.said
    assert "a mistake of ours" in trial.said
    primary = observed(shared_lab, group).primary
    assert primary is not None
    last = primary.facts.last_handover
    assert last is not None
    assert last.outcome == UNKNOWN
    assert trial.lost == []
    assert left_behind(shared_lab, group) == []


def test_where_connections_cannot_be_listed_the_stock_way_is_taken(shared_lab: Lab, group: str) -> None:
    for node in shared_lab.nodes_of(group):
        with node.client() as client:
            client.execute_command("ACL", "SETUSER", "default", "-client|list")
    wait_healthy(shared_lab, group)
    result = hand_over(shared_lab, group, driver=AUTO)
    assert (result.outcome, result.evidence.driver) == (DONE, SENTINEL)
    with shared_lab.primary_of(group).client() as client:
        assert client.exists(lock_key(group)) == 0

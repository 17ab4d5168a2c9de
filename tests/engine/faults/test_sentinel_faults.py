# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sentinels that die, stop, lose their sense of time or act by themselves while they are needed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.group import GroupConnections
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.sentinel import Sentinel
from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.errors import ConditionTimeout
from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import DONE, REFUSED, UNKNOWN
from ansible_collections.steadyhand.redis.plugins.module_utils._model.health import Limits
from ansible_collections.steadyhand.redis.plugins.module_utils._model.lock import LockWish
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.clock import SystemClock
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover import (
    adoption,
    promotion,
    sentinel_driver,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.ledger import Ledger
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.passage import Passage
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.settling import settle
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.withdrawal import take_back
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.lock import give_back, take_or_renew
from engine.engines import NOT_HURRIED, not_on
from engine.faults.injection import Injection
from engine.faults.trial import Trial, assert_done_again, hurry, left_behind, revived, tried
from engine.subjects import GROUP, LOCK, conducting, targets_of, wait_healthy
from lab.lab import Lab
from lab.waiting import wait_until

pytestmark = not_on(*NOT_HURRIED)
FENCE = 3.0
"""Seconds: 0.6 of the labs' down-after-milliseconds."""
LEADER = "sentinel-a"


LONGER_FENCE = 5.0
"""Seconds: the longest that there is, at a down-after-milliseconds of 8400. Two silent Sentinels are waited for in turn."""


@pytest.fixture
def lab(lab_factory: Callable[..., Lab], request: pytest.FixtureRequest) -> Lab:
    """A lab of its own for each test: its Sentinels suffer. Its parameter, where it has one: down-after-milliseconds."""
    lab = lab_factory(groups=1, failover_timeout_ms=10000, down_after_ms=getattr(request, "param", 5000))
    hurry(lab)
    return lab


def killed(lab: Lab, *names: str) -> Callable[[], None]:
    """End Sentinels at once."""

    def kill() -> None:
        for name in names:
            lab.sentinel(name).process.kill()

    return kill


def assert_done(lab: Lab, trial: Trial, longest_pause: float = FENCE + 2) -> None:
    """Nothing lost, proven, in time (seconds), and nothing left.

    Clients wait until the fence ends, and for what another Sentinel needs to adopt the new primary (adoption.PATIENCE).
    """
    assert trial.result.outcome == DONE, trial.said
    assert trial.proven
    assert trial.lost == []
    assert trial.effect.longest_pause < longest_pause
    assert left_behind(lab, GROUP) == []


@pytest.mark.parametrize("down", [("sentinel-c",), ("sentinel-b", "sentinel-c")], ids=["one", "two"])
def test_with_sentinels_down_it_is_refused_beforehand(lab: Lab, down: tuple[str, ...]) -> None:
    trial = tried(lab, GROUP, begin=killed(lab, *down), heal=revived(lab, *down))
    assert trial.result.outcome == REFUSED
    for name in down:
        assert f"sentinel_unreachable ({name})" in trial.said
    assert trial.result.evidence.phases_ms.keys() == {"preflight"}
    assert trial.lost == []
    assert trial.effect.longest_pause < 1


def test_a_sentinel_that_dies_after_the_preflight_is_found_before_any_client_waits(lab: Lab, inject: Injection) -> None:
    inject.at_once()
    inject.before_call(sentinel_driver, "why_not_now", killed(lab, "sentinel-c"))
    trial = tried(lab, GROUP, heal=revived(lab, "sentinel-c"))
    assert trial.result.outcome == REFUSED
    assert lab.sentinel("sentinel-c").address in trial.said
    assert "fence" not in trial.result.evidence.phases_ms
    assert trial.lost == []
    assert left_behind(lab, GROUP) == []


@pytest.mark.parametrize("lab", [8400], indirect=True, ids=["longer"])
@pytest.mark.parametrize("dying", [(LEADER,), ("sentinel-c",), (LEADER, "sentinel-b")], ids=["asked", "other", "two"])
def test_sentinels_that_die_right_after_the_request_are_replaced_while_writes_are_held(
    lab: Lab, inject: Injection, dying: tuple[str, ...]
) -> None:
    inject.at_once(LEADER)
    inject.after_call(promotion, "ask", killed(lab, *dying))
    inject.after_phase("release", revived(lab, *dying))
    assert_done(lab, tried(lab, GROUP, settle_timeout=40.0), LONGER_FENCE + 2)


@pytest.mark.parametrize("staying", [LEADER, "sentinel-b"])
def test_two_sentinels_that_die_right_after_the_request_and_stay_away_cost_nothing(
    lab: Lab, inject: Injection, staying: str
) -> None:
    inject.at_once(LEADER)
    dying = [one.name for one in lab.sentinels if one.name != staying]
    inject.after_call(promotion, "ask", killed(lab, *dying))
    trial = tried(lab, GROUP, heal=revived(lab, *dying))
    assert trial.result.outcome == UNKNOWN
    assert trial.said.startswith("nothing was lost, but the group did not settle")
    for name in dying:
        assert f"sentinel_unreachable ({name})" in trial.said
    assert trial.proven
    assert trial.lost == []
    assert trial.effect.longest_pause < FENCE + 1
    assert_done_again(lab, GROUP)
    assert left_behind(lab, GROUP) == []


@pytest.mark.parametrize("moment", ["crash-after-election", "crash-after-promotion"])
def test_a_sentinel_that_crashes_at_a_step_of_its_own_is_replaced(lab: Lab, inject: Injection, moment: str) -> None:
    inject.at_once(LEADER)
    with lab.sentinel(LEADER).client() as client:
        client.execute_command("SENTINEL", "SIMULATE-FAILURE", moment)
    inject.after_phase("release", revived(lab, LEADER))
    assert_done(lab, tried(lab, GROUP, settle_timeout=40.0))
    assert "simulat" in lab.sentinel(LEADER).process.log_tail(200).lower()


def test_a_sentinel_that_is_not_connected_to_the_promoted_node_is_not_asked_to_go_on_yet(
    lab: Lab, inject: Injection
) -> None:
    inject.at_once(LEADER)
    with lab.sentinel(LEADER).client() as client:
        client.execute_command("SENTINEL", "SIMULATE-FAILURE", "crash-after-promotion")
    inject.before_call(adoption, "_ask_another", disconnected(lab))
    inject.after_phase("release", revived(lab, LEADER))
    assert_done(lab, tried(lab, GROUP, settle_timeout=40.0))


def disconnected(lab: Lab) -> Callable[[], None]:
    """Close what the other Sentinels ask the promoted node on, as soon as they have it again: they come back a second later."""

    def close() -> None:
        with lab.primary_of(GROUP).client() as promoted:

            def questions() -> list[str]:
                return [one["id"] for one in promoted.client_list() if re.fullmatch(r"sentinel-\w+-cmd", one["name"])]

            def both() -> str | None:
                return None if len(questions()) == 2 else f"{questions()}"

            for _time in range(2):
                wait_until(both, 5.0, "two Sentinels to be connected", interval=0.002)
                for number in questions():
                    promoted.client_kill_filter(_id=number)

    return close


@pytest.mark.parametrize("moment", ["before it could answer", "after its answer"])
def test_a_sentinel_that_stops_and_goes_on_later_does_no_harm(lab: Lab, inject: Injection, moment: str) -> None:
    inject.at_once(LEADER)
    leader = lab.sentinel(LEADER).process
    if moment == "before it could answer":
        inject.before_call(promotion, "ask", leader.freeze)
    else:
        inject.after_call(promotion, "ask", leader.freeze)
    inject.after_phase("release", leader.thaw)
    assert_done(lab, tried(lab, GROUP, settle_timeout=60.0))


@pytest.mark.parametrize("moment", ["before it could answer", "after its answer"])
def test_a_sentinel_that_goes_on_when_all_is_over_fails_over_no_more(lab: Lab, inject: Injection, moment: str) -> None:
    inject.at_once(LEADER)
    leader = lab.sentinel(LEADER).process
    if moment == "before it could answer":
        inject.before_call(promotion, "ask", leader.freeze)
    else:
        inject.after_call(promotion, "ask", leader.freeze)

    def goes_on() -> None:
        leader.thaw()
        # Our request is still in its hands: it acts on it when it has its sense of time again.
        wait_until(lambda: _why_not_tilt(lab), 10.0, "TILT")
        wait_until(lambda: None if _why_not_tilt(lab) else "in TILT", 20.0, "the end of TILT")
        wait_healthy(lab, GROUP)

    trial = tried(lab, GROUP, heal=goes_on)
    assert trial.result.outcome == UNKNOWN
    assert trial.proven
    assert f"sentinel_unreachable ({LEADER})" in trial.said
    assert trial.lost == []
    assert lab.primary_of(GROUP).name == trial.result.evidence.new_primary
    assert left_behind(lab, GROUP) == []


def test_a_sentinel_in_tilt_is_not_asked(lab: Lab, inject: Injection) -> None:
    inject.at_once(LEADER)
    leader = lab.sentinel(LEADER)

    def tilt() -> None:
        leader.process.freeze()
        # A Sentinel loses its sense of time when its timer was late by more than two seconds.
        time.sleep(2.5)
        leader.process.thaw()
        wait_until(lambda: _why_not_tilt(lab), 10.0, "TILT")

    inject.before_call(sentinel_driver, "why_not_now", tilt)
    trial = tried(lab, GROUP)
    assert trial.result.outcome == REFUSED
    assert f"{LEADER} is in TILT" in trial.said
    assert trial.lost == []
    assert trial.effect.longest_pause < 1
    assert left_behind(lab, GROUP) == []


def test_another_sentinel_is_asked_only_if_it_names_the_old_primary_still(lab: Lab, inject: Injection) -> None:
    """Our own link to the first one is cut, and it is waited for while it works on and the others follow it."""
    inject.at_once(LEADER)
    address = lab.sentinel(LEADER).address

    def cut() -> None:
        inject.cut_off(Sentinel, "call", address, "GET-MASTER-ADDR-BY-NAME", silence=1.0)

    inject.after_phase("demote", cut)
    trial = tried(lab, GROUP)
    assert_done(lab, trial)
    assert "had named the new primary already" in trial.said
    log = lab.sentinel("sentinel-b").process.log_tail(200)
    assert "Executing user requested FAILOVER" not in log


def test_a_request_that_finds_the_new_primary_adopted_is_called_off_at_once(lab: Lab) -> None:
    """In the instant between its last word and the request."""
    wait_healthy(lab)
    asked = lab.sentinel("sentinel-b")
    primary = lab.primary_of(GROUP)
    target = next(one for one in targets_of(lab).sentinels if one.name == asked.name)
    with Sentinel(target) as sentinel:
        adoption._ask_one(sentinel, GROUP, Address.of(primary.state.host, primary.state.port))
    assert not _is_failing_over(lab, asked.name)
    assert lab.primary_of(GROUP).name == primary.name


def test_a_promotion_that_is_taken_back_leaves_no_sentinel_failing_over(lab: Lab) -> None:
    """Also none that was not asked by us: it would promote somebody again when it goes on."""
    wait_healthy(lab)
    primary, promoted = lab.primary_of(GROUP), lab.replicas_of(GROUP)[0]
    with conducting(lab) as conductor:
        _view, plan, reasons = conductor.plan()
    assert plan is not None, reasons
    _begin_a_failover_that_stands_still(lab, "sentinel-b")
    with promoted.client() as client:
        client.execute_command("REPLICAOF", "NO", "ONE")
    with GroupConnections(targets_of(lab)) as urgent:
        passage = Passage(urgent, SystemClock(), plan, Ledger(urgent, primary.name), LOCK.owner)
        assert take_back(passage, promoted.name, promotion.Request()) == ""
    assert not _is_failing_over(lab, "sentinel-b")
    assert [node.name for node in lab.primaries_of(GROUP)] == [primary.name]


def test_a_failover_found_while_the_group_settles_is_called_off_only_by_who_holds_the_lock(lab: Lab) -> None:
    """Without the lock it may be that of whoever has the lock now."""
    wait_healthy(lab)
    primary = lab.primary_of(GROUP)
    _begin_a_failover_that_stands_still(lab, "sentinel-b")

    def settle_in_vain(connections: GroupConnections, lock: LockWish) -> None:
        with pytest.raises(ConditionTimeout, match="sentinel-b"):
            settle(connections, SystemClock(), primary.name, 0.5, Limits(), (), lock)

    with GroupConnections(targets_of(lab)) as connections:
        take_or_renew(connections.node(primary.name), GROUP, LockWish("somebody-else", "a failover", 600))
        settle_in_vain(connections, LOCK)
        assert _is_failing_over(lab, "sentinel-b")
        assert give_back(connections.node(primary.name), GROUP, "somebody-else")
        settle_in_vain(connections, LOCK)
        assert not _is_failing_over(lab, "sentinel-b")


def _deny(lab: Lab, name: str, *rules: str) -> None:
    with lab.sentinel(name).client() as client:
        client.execute_command("ACL", "SETUSER", "default", *rules)


def test_a_sentinel_that_may_not_be_called_off_is_refused_beforehand(lab: Lab) -> None:
    _deny(lab, "sentinel-b", "-sentinel|reset", "-sentinel|set")
    trial = tried(lab, GROUP)
    assert trial.result.outcome == REFUSED
    assert "sentinel-b would not let us run SENTINEL RESET" in trial.said
    assert "sentinel-b would not let us run SENTINEL SET" in trial.said
    assert "sentinel-a" not in trial.said
    assert trial.result.evidence.phases_ms.keys() == {"preflight"}


def test_a_sentinel_that_refuses_to_be_called_off_leaves_the_outcome_unknown(lab: Lab, inject: Injection) -> None:
    inject.at_once(LEADER)

    def denied_in_tilt() -> None:
        # In TILT it takes the request and acts on it only afterwards.
        _deny(lab, LEADER, "-sentinel|reset")
        _bring_into_tilt(lab, LEADER, 6000)

    def acted() -> None:
        wait_until(lambda: None if leader.primary_address(GROUP)[1] != old.state.port else "none", 60.0, "a failover")

    old, leader = lab.primary_of(GROUP), lab.sentinel(LEADER)
    inject.before_call(promotion, "ask", denied_in_tilt)
    trial = tried(lab, GROUP, heal=acted)
    assert trial.result.outcome == UNKNOWN, trial.said
    assert f"asked to fail over and not called off: {LEADER}" in trial.said


def test_a_sentinel_that_names_a_stranger_as_primary_leaves_the_outcome_unknown(lab: Lab, inject: Injection) -> None:
    inject.at_once(LEADER)

    def astray() -> None:
        # As one does that promoted a replica which nobody has named to us.
        for one in lab.sentinels:
            with one.client() as client:
                client.execute_command("SENTINEL", "REMOVE", GROUP)
        with lab.sentinel("sentinel-b").client() as client:
            client.execute_command("SENTINEL", "MONITOR", GROUP, "127.0.0.1", 1, 2)

    def put_right() -> None:
        old = lab.primary_of(GROUP).state
        for one in lab.sentinels:
            with one.client() as client:
                if one.name == "sentinel-b":
                    client.execute_command("SENTINEL", "REMOVE", GROUP)
                client.execute_command("SENTINEL", "MONITOR", GROUP, old.host, old.port, 2)

    inject.after_call(promotion, "ask", astray)
    trial = tried(lab, GROUP, heal=put_right)
    assert trial.result.outcome == UNKNOWN, trial.said
    assert "Sentinels name 127.0.0.1:1 as primary, which is no known member of the group" in trial.said


def _bring_into_tilt(lab: Lab, name: str, period_ms: int) -> None:
    with lab.sentinel(name).client() as client:
        client.execute_command("SENTINEL", "DEBUG", "tilt-period", period_ms, "tilt-trigger", 1)
        wait_until(lambda: _why_not_tilt(lab, name), 10.0, "TILT")
        client.execute_command("SENTINEL", "DEBUG", "tilt-trigger", 2000)


def _begin_a_failover_that_stands_still(lab: Lab, name: str) -> None:
    """In TILT a Sentinel takes the request and acts on it only afterwards, which is not within this test."""
    _bring_into_tilt(lab, name, 600_000)
    with lab.sentinel(name).client() as client:
        client.execute_command("SENTINEL", "FAILOVER", GROUP)
    assert _is_failing_over(lab, name)


def _is_failing_over(lab: Lab, name: str) -> bool:
    return "failover_in_progress" in lab.sentinel(name).group_state(GROUP)["flags"]


def _why_not_tilt(lab: Lab, name: str = LEADER) -> str | None:
    with lab.sentinel(name).client() as client:
        return None if client.info("sentinel")["sentinel_tilt"] == 1 else "not in TILT"

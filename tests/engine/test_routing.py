# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Traffic of a group without Sentinels that is moved by others, between two calls: every way in which that can end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.group import GroupConnections, GroupTargets
from ansible_collections.steadyhand.redis.plugins.module_utils._model.borrowed import ledger_key
from ansible_collections.steadyhand.redis.plugins.module_utils._model.errors import Refused
from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import (
    DONE,
    HANDED_BACK,
    REFUSED,
    ROUTING,
    UNKNOWN,
    Fence,
    HandOverResult,
    Proof,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._model.last_handover import (
    LastHandOver,
    last_handover_key,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._model.lock import LockWish, lock_key
from ansible_collections.steadyhand.redis.plugins.module_utils._model.routing import Routing
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.clock import SystemClock
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover import bare_driver, swap
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.conductor import (
    Conductor,
    HandOverWish,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.ledger import note_routing
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.passage import Passage
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.side import Side
from engine.engines import every_engine, not_on
from engine.pointed import PointedWriter, hold_a_write, lost, point, wait_for_the_end_of_the_pause
from engine.subjects import GROUP, LOCK, conducting, ending, judged, targets_of, wait_healthy
from lab.lab import Lab
from lab.waiting import wait_until

LabFactory = Callable[..., Lab]
GONE = LockWish("gone", "a run that was killed", 900)
NEXT = LockWish("next", "the run that continues it", 60, (GONE.owner,))


@pytest.fixture
def lab(lab_factory: LabFactory) -> Lab:
    lab = lab_factory(groups=1, sentinels=0)
    wait_healthy(lab)
    return lab


@pytest.fixture
def pointer(lab: Lab, tmp_path: Path) -> Path:
    point(tmp_path / "pointer", lab.primary_of(GROUP))
    return tmp_path / "pointer"


@pytest.fixture
def writer(pointer: Path) -> Iterator[PointedWriter]:
    with PointedWriter(pointer) as writer:
        writer.wait_for(300)
        yield writer


def exchange(lab: Lab, route_seconds: float = 10.0, lock: LockWish = LOCK, target: str | None = None) -> HandOverResult:
    """The first call."""
    with conducting(lab, target=target, route_later=True, route_seconds=route_seconds, lock=lock) as conductor:
        return conductor.run()


def end(lab: Lab, moved: bool, lock: LockWish = LOCK) -> HandOverResult:
    """The second call."""
    with ending(lab, moved=moved, lock=lock) as routing:
        return routing.run()


def codes(lab: Lab) -> list[str]:
    """What the audit says."""
    with GroupConnections(targets_of(lab)) as connections:
        return [problem.code for problem in judged(connections.observe()).problems]


def assert_nothing_is_left(lab: Lab) -> None:
    """No lock, no ledger, a healthy group whose files name the primary."""
    wait_healthy(lab)
    primary = lab.primary_of(GROUP)
    with primary.client() as client:
        assert not client.exists(lock_key(GROUP), ledger_key(GROUP))
        record = LastHandOver.decode(str(client.get(last_handover_key(GROUP))))
    assert record is not None
    assert record.outcome in (DONE, HANDED_BACK)
    assert record.begun_at <= record.ended_at
    for replica in lab.replicas_of(GROUP):
        assert f"replicaof {primary.state.host} {primary.state.port}" in replica.state.conf_file.read_text()


@every_engine
def test_a_write_that_is_under_way_waits_until_its_traffic_is_moved(
    lab: Lab, pointer: Path, writer: PointedWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = lab.primary_of(GROUP)
    first = exchange(lab, 30.0, target=hold_a_write(lab, monkeypatch))
    assert (first.outcome, first.reasons) == (ROUTING, ())
    assert first.evidence.inherited_id == first.evidence.replication_id
    assert first.evidence.inherited_offset == first.evidence.final_offset
    new = lab.primary_of(GROUP)
    assert new.name == first.evidence.new_primary != old.name
    assert "routing_unfinished" in codes(lab)
    held = writer.acknowledged
    point(pointer, new)
    assert writer.acknowledged == held
    second = end(lab, moved=True)
    writer.wait_for_more(300)
    assert (second.outcome, second.reasons) == (DONE, ())
    assert second.evidence.replication_id == first.evidence.replication_id
    assert second.evidence.final_offset == first.evidence.final_offset
    assert second.evidence.pause_ms is not None
    assert first.evidence.pause_ms is not None
    assert second.evidence.pause_ms > first.evidence.pause_ms
    assert (lost(lab, writer), writer.refused) == (0, 0)
    assert_nothing_is_left(lab)


@every_engine
def test_when_traffic_cannot_be_moved_the_role_is_handed_back_and_waiting_clients_are_served(
    lab: Lab, writer: PointedWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = lab.primary_of(GROUP)
    assert exchange(lab, 30.0, target=hold_a_write(lab, monkeypatch)).outcome == ROUTING
    back = end(lab, moved=False)
    writer.wait_for_more(300)
    assert (back.outcome, back.reasons) == (HANDED_BACK, ())
    assert lab.primary_of(GROUP).name == old.name == back.evidence.new_primary
    # Until the tasks were run once more, nobody knows where traffic is.
    assert "routing_unfinished" in codes(lab)
    second = end(lab, moved=True)
    writer.wait_for_more(300)
    assert (second.outcome, second.reasons) == (DONE, ())
    assert (lost(lab, writer), writer.refused) == (0, 0)
    assert_nothing_is_left(lab)


@not_on("redis-6.2")  # by hand there, with the same second attempt
def test_an_attempt_to_hand_back_that_comes_to_nothing_is_made_again_while_clients_wait(
    lab: Lab, writer: PointedWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine the engine may give up waiting for a replica that has everything."""
    old = lab.primary_of(GROUP)
    assert exchange(lab, 30.0, target=hold_a_write(lab, monkeypatch)).outcome == ROUTING
    attempts: list[str] = []

    def given_up_once(passage: Passage, leader: Side, other: Side, milliseconds: int) -> tuple[Fence, Proof]:
        attempts.append(leader.name)
        if len(attempts) == 1:
            raise Refused("the engine gave up", ["too slow"])
        return swap.swap(passage, leader, other, milliseconds)

    monkeypatch.setattr(bare_driver, "swap", given_up_once)
    back = end(lab, moved=False)
    writer.wait_for_more(300)
    assert (back.outcome, len(attempts)) == (HANDED_BACK, 2)
    assert back.reasons == ("the first attempt to hand the role back failed: too slow",)
    assert (lost(lab, writer), writer.refused, lab.primary_of(GROUP).name) == (0, 0, old.name)
    assert end(lab, moved=True).outcome == DONE
    assert_nothing_is_left(lab)


@every_engine
def test_traffic_that_was_moved_in_part_is_not_lost_when_the_role_is_handed_back(
    lab: Lab, writer: PointedWriter
) -> None:
    old = lab.primary_of(GROUP)
    assert exchange(lab).outcome == ROUTING
    with lab.primary_of(GROUP).client() as early:
        early.set("early", "bird")
    back = end(lab, moved=False)
    writer.wait_for_more(300)
    assert back.outcome == HANDED_BACK
    assert "took writes already" in " ".join(back.reasons)
    assert lab.primary_of(GROUP).name == old.name
    assert end(lab, moved=True).outcome == DONE
    with old.client() as client:
        assert client.get("early") == "bird"
    assert lost(lab, writer) == 0
    assert_nothing_is_left(lab)


def test_when_traffic_can_be_moved_in_no_direction_the_outcome_is_unknown_and_says_who_leads(
    lab: Lab, writer: PointedWriter
) -> None:
    old = lab.primary_of(GROUP)
    first = exchange(lab)
    assert end(lab, moved=False).outcome == HANDED_BACK
    second = end(lab, moved=False)
    assert second.outcome == UNKNOWN
    assert second.reasons == (
        f"{old.name} leads again with everything, and traffic was not moved back: it may be at {first.evidence.new_primary}",
    )
    assert "routing_unfinished" in codes(lab)
    # Somebody has put it right by hand, and says so.
    assert end(lab, moved=True).outcome == DONE
    writer.wait_for_more(100)
    assert lost(lab, writer) == 0
    assert_nothing_is_left(lab)


def test_when_nobody_comes_back_the_pause_ends_nothing_is_lost_and_the_next_run_ends_it(
    lab: Lab, pointer: Path, writer: PointedWriter
) -> None:
    old, gone = lab.primary_of(GROUP), LockWish("gone", "a run that was killed", 7)
    first = exchange(lab, route_seconds=1.0, lock=gone)
    assert first.outcome == ROUTING
    wait_for_the_end_of_the_pause(lab, old)
    # The new primary leads with every byte, the old one is its replica, also after a restart of both.
    assert lost(lab, writer) == 0
    assert codes(lab) == ["routing_unfinished"]
    with conducting(lab, route_later=True, lock=LockWish("next", "a run", 60)) as conductor:
        _view, plan, reasons = conductor.plan()
    assert plan is None
    assert any("traffic was being moved" in reason for reason in reasons)
    with lab.primary_of(GROUP).client() as client:
        wait_until(lambda: "it is held" if client.exists(lock_key(GROUP)) else None, 60, "the end of the lock")
    point(pointer, lab.node(first.evidence.new_primary))
    second = end(lab, moved=True, lock=LockWish("next", "a run", 60))
    writer.wait_for_more(300)
    assert second.outcome == DONE
    assert f"clients of {old.name} were refused" in " ".join(second.reasons)
    assert lost(lab, writer) == 0
    assert_nothing_is_left(lab)


def test_a_role_that_is_handed_back_after_the_pause_and_the_lock_is_handed_back_without_loss(
    lab: Lab, writer: PointedWriter
) -> None:
    old = lab.primary_of(GROUP)
    assert exchange(lab, route_seconds=0.1).outcome == ROUTING
    wait_for_the_end_of_the_pause(lab, old)
    with lab.primary_of(GROUP).client() as client:
        # As at its end, which the pause comes before.
        assert client.delete(lock_key(GROUP)) == 1
    assert end(lab, moved=False).outcome == HANDED_BACK
    writer.wait_for_more(300)
    assert lab.primary_of(GROUP).name == old.name
    assert end(lab, moved=True).outcome == DONE
    assert lost(lab, writer) == 0
    assert_nothing_is_left(lab)


def test_an_unfinished_routing_is_ended_by_a_command(lab: Lab, pointer: Path, writer: PointedWriter) -> None:
    assert exchange(lab).outcome == ROUTING
    new = lab.primary_of(GROUP)
    with ending(lab, route=lambda _old, _new: point(pointer, new)) as routing:
        result = routing.run()
    writer.wait_for_more(300)
    assert (result.outcome, lost(lab, writer)) == (DONE, 0)
    assert_nothing_is_left(lab)


def test_a_run_that_was_killed_before_the_exchange_leaves_nothing_to_prove(lab: Lab, writer: PointedWriter) -> None:
    old, target = lab.primary_of(GROUP), lab.replicas_of(GROUP)[0]
    with GroupConnections(targets_of(lab)) as connections:
        note_routing(connections, old.name, Routing(old.name, target.name))
    assert codes(lab) == ["routing_unfinished"]
    result = end(lab, moved=True)
    assert result.outcome == DONE
    assert f"{old.name} leads as before" in " ".join(result.reasons)
    writer.wait_for_more(100)
    assert (lost(lab, writer), writer.refused, lab.primary_of(GROUP).name) == (0, 0, old.name)
    assert_nothing_is_left(lab)


def test_a_routing_of_others_is_not_ended(lab: Lab) -> None:
    assert exchange(lab).outcome == ROUTING
    result = end(lab, moved=True, lock=LockWish("somebody-else", "a run", 60))
    assert result.outcome == REFUSED
    assert any("the-test since" in reason for reason in result.reasons)
    assert end(lab, moved=True).outcome == DONE


def test_a_routing_that_may_be_under_way_is_not_ended_by_the_run_that_continues(lab: Lab) -> None:
    """The call that exchanged the roles survives those who started it."""
    assert exchange(lab, route_seconds=30.0, lock=GONE).outcome == ROUTING
    result = end(lab, moved=True, lock=NEXT)
    assert result.outcome == REFUSED
    under_way, held = result.reasons
    assert re.fullmatch(r"its traffic may be under way for \d+ s yet: try again then", under_way)
    assert held.startswith("gone since")
    assert "routing_unfinished" in codes(lab)


@pytest.mark.parametrize("moved", [True, False])
def test_the_routing_of_a_dead_run_is_ended_by_the_one_that_continues_it(
    lab: Lab, writer: PointedWriter, pointer: Path, moved: bool
) -> None:
    """Although the lock of the dead one has not ended, and its hand-over left no result."""
    old = lab.primary_of(GROUP)
    first = exchange(lab, route_seconds=0.1, lock=GONE)
    assert first.outcome == ROUTING
    wait_for_the_end_of_the_pause(lab, old)
    if moved:
        point(pointer, lab.node(first.evidence.new_primary))
    else:
        assert end(lab, moved=False, lock=NEXT).outcome == HANDED_BACK
        assert lab.primary_of(GROUP).name == old.name
    assert end(lab, moved=True, lock=NEXT).outcome == DONE
    writer.wait_for_more(100)
    assert lost(lab, writer) == 0
    assert_nothing_is_left(lab)


def test_without_a_routing_there_is_nothing_to_end(lab: Lab) -> None:
    result = end(lab, moved=True)
    assert result.outcome == REFUSED
    assert result.reasons == (f"{lab.primary_of(GROUP).name} has none in its ledger",)


@pytest.mark.parametrize(
    ("route_seconds", "lock_seconds", "reason"),
    [(10.0, 15, "the lock would end after 15 s"), (56.0, 600, "longer than repl-timeout of group-1-a (60 s)")],
)
def test_time_that_cannot_be_given_to_routing_is_refused(
    lab: Lab, route_seconds: float, lock_seconds: int, reason: str
) -> None:
    result = exchange(lab, route_seconds, LockWish("the-test", "a test", lock_seconds))
    assert result.outcome == REFUSED
    assert any(reason in one for one in result.reasons), result.reasons


def test_a_group_whose_sentinels_are_not_named_is_refused(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1)
    wait_healthy(lab)
    targets = targets_of(lab)
    blind = GroupTargets(targets.name, targets.nodes, ())
    wish = HandOverWish(LOCK, route_later=True)
    with GroupConnections(blind) as connections, GroupConnections(blind) as urgent:
        result = Conductor(connections, urgent, SystemClock(), wish).run()
    assert result.outcome == REFUSED
    assert result.reasons == (
        f"Sentinels at 127.0.0.1 watch {lab.primary_of(GROUP).name}, and none is named: name them",
    )


def test_the_old_primary_takes_no_write_from_the_exchange_on(lab: Lab) -> None:
    old = lab.primary_of(GROUP)
    assert exchange(lab, route_seconds=0.1).outcome == ROUTING
    with old.client(timeout=30.0) as client, pytest.raises(redis.ReadOnlyError):
        client.set("late", "write")
    assert end(lab, moved=True).outcome == DONE

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The maintenance lock on a real primary: one works, everybody else is told who, since when and for what."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.connection import Login
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.node import Node, NodeTarget
from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.errors import CommandRefused, Refused
from ansible_collections.steadyhand.redis.plugins.module_utils._model.last_handover import (
    BEGUN,
    LastHandOver,
    last_handover_key,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._model.lock import LockWish, lock_key
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.lock import give_back, holder, take_or_renew
from lab.waiting import wait_until

if TYPE_CHECKING:
    from lab.lab import Lab
    from lab.node import DataNode

GROUP = "group-1"
KEY = lock_key(GROUP)
MINE = LockWish("run-1", "push_config", 60)
THEIRS = LockWish("run-2", "rolling_restart", 60)


def connected(node: DataNode) -> Node:
    """A connection of our own kind to a node of the lab."""
    address = Address.of(node.state.host, node.state.port)
    return Node(NodeTarget(node.name, address, Login()))


@pytest.fixture
def pair(shared_lab: Lab) -> Iterator[tuple[Node, Node]]:
    """Two runs, each with its own connection to the primary, and no lock."""
    primary = shared_lab.primary_of(GROUP)
    with ExitStack() as stack:
        mine, theirs = (stack.enter_context(connected(primary)) for _time in range(2))
        mine.call("DEL", KEY)
        yield mine, theirs


def milliseconds_left(node: Node) -> int:
    """How long the lock lives unless it is renewed."""
    return int(node.call("PTTL", KEY))


def test_of_two_runs_one_works_and_the_other_is_told_who_since_when_and_for_what(pair: tuple[Node, Node]) -> None:
    mine, theirs = pair
    assert take_or_renew(mine, GROUP, MINE) is True
    with pytest.raises(Refused) as refused:
        take_or_renew(theirs, GROUP, THEIRS)
    held = holder(theirs, GROUP)
    assert held is not None
    assert (held.owner, held.purpose) == ("run-1", "push_config")
    (reason,) = refused.value.reasons
    assert reason.startswith(f"run-1 since {held.since} for push_config holds the lock, which ends in ")
    assert "redis_run_continues=run-1" in reason
    assert "maintenance_lock with state=absent and force=true" in reason
    assert give_back(mine, GROUP, "run-1") is True
    assert take_or_renew(theirs, GROUP, THEIRS) is True


def test_a_renewal_prolongs_and_keeps_the_beginning(pair: tuple[Node, Node]) -> None:
    mine, _theirs = pair
    take_or_renew(mine, GROUP, MINE)
    begun = holder(mine, GROUP)
    mine.call("PEXPIRE", KEY, 5000)
    assert take_or_renew(mine, GROUP, MINE) is False
    assert 5000 < milliseconds_left(mine) <= 60000
    assert holder(mine, GROUP) == begun


def test_a_lock_that_nobody_renews_ends_by_itself(pair: tuple[Node, Node]) -> None:
    mine, theirs = pair
    take_or_renew(mine, GROUP, LockWish("run-1", "push_config", 1))
    assert 0 < milliseconds_left(mine) <= 1000
    wait_until(lambda: "the lock is still held" if holder(theirs, GROUP) else None, 10, "end of the lock")
    assert take_or_renew(theirs, GROUP, THEIRS) is True


def test_a_lock_of_another_owner_is_not_given_back(pair: tuple[Node, Node]) -> None:
    mine, theirs = pair
    take_or_renew(mine, GROUP, MINE)
    assert give_back(theirs, GROUP, "run-2") is False
    assert holder(mine, GROUP) is not None
    assert give_back(mine, GROUP, "run-1") is True
    assert give_back(mine, GROUP, "run-1") is False


def test_the_lock_of_a_run_that_ended_is_taken_over_by_one_of_those_that_continue_it(pair: tuple[Node, Node]) -> None:
    mine, theirs = pair
    take_or_renew(mine, GROUP, MINE)
    first, second = (LockWish(owner, "push_config", 60, ("run-0", "run-1")) for owner in ("run-3", "run-4"))
    assert take_or_renew(theirs, GROUP, first) is True
    taken = holder(mine, GROUP)
    assert taken is not None
    assert taken.owner == "run-3"
    assert take_or_renew(theirs, GROUP, first) is False, "from now on it is prolonged"
    with pytest.raises(Refused, match="run-3 since"):
        take_or_renew(mine, GROUP, second)
    # It was not dead after all.
    with pytest.raises(Refused, match="run-3 since"):
        take_or_renew(mine, GROUP, MINE)
    assert give_back(mine, GROUP, "run-1") is False
    assert holder(mine, GROUP) == taken


def test_nothing_is_taken_over_while_a_hand_over_of_that_run_is_at_work(pair: tuple[Node, Node]) -> None:
    mine, theirs = pair
    next_run = LockWish("run-3", "push_config", 60, ("run-1",))
    begun = LastHandOver(BEGUN, "run-1", "push_config", "2026-11-24T10:00:00Z", old_primary="group-1-a")
    take_or_renew(mine, GROUP, MINE)
    try:
        mine.call("SET", last_handover_key(GROUP), begun.encode())
        with pytest.raises(
            Refused, match="its hand-over away from group-1-a, begun at 2026-11-24T10:00:00Z, has not end"
        ):
            take_or_renew(theirs, GROUP, next_run)
        mine.call("SET", last_handover_key(GROUP), replace(begun, outcome="done").encode())
        assert take_or_renew(theirs, GROUP, next_run) is True
    finally:
        mine.call("DEL", last_handover_key(GROUP))


def test_who_holds_the_lock_and_for_how_long_is_in_the_account_of_the_node(pair: tuple[Node, Node]) -> None:
    mine, theirs = pair
    assert theirs.facts(GROUP).lock is None
    take_or_renew(mine, GROUP, MINE)
    seen = theirs.facts(GROUP).lock
    assert seen is not None
    assert seen.record == holder(mine, GROUP)
    assert seen.ends_in_seconds is not None
    assert 0 < seen.ends_in_seconds <= 60


def test_a_lock_that_was_flushed_away_is_taken_anew_and_not_merely_prolonged(pair: tuple[Node, Node]) -> None:
    mine, _theirs = pair
    take_or_renew(mine, GROUP, MINE)
    mine.call("FLUSHALL")
    assert take_or_renew(mine, GROUP, MINE) is True


def test_somebody_who_came_after_a_flush_is_not_overruled(pair: tuple[Node, Node]) -> None:
    mine, theirs = pair
    take_or_renew(mine, GROUP, MINE)
    mine.call("FLUSHALL")
    take_or_renew(theirs, GROUP, THEIRS)
    with pytest.raises(Refused, match="run-2 since"):
        take_or_renew(mine, GROUP, MINE)


def test_a_lock_that_was_evicted_is_taken_anew(pair: tuple[Node, Node]) -> None:
    """It is the only key with a time to live, so a volatile policy has nothing else to evict."""
    mine, _theirs = pair
    take_or_renew(mine, GROUP, MINE)
    try:
        # One at a time: Redis 6.2 takes no more.
        mine.call("CONFIG", "SET", "maxmemory-policy", "volatile-lru")
        mine.call("CONFIG", "SET", "maxmemory", "1mb")
        with pytest.raises(CommandRefused, match="used memory > 'maxmemory'"):
            mine.call("SET", "filler", "x" * 1024)
        assert holder(mine, GROUP) is None
    finally:
        mine.call("CONFIG", "SET", "maxmemory", "0")
        mine.call("CONFIG", "SET", "maxmemory-policy", "noeviction")
    assert take_or_renew(mine, GROUP, MINE) is True


@pytest.mark.parametrize("value", ["", "1", "not json", '{"owner": "run-1"}'])
def test_a_foreign_value_counts_as_held(pair: tuple[Node, Node], value: str) -> None:
    mine, _theirs = pair
    mine.call("SET", KEY, value)
    with pytest.raises(Refused, match="unknown since unknown"):
        take_or_renew(mine, GROUP, MINE)
    assert give_back(mine, GROUP, "run-1") is False
    assert mine.call("GET", KEY) == value


def test_a_value_of_another_kind_is_an_error_and_never_a_free_lock(pair: tuple[Node, Node]) -> None:
    mine, _theirs = pair
    mine.call("RPUSH", KEY, "a list")
    with pytest.raises(CommandRefused, match="WRONGTYPE"):
        take_or_renew(mine, GROUP, MINE)
    with pytest.raises(CommandRefused, match="WRONGTYPE"):
        give_back(mine, GROUP, "run-1")


def test_a_replica_neither_gives_nor_prolongs_a_lock(shared_lab: Lab, pair: tuple[Node, Node]) -> None:
    mine, _theirs = pair
    take_or_renew(mine, GROUP, MINE)
    with connected(shared_lab.replicas_of(GROUP)[0]) as replica:
        wait_until(lambda: None if holder(replica, GROUP) else "no lock yet", 10, "the lock on the replica")
        with pytest.raises(CommandRefused, match="read only replica"):
            take_or_renew(replica, GROUP, MINE)
        with pytest.raises(CommandRefused, match="read only replica"):
            give_back(replica, GROUP, "run-1")
    assert holder(mine, GROUP) is not None

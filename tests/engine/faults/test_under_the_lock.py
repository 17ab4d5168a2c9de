# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a hand-over may trust, keep and leave by the lock: nothing seen before it, the lock itself to the end, its record."""

from __future__ import annotations

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.group import GroupConnections
from ansible_collections.steadyhand.redis.plugins.module_utils._model.borrowed import NODE, Borrowed, ledger_key
from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import REFUSED, UNKNOWN
from ansible_collections.steadyhand.redis.plugins.module_utils._model.health import Limits
from ansible_collections.steadyhand.redis.plugins.module_utils._model.last_handover import (
    LastHandOver,
    last_handover_key,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._model.lock import lock_key
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.clock import SystemClock
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover import conductor
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.fence import StandingFence
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.settling import settle
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.lock import take_or_renew
from engine.engines import NOT_HURRIED, not_on
from engine.faults.injection import Injection
from engine.faults.trial import hand_over, left_behind
from engine.subjects import LOCK, targets_of, wait_healthy
from lab.lab import Lab

GROUPS = 6
pytestmark = not_on(*NOT_HURRIED)


def test_what_was_seen_before_the_lock_was_held_is_neither_acted_on_nor_planned_with(
    shared_lab: Lab, group: str, inject: Injection
) -> None:
    """Somebody else is at work at the first look, and ends before the lock is taken."""
    wait_healthy(shared_lab, group)
    primary, replica = shared_lab.primary_of(group), shared_lab.replicas_of(group)[0]
    borrowed = Borrowed(NODE, replica.name, "replica-priority").encode()
    with primary.client() as client:
        client.hset(ledger_key(group), borrowed, "50")

    def others_end() -> None:
        with primary.client() as client:
            client.hdel(ledger_key(group), borrowed)
        with replica.client() as client:
            client.config_set("maxclients", 50)

    inject.before_call(conductor, "take_or_renew", others_end)
    result = hand_over(shared_lab, group, target=replica.name)
    assert result.outcome == REFUSED
    assert any("its maxclients is 50" in reason for reason in result.reasons), result.reasons
    assert not any("left behind by an earlier hand-over" in reason for reason in result.reasons), result.reasons
    assert replica.config("replica-priority") == "100"


@pytest.mark.parametrize(
    ("target", "reason"), [("nobody", "nobody is not an answering node"), (None, "does not permit CLIENT PAUSE")]
)
def test_a_refusal_gives_the_lock_back(
    shared_lab: Lab, group: str, inject: Injection, target: str | None, reason: str
) -> None:
    """That of the preflight, and that of the primary when its writes are to be held."""
    inject.at_once()
    wait_healthy(shared_lab, group)
    primary = shared_lab.primary_of(group)

    def permit(rule: str) -> None:
        with primary.client() as client:
            client.execute_command("ACL", "SETUSER", "default", rule)

    if target is None:
        inject.before_call(StandingFence, "raise_", lambda: permit("-client|pause"))
    result = hand_over(shared_lab, group, target=target)
    permit("+client|pause")
    assert result.outcome == REFUSED
    assert any(reason in one for one in result.reasons), result.reasons
    with primary.client() as client:
        assert client.get(lock_key(group)) is None


def test_the_lock_is_renewed_while_the_group_settles(shared_lab: Lab, group: str) -> None:
    wait_healthy(shared_lab, group)
    primary = shared_lab.primary_of(group).name
    with GroupConnections(targets_of(shared_lab, group)) as connections:
        node = connections.node(primary)
        take_or_renew(node, group, LOCK)
        node.call("EXPIRE", lock_key(group), LOCK.seconds // 2)
        settle(connections, SystemClock(), primary, 60.0, Limits(), (), LOCK)
        assert node.call("TTL", lock_key(group)) > LOCK.seconds // 2


def test_the_record_of_a_hand_over_is_left_on_the_primary_that_there_is_at_the_end(
    shared_lab: Lab, group: str, inject: Injection
) -> None:
    """Also where an error that nobody has met leaves it unsaid who that is."""
    inject.at_once()
    wait_healthy(shared_lab, group)
    old = shared_lab.primary_of(group)

    def break_down() -> None:
        raise ZeroDivisionError("by nobody foreseen")

    inject.after_phase("adopt", break_down)
    result = hand_over(shared_lab, group)
    assert (result.outcome, result.evidence.new_primary) == (UNKNOWN, "")
    assert not any("was not left on" in reason for reason in result.reasons), result.reasons
    primary = shared_lab.primary_of(group)
    assert primary.name != old.name
    with primary.client() as client:
        record = LastHandOver.decode(str(client.get(last_handover_key(group))))
    assert record is not None
    assert (record.outcome, record.old_primary) == (UNKNOWN, old.name)
    assert "unexpected ZeroDivisionError" in record.reasons[0]
    assert left_behind(shared_lab, group) == []

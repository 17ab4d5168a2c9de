# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hand-over under Sentinel on real servers: what it proves, what it returns, when it refuses."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.node import Node
from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.errors import CommandRefused, Refused
from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import (
    DONE,
    REFUSED,
    HandOverResult,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._model.lock import LockWish, lock_key
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.clock import SystemClock
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.adoption import follow
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.fence import (
    BORROWED_PING_PERIOD,
    StandingFence,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.lock import take_or_renew
from engine.engines import every_engine, not_on
from engine.subjects import GROUP, LOCK, conducting, targets_of, wait_healthy
from lab.lab import Lab

LabFactory = Callable[..., Lab]

pytestmark = pytest.mark.long


def hand_over(lab: Lab, **wish: Any) -> HandOverResult:
    wait_healthy(lab)
    with conducting(lab, **wish) as conductor:
        return conductor.run()


@every_engine
def test_a_hand_over_is_done_only_with_its_proof_and_leaves_nothing_borrowed(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1)
    old = lab.primary_of(GROUP)
    result = hand_over(lab)
    evidence = result.evidence
    assert (result.outcome, result.reasons) == (DONE, ())
    assert evidence.old_primary == old.name
    assert lab.primary_of(GROUP).name == evidence.new_primary != old.name
    # The proof: the new primary took over the whole history, and the old one took nothing after the fence.
    assert evidence.inherited_id == evidence.replication_id
    assert evidence.inherited_offset is not None
    assert evidence.fence_offset is not None
    assert evidence.inherited_offset >= evidence.fence_offset == evidence.final_offset
    assert evidence.full_syncs == 0
    assert evidence.epoch_after == (evidence.epoch_before or 0) + 1
    assert evidence.pause_ms is not None
    assert evidence.fence_ms is not None
    assert 0 < evidence.pause_ms <= evidence.fence_ms
    # Nothing is left behind: no lock, no borrowed setting, neither in memory nor in a file.
    for node in lab.nodes_of(GROUP):
        assert node.config("repl-ping-replica-period") == "10"
        assert node.config("replica-priority") == "100"
        assert f"repl-ping-replica-period {BORROWED_PING_PERIOD}" not in node.state.conf_file.read_text()
        with node.client() as client:
            assert client.get(lock_key(GROUP)) is None
    # The demoted node's file names the new primary, or it would come back as a second one.
    new = lab.node(evidence.new_primary).state
    assert f"replicaof {new.host} {new.port}" in old.state.conf_file.read_text()


def test_a_wanted_replica_becomes_the_primary_and_its_borrowed_priority_is_returned(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1)
    target = sorted(node.name for node in lab.replicas_of(GROUP))[-1]
    result = hand_over(lab, target=target)
    assert (result.outcome, result.evidence.new_primary) == (DONE, target)
    assert f"replica-priority of {target}" in result.evidence.borrowed
    for node in lab.nodes_of(GROUP):
        assert node.config("replica-priority") == "100"
        assert "replica-priority 1\n" not in node.state.conf_file.read_text()


def test_of_two_hand_overs_at_once_one_works_and_the_other_names_the_holder(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1)
    wait_healthy(lab)
    results: dict[str, HandOverResult] = {}

    def run(owner: str) -> None:
        with conducting(lab, lock=LockWish(owner, "moving " + owner, 60)) as conductor:
            results[owner] = conductor.run()

    threads = [threading.Thread(target=run, args=(owner,)) for owner in ("anna", "bert")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outcomes = {owner: result.outcome for owner, result in results.items()}
    assert sorted(outcomes.values()) == [DONE, REFUSED]
    loser = next(owner for owner, outcome in outcomes.items() if outcome == REFUSED)
    winner = "bert" if loser == "anna" else "anna"
    said = " ".join(results[loser].reasons)
    # Whoever came second either met the lock, or a group in the middle of the other's failover.
    assert f"{winner} since " in said or "failover_in_progress" in said or "two_primaries" in said
    assert len(lab.primaries_of(GROUP)) == 1


def test_a_fence_is_refused_and_lifted_when_the_lock_is_gone(shared_lab: Lab) -> None:
    primary = shared_lab.primary_of(GROUP)
    target = next(target for target in targets_of(shared_lab).nodes if target.name == primary.name)
    with Node(target) as node:
        node.call("DEL", lock_key(GROUP))
        fence = StandingFence(node, lambda: node, SystemClock(), 3000, "10")
        with pytest.raises(Refused, match="the maintenance lock is gone"):
            fence.raise_(GROUP, "nobody")
        # Not paused: a write is answered at once, long before the fence would have ended by itself.
        with primary.client(timeout=1.0) as client:
            assert client.set("written", "at once")
        assert primary.config("repl-ping-replica-period") == "10"


def test_a_fence_holds_writes_and_its_lifting_lets_them_through(shared_lab: Lab) -> None:
    primary = shared_lab.primary_of(GROUP)
    target = next(target for target in targets_of(shared_lab).nodes if target.name == primary.name)
    with Node(target) as node:
        take_or_renew(node, GROUP, LOCK)
        fence = StandingFence(node, lambda: node, SystemClock(), 3000, "10")
        before = fence.raise_(GROUP, LOCK.owner)
        written = threading.Event()

        def write() -> None:
            with primary.client(timeout=10.0) as client:
                client.set("held", "back")
            written.set()

        thread = threading.Thread(target=write)
        thread.start()
        with primary.client() as client:
            while not any(one["cmd"] == "set" for one in client.client_list()):
                assert fence.seconds_left > 0, "the write never reached the server"
        assert not written.is_set()
        assert int(node.info("replication")["master_repl_offset"]) == before.offset
        fence.lift()
        assert written.wait(10)
        thread.join()
        node.call("DEL", lock_key(GROUP))


def test_a_node_that_refuses_to_follow_is_not_taken_for_one_that_follows(shared_lab: Lab) -> None:
    """The transaction succeeds: the refusal is the reply to one of its commands."""
    primary = shared_lab.primary_of(GROUP)
    target = next(target for target in targets_of(shared_lab).nodes if target.name == primary.name)
    with Node(target) as node, pytest.raises(CommandRefused, match="refused REPLICAOF"):
        follow(Address("127.0.0.1", 10**30), node)
    assert shared_lab.primary_of(GROUP).name == primary.name


@pytest.mark.parametrize(
    ("setting", "value", "reason"),
    [
        ("maxclients", "50", "its maxclients is 50"),
        ("maxmemory", "1mb", "its maxmemory is 1048576"),
        ("maxmemory-policy", "allkeys-lru", "its maxmemory-policy is allkeys-lru"),
        ("replica-priority", "0", "its replica-priority is 0"),
        ("replica-read-only", "no", "its replica-read-only is no"),
    ],
)
def test_a_replica_that_is_not_fit_to_lead_is_refused_with_the_reason(
    shared_lab: Lab, setting: str, value: str, reason: str
) -> None:
    wait_healthy(shared_lab)
    replica = shared_lab.replicas_of(GROUP)[0]
    with (
        replica.changed(setting, value),
        conducting(shared_lab, target=replica.name, accept=("replica_writable",)) as conductor,
    ):
        _view, plan, reasons = conductor.plan()
    assert plan is None
    assert any(reason in one for one in reasons), reasons


def test_a_replica_with_other_acl_users_is_refused_with_their_names(shared_lab: Lab) -> None:
    wait_healthy(shared_lab)
    replica = shared_lab.replicas_of(GROUP)[0]
    with replica.client() as client:
        client.execute_command("ACL", "SETUSER", "billing", "on", ">s3cret-of-billing", "~*", "+@all")
        try:
            with conducting(shared_lab, target=replica.name) as conductor:
                _view, plan, reasons = conductor.plan()
        finally:
            client.execute_command("ACL", "DELUSER", "billing")
    assert plan is None
    assert any("ACL users differ from the primary's: billing" in one for one in reasons), reasons
    assert not any("s3cret" in one for one in reasons)


@pytest.mark.parametrize("target", ["nobody", "primary"])
def test_a_target_that_is_no_replica_of_the_group_is_refused(shared_lab: Lab, target: str) -> None:
    wait_healthy(shared_lab)
    name = shared_lab.primary_of(GROUP).name if target == "primary" else target
    with conducting(shared_lab, target=name) as conductor:
        result = conductor.run()
    assert result.outcome == REFUSED
    assert any(name in reason for reason in result.reasons)


def test_a_frozen_replica_makes_the_group_unknown_and_the_hand_over_is_refused(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1)
    wait_healthy(lab)
    replica = lab.replicas_of(GROUP)[0]
    replica.process.freeze()
    try:
        with conducting(lab) as conductor:
            result = conductor.run()
    finally:
        replica.process.thaw()
    assert result.outcome == REFUSED
    assert any(reason.startswith(f"node_unreachable ({replica.name})") for reason in result.reasons)


@not_on("redis-6.2")  # it has no ACL DRYRUN, and no rules for subcommands
def test_a_user_that_may_not_do_what_a_hand_over_needs_is_refused_beforehand_by_command(
    lab_factory: LabFactory,
) -> None:
    lab = lab_factory(groups=1, secured=True)
    wait_healthy(lab)
    for node in lab.nodes_of(GROUP):
        with node.client() as client:
            client.execute_command("ACL", "SETUSER", "maintenance", "-client|pause", "-replicaof")
    with conducting(lab) as conductor:
        result = conductor.run()
    assert result.outcome == REFUSED
    assert any("would not let us run CLIENT PAUSE" in reason for reason in result.reasons), result.reasons
    assert any("would not let us run REPLICAOF NO" in reason for reason in result.reasons), result.reasons


@pytest.mark.parametrize("down_after_ms", [1000, 2000])
def test_a_short_down_after_is_borrowed_said_and_returned(lab_factory: LabFactory, down_after_ms: int) -> None:
    lab = lab_factory(groups=1, down_after_ms=down_after_ms)
    result = hand_over(lab)
    assert (result.outcome, result.reasons) == (DONE, ())
    for sentinel in lab.sentinels:
        assert f"down-after-milliseconds of {sentinel.name}" in result.evidence.borrowed
        assert f"down-after-milliseconds {GROUP} {down_after_ms}" in sentinel.state.conf_file.read_text()


def test_the_file_of_a_node_never_holds_what_was_borrowed_for_the_fence(shared_lab: Lab) -> None:
    for node in shared_lab.nodes_of(GROUP):
        assert str(BORROWED_PING_PERIOD) not in [
            line.split()[1]
            for line in Path(node.state.conf_file).read_text().splitlines()
            if line.startswith("repl-ping-replica-period")
        ]

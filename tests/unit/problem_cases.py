# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One view of a group for everything that can be wrong with it; each names exactly the problems that it has.

``no_healthy_replica`` goes with what befalls both replicas, ``replica_link_down`` with a replica of another history.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.node import PRIMARY
from unit.builders import (
    MIB,
    address_of,
    attached,
    group_view,
    node_account,
    node_facts,
    peer_entry,
    primary_entry,
    replica_entry,
    replica_facts,
    run_id_of,
    with_account,
    with_all_sentinels,
    with_link,
    with_node,
    with_persistence,
    with_sentinel,
    with_settings,
    with_silent_sentinel,
)

if TYPE_CHECKING:
    from ansible_collections.steadyhand.redis.plugins.module_utils._model.group import GroupView

STRANGER = Address("10.0.0.99", 6379)


@dataclass(frozen=True)
class Case:
    """What is done to the healthy group, and which ``code subject`` pairs that must give, and no other ones."""

    problems: tuple[str, ...]
    change: Callable[[GroupView], GroupView]
    earlier: Callable[[GroupView], GroupView] | None = None


def _both(change: Callable[[GroupView, str], GroupView]) -> Callable[[GroupView], GroupView]:
    return lambda view: change(change(view, "b"), "c")


def _add_node(view: GroupView, name: str) -> GroupView:
    return replace(view, nodes=(*view.nodes, node_account(name, replica_facts(name))))


def _add_primary(view: GroupView, name: str) -> GroupView:
    return replace(view, nodes=(*view.nodes, node_account(name, node_facts(name, replication_id="9" * 40))))


def _copy_of_b(view: GroupView) -> GroupView:
    """``c`` hangs on ``b``, and everybody knows it."""
    view = with_link(view, "c", primary=address_of("b"))
    view = with_node(view, "b", replicas=(attached("c"),))
    return with_node(view, "a", replicas=(attached("b"),))


NODE_CASES = {
    "the last write to the append-only file failed": Case(
        ("aof_write_failed b",), lambda view: with_persistence(view, "b", aof_write_ok=False)
    ),
    "the last save failed": Case(("last_save_failed a",), lambda view: with_persistence(view, "a", last_save_ok=False)),
    "a node fails over by itself": Case(
        ("failover_in_progress a",), lambda view: with_node(view, "a", failover_state="waiting-for-sync")
    ),
    "a replica loads its data": Case(("node_loading b",), lambda view: with_node(view, "b", loading=True)),
    "a node was told to shut down": Case(("shutting_down c",), lambda view: with_node(view, "c", shutting_down=True)),
    "a node does not answer": Case(
        ("node_unreachable c",), lambda view: with_account(view, "c", facts=None, error="refused")
    ),
    "what is at the address of a node is a Sentinel": Case(
        ("node_is_sentinel c",),
        lambda view: with_account(view, "c", facts=None, error="it is a Sentinel", mistaken=True),
    ),
    "a node refuses our login": Case(
        ("node_denied c",), lambda view: with_account(view, "c", facts=None, error="WRONGPASS", denied=True)
    ),
}

ROLE_CASES = {
    "two nodes are primaries": Case(
        ("sentinel_sees_down s1", "sentinel_sees_down s2", "sentinel_sees_down s3", "two_primaries presence-1"),
        lambda view: with_node(view, "b", role=PRIMARY, upstream=None),
    ),
    "a primary of elsewhere is in the inventory": Case(("foreign_member d",), lambda view: _add_primary(view, "d")),
    "a primary of elsewhere, and a Sentinel keeps one that nothing explains": Case(
        (
            "sentinel_member_unsettled s1",
            "sentinel_misses_member s2",
            "sentinel_misses_member s3",
            "two_primaries presence-1",
        ),
        lambda view: with_sentinel(
            _add_primary(view, "d"),
            "s1",
            replicas=(replica_entry("b"), replica_entry("c"), replica_entry("b", address=STRANGER, run_id="run-x")),
        ),
    ),
    "two primaries, and a Sentinel knows both by address": Case(
        (
            "sentinel_member_unsettled s1",
            "sentinel_member_unsettled s2",
            "sentinel_member_unsettled s3",
            "two_primaries presence-1",
        ),
        lambda view: with_node(view, "b", role=PRIMARY, upstream=None, run_id="run-b-2"),
    ),
    "a primary of elsewhere, and nobody watches": Case(
        ("two_primaries presence-1",), lambda view: replace(_add_primary(view, "d"), sentinels=())
    ),
    "no node is a primary": Case(
        ("no_primary presence-1", "node_unreachable a"),
        lambda view: with_account(view, "a", facts=None, error="refused"),
    ),
}

REPLICATION_CASES = {
    "a replica copies another replica": Case(("chained_replica c",), _copy_of_b),
    "a replica copies another replica, and Sentinels never heard of it": Case(
        ("chained_replica c",), lambda view: with_all_sentinels(_copy_of_b(view), replicas=(replica_entry("b"),))
    ),
    "a replica copies somebody unknown": Case(
        ("replica_of_stranger c",),
        lambda view: with_node(with_link(view, "c", primary=STRANGER), "a", replicas=(attached("b"),)),
    ),
    "a full synchronisation runs": Case(
        ("replica_syncing b",), lambda view: with_link(view, "b", up=False, syncing=True)
    ),
    "a replica has not applied what it buffered": Case(
        ("replica_syncing b",), lambda view: with_link(view, "b", buffered_bytes=7)
    ),
    "a link never was up": Case(("replica_link_down b",), lambda view: with_link(view, "b", up=False, down_seconds=-1)),
    "a link is down": Case(("replica_link_down b",), lambda view: with_link(view, "b", up=False, down_seconds=9)),
    "a replica has another history": Case(
        ("replica_link_down b",), lambda view: with_node(view, "b", replication_id="2" * 40)
    ),
    "a replica is one byte further behind than the limit": Case(
        ("replica_lagging b",),
        lambda view: with_node(with_link(view, "c", applied_offset=11 * MIB), "a", offset=10 * MIB + 1001),
    ),
    "a replica is exactly at the limit": Case(
        (), lambda view: with_node(with_link(view, "c", applied_offset=11 * MIB), "a", offset=10 * MIB + 1000)
    ),
    "a replica takes writes": Case(
        ("replica_writable b",), lambda view: with_settings(view, "b", replica_read_only="no")
    ),
    "no replica may lead": Case(
        ("no_healthy_replica presence-1",), _both(lambda view, name: with_settings(view, name, replica_priority="0"))
    ),
    "one replica may not lead": Case((), lambda view: with_settings(view, "b", replica_priority="0")),
    "there are no replicas": Case(
        ("no_healthy_replica presence-1",),
        lambda view: with_all_sentinels(
            replace(with_node(view, "a", replicas=()), nodes=with_node(view, "a", replicas=()).nodes[:1]), replicas=()
        ),
    ),
    "the primary refuses writes": Case(
        ("min_replicas_unmet a",),
        lambda view: with_node(
            with_settings(view, "a", min_replicas_to_write="2"),
            "a",
            replicas=(attached("b"), attached("c", lag=11)),
        ),
    ),
    "the primary counts no lag and so refuses nothing": Case(
        (),
        lambda view: with_node(
            with_settings(view, "a", min_replicas_to_write="2", min_replicas_max_lag="0"),
            "a",
            replicas=(attached("b"), attached("c", lag=11)),
        ),
    ),
    "full synchronisations keep starting": Case(
        ("full_syncs_growing a",), lambda view: with_node(view, "a", full_syncs=3), earlier=lambda view: view
    ),
    "full synchronisations were counted by an earlier process": Case(
        (),
        lambda view: with_node(view, "a", full_syncs=3),
        earlier=lambda view: with_node(view, "a", run_id="run-before"),
    ),
}

SENTINEL_CASES = {
    "a Sentinel does not answer": Case(("sentinel_unreachable s2",), lambda view: with_silent_sentinel(view, "s2")),
    "what is at the address of a Sentinel is none": Case(
        ("sentinel_is_node s2",), lambda view: with_silent_sentinel(view, "s2", mistaken=True)
    ),
    "a Sentinel refuses our login": Case(
        ("sentinel_denied s2",), lambda view: with_silent_sentinel(view, "s2", denied=True)
    ),
    "a Sentinel does not know the group": Case(
        ("sentinel_not_watching s3",), lambda view: with_sentinel(view, "s3", primary=None, replicas=(), peers=())
    ),
    "a Sentinel is in TILT": Case(("sentinel_tilt s1",), lambda view: with_sentinel(view, "s1", tilt=True)),
    "a Sentinel cannot reach a quorum": Case(
        ("sentinel_no_quorum s1",), lambda view: with_sentinel(view, "s1", quorum_ok=False, quorum_says="NOQUORUM")
    ),
    "a Sentinel fails over": Case(
        ("failover_in_progress s1",),
        lambda view: with_sentinel(view, "s1", primary=primary_entry(failover_state="wait_promotion")),
    ),
    "a Sentinel has the flag of a failover only": Case(
        ("failover_in_progress s1",),
        lambda view: with_sentinel(
            view, "s1", primary=primary_entry(flags=frozenset({"master", "failover_in_progress"}))
        ),
    ),
    "Sentinels have different epochs": Case(
        ("sentinel_disagrees presence-1",),
        lambda view: with_sentinel(view, "s1", primary=primary_entry(config_epoch=8)),
    ),
    "a Sentinel names a replica": Case(
        (
            "sentinel_disagrees presence-1",
            "sentinel_sees_down s1",
            "sentinel_sees_down s1",
            "sentinel_wrong_primary s1",
        ),
        lambda view: with_sentinel(
            view,
            "s1",
            primary=primary_entry(address=address_of("b"), run_id=run_id_of("b")),
            replicas=(replica_entry("a"), replica_entry("c")),
        ),
    ),
    "a Sentinel holds a replica for down": Case(
        ("sentinel_sees_down s1",),
        lambda view: with_sentinel(
            view, "s1", replicas=(replica_entry("b", flags=frozenset({"slave", "s_down"})), replica_entry("c"))
        ),
    ),
    "a Sentinel does not see another one": Case(
        ("sentinel_peer_missing s1",), lambda view: with_sentinel(view, "s1", peers=(peer_entry("s2"),))
    ),
    "a Sentinel has had no hello of another one": Case(
        ("sentinel_peer_missing s1",),
        lambda view: with_sentinel(view, "s1", peers=(peer_entry("s2"), peer_entry("s3", hello_age_ms=6000))),
    ),
    "a Sentinel knows a Sentinel that nobody listed": Case(
        ("unlisted_member s1",),
        lambda view: with_sentinel(
            view, "s1", peers=(peer_entry("s2"), peer_entry("s3"), peer_entry("s3", address=STRANGER, run_id="run-x"))
        ),
    ),
    "a Sentinel keeps a Sentinel that is gone": Case(
        ("stale_entry s1",),
        lambda view: with_sentinel(
            view,
            "s1",
            peers=(
                peer_entry("s2"),
                peer_entry("s3"),
                peer_entry("s3", address=STRANGER, run_id="run-x", flags=frozenset({"s_down", "sentinel"})),
            ),
        ),
    ),
}

MEMBERSHIP_CASES = {
    "a hand-over was cut off": Case(
        ("settings_borrowed b",), lambda view: with_node(view, "a", borrowed={"node|replica-priority|b": "100"})
    ),
    "traffic is still at the old primary": Case(
        ("routing_unfinished a",), lambda view: with_node(view, "a", borrowed={"routing|b|a": "1700000000000"})
    ),
    "a hand-over has noted how it began": Case(
        (), lambda view: with_node(view, "a", borrowed={"history|replication-id|b": "0123"})
    ),
    "the ledger holds a field that is not ours": Case((), lambda view: with_node(view, "a", borrowed={"else": "1"})),
    "a Sentinel has no entry for a replica": Case(
        ("sentinel_misses_member s1",), lambda view: with_sentinel(view, "s1", replicas=(replica_entry("b"),))
    ),
    "a replica has just been started": Case(
        ("sentinel_member_unsettled s1", "sentinel_member_unsettled s2", "sentinel_member_unsettled s3"),
        lambda view: with_node(view, "b", run_id="run-b-2"),
    ),
    "a replica behind NAT has just been started": Case(
        ("sentinel_member_unsettled s1", "sentinel_member_unsettled s2", "sentinel_member_unsettled s3"),
        lambda view: with_account(with_node(view, "b", run_id="run-b-2"), "b", address=Address("192.168.0.2", 6379)),
    ),
    "a declared member is down and a Sentinel has no entry for another one": Case(
        ("node_unreachable c", "sentinel_misses_member s1"),
        lambda view: with_sentinel(
            with_account(view, "c", facts=None, error="refused", declared=address_of("c")),
            "s1",
            replicas=(replica_entry("c"),),
        ),
    ),
    "a Sentinel keeps a replica that is gone": Case(
        ("stale_entry s1",),
        lambda view: with_sentinel(
            view,
            "s1",
            replicas=(
                replica_entry("b"),
                replica_entry("c"),
                replica_entry("b", address=STRANGER, run_id="run-x", flags=frozenset({"s_down", "slave"})),
            ),
        ),
    ),
    "a live replica is in no inventory": Case(
        ("unlisted_member a", "unlisted_member s1"),
        lambda view: with_sentinel(
            with_node(view, "a", replicas=(attached("b"), attached("c"), attached("b", address=STRANGER))),
            "s1",
            replicas=(replica_entry("b"), replica_entry("c"), replica_entry("b", address=STRANGER, run_id="run-x")),
        ),
    ),
    "a live replica of a replica is in no inventory": Case(
        ("unlisted_member b",), lambda view: with_node(view, "b", replicas=(attached("b", address=STRANGER),))
    ),
    "a replica still lists one that has gone over to the primary": Case(
        (), lambda view: with_node(view, "b", replicas=(attached("c"),))
    ),
    "a live replica is in no inventory while a member is silent": Case(
        ("node_unreachable c", "unlisted_member s1"),
        lambda view: with_sentinel(
            with_account(view, "c", facts=None, error="refused"),
            "s1",
            replicas=(
                replica_entry("b"),
                replica_entry("b", address=STRANGER, run_id="run-x"),
                replica_entry("c", flags=frozenset({"s_down", "slave"})),
            ),
        ),
    ),
    "a replica has just been started while a Sentinel keeps one that is gone": Case(
        (
            "sentinel_member_unsettled s1",
            "sentinel_member_unsettled s2",
            "sentinel_member_unsettled s3",
            "stale_entry s1",
        ),
        lambda view: with_sentinel(
            with_account(with_node(view, "b", run_id="run-b-2"), "b", address=Address("192.168.0.2", 6379)),
            "s1",
            replicas=(
                replica_entry("b", address=STRANGER, run_id="run-x", flags=frozenset({"s_down", "slave"})),
                replica_entry("b"),
                replica_entry("c"),
            ),
        ),
    ),
    "a node of the inventory belongs to nobody here": Case(
        tuple(f"sentinel_misses_member {name}" for name in ("s1", "s2", "s3")), lambda view: _add_node(view, "d")
    ),
    "a group without Sentinels": Case((), lambda view: replace(view, sentinels=())),
    "the healthy group": Case((), lambda view: view),
    "the healthy group of two": Case((), lambda _view: group_view(replicas=("b",))),
}

CASES = {**NODE_CASES, **ROLE_CASES, **REPLICATION_CASES, **SENTINEL_CASES, **MEMBERSHIP_CASES}

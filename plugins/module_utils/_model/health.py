# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judging the data side of a group: its nodes and the replication between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .borrowed import HISTORY, Borrowed
from .group import GroupView, Member, foreign_primaries, lag_bytes
from .node import NodeAccount, NodeFacts
from .problems import Problem
from .replies import whole
from .routing import unfinished_routing
from .versions import Software, why_not_loadable
from .wiring import wiring_problems

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What still counts as healthy. ``max_lag`` in bytes of the replication stream."""

    max_lag: int = 10 * MEBIBYTE


def group_problems(view: GroupView, limits: Limits, earlier: GroupView | None = None) -> Iterator[Problem]:
    """Everything wrong with a group. ``earlier``, a view some seconds older, shows what is growing."""
    for account in view.nodes:
        if account.facts is None:
            yield _silent_node(account)
    for member in view.members:
        yield from _node_problems(member)
    yield from _role_problems(view)
    primary = view.primary
    if primary is not None:
        for replica in view.replicas:
            yield from _replica_problems(view, primary, replica, limits)
        yield from _primary_problems(view, primary, limits)
        yield from _leftovers(primary)
        if earlier is not None:
            yield from _growth_problems(earlier, primary)
    yield from wiring_problems(view)


def _silent_node(account: NodeAccount) -> Problem:
    if account.mistaken:
        remedy = "Correct its address in the inventory: nodes and Sentinels have ports of their own"
        return Problem("node_is_sentinel", account.name, account.error, remedy)
    code = "node_denied" if account.denied else "node_unreachable"
    return Problem(code, account.name, account.error, "Nothing is done to a group of which a node is unknown")


def _node_problems(member: Member) -> Iterator[Problem]:
    facts = member.facts
    if facts.loading:
        yield Problem("node_loading", member.name, "it is loading its data set", "Wait until it has loaded")
    if facts.shutting_down:
        yield Problem(
            "shutting_down", member.name, "it was told to shut down", "Wait until it is gone, then audit again"
        )
    if not facts.persistence.last_save_ok:
        yield Problem(
            "last_save_failed",
            member.name,
            "rdb_last_bgsave_status is not ok",
            "Look into its log (disk full, no memory to fork); as a primary it may refuse every write with MISCONF",
        )
    if not facts.persistence.aof_write_ok:
        yield Problem(
            "aof_write_failed",
            member.name,
            "aof_last_write_status is not ok",
            "Free disk space; until then it refuses writes",
        )
    if facts.failover_state != "no-failover":
        yield Problem(
            "failover_in_progress", member.name, "master_failover_state is " + facts.failover_state, "Wait for its end"
        )


def _role_problems(view: GroupView) -> Iterator[Problem]:
    foreign = foreign_primaries(view)
    for member in foreign:
        yield Problem(
            "foreign_member",
            member.name,
            f"it is a primary at {member.account.address}, and no Sentinel of this group knows it",
            "Check its host and port in the inventory. Did it once belong here, then it is a second copy that clients may still "
            "write to: keep them off, and make it a replica or take it away",
        )
    if len(view.primaries) > 1 and not foreign:
        names = ", ".join(member.name for member in view.primaries)
        yield Problem(
            "two_primaries",
            view.name,
            f"{names} all answer that they are the primary",
            "Stop writing to the group; decide which copy survives before anything else",
        )
    if not view.primaries and view.members:
        yield Problem(
            "no_primary",
            view.name,
            "no answering node is a primary",
            "Let Sentinel fail over, or look at the silent nodes",
        )


def _replica_problems(view: GroupView, primary: Member, replica: Member, limits: Limits) -> Iterator[Problem]:
    upstream = replica.facts.upstream
    if upstream is None:
        return
    if upstream.primary not in view.addresses(primary):
        others = [m.name for m in view.members if m is not primary and upstream.primary in view.addresses(m)]
        if others:
            yield Problem(
                "chained_replica",
                replica.name,
                f"it copies {others[0]} ({upstream.primary})",
                "REPLICAOF the primary, or accept it: chained replicas never lead",
            )
        else:
            yield Problem(
                "replica_of_stranger",
                replica.name,
                f"it copies {upstream.primary}, the primary is {primary.announced or primary.account.address}",
                "Find out to which group it belongs before Sentinel decides it",
            )
    elif upstream.syncing:
        yield Problem(
            "replica_syncing",
            replica.name,
            "a full synchronisation is running",
            _upgrade(primary, replica) or "Wait until it has ended",
        )
    elif not upstream.up:
        yield Problem(
            "replica_link_down",
            replica.name,
            f"its link to {upstream.primary} "
            + (f"is down since {upstream.down_seconds} s" if upstream.down_seconds >= 0 else "was never up"),
            _upgrade(primary, replica) or "Look at masterauth, network and the primary's log",
        )
    elif replica.facts.replication_id != primary.facts.replication_id:
        yield Problem(
            "replica_link_down",
            replica.name,
            "its replication id is not the primary's",
            _upgrade(primary, replica) or "Wait for it to synchronise with the primary",
        )
    elif lag_bytes(primary.facts, replica.facts) > limits.max_lag:
        yield Problem(
            "replica_lagging",
            replica.name,
            f"{lag_bytes(primary.facts, replica.facts)} bytes behind the primary, the limit is {limits.max_lag}",
            "Wait for it, lessen the load, or raise the limit",
        )
    elif upstream.buffered_bytes:
        yield Problem(
            "replica_syncing",
            replica.name,
            f"{upstream.buffered_bytes} bytes of the stream are buffered and not applied",
            "Wait until it has applied them",
        )
    if replica.facts.settings.get("replica-read-only", "yes") != "yes":
        yield Problem(
            "replica_writable",
            replica.name,
            "replica-read-only is no",
            "Set it to yes: writes that a replica takes are lost, and a fence cannot hold them",
        )


def _upgrade(primary: Member, replica: Member) -> str:
    """What to do with a replica that waits for a full synchronisation in vain; an empty text when it can have one."""
    why = why_cannot_copy(primary, replica)
    return f"Upgrade it, or it begins anew for ever: {why}" if why else ""


def why_cannot_copy(source: Member, copier: Member) -> str | None:
    """Why one node could not load what another would send it in a full synchronisation; None when it can."""
    writer, reader = (Software(member.facts.engine, member.facts.version) for member in (source, copier))
    return why_not_loadable(writer, reader, bool(source.facts.hashes_with_expiring_fields))


def _primary_problems(view: GroupView, primary: Member, limits: Limits) -> Iterator[Problem]:
    if not any(not leader_obstacles(view, primary, replica, limits) for replica in view.replicas):
        yield Problem(
            "no_healthy_replica",
            view.name,
            f"none of {len(view.replicas)} replicas is connected, caught up and allowed to lead",
            "Repair a replica first: nothing could take over if the primary failed now",
        )
    wanted = whole(primary.facts.settings, "min-replicas-to-write")
    good = good_replicas(primary.facts)
    if wanted and whole(primary.facts.settings, "min-replicas-max-lag") and good < wanted:
        yield Problem(
            "min_replicas_unmet",
            primary.name,
            f"{good} good replicas, min-replicas-to-write is {wanted}: every write is refused",
            "Repair the replicas, or lower the setting knowingly",
        )


def _leftovers(primary: Member) -> Iterator[Problem]:
    routing = unfinished_routing(primary.facts.borrowed)
    if routing is not None:
        yield Problem(
            "routing_unfinished",
            primary.name,
            f"traffic was being moved from {routing.old} to {routing.new}, and its end was not seen; {primary.name} leads",
            f"Move traffic to {primary.name}, then say so by the module failover_end; the playbooks do both where they have "
            "the group's routing command or tasks",
        )
        # Whoever ends it returns what goes with it.
        return
    entries = [(Borrowed.decode(name), value) for name, value in sorted(primary.facts.borrowed.items())]
    for borrowed, value in entries:
        if borrowed is not None and borrowed.kind != HISTORY:
            yield Problem(
                "settings_borrowed",
                borrowed.owner,
                f"{borrowed.setting} may still be borrowed, it was {value} before",
                "The next hand-over of the group returns it, or you do: set it, and remove the field from the ledger",
            )


def _growth_problems(earlier: GroupView, primary: Member) -> Iterator[Problem]:
    before = earlier.member(primary.name)
    if before is None or before.facts.run_id != primary.facts.run_id:
        return
    grown = primary.facts.full_syncs - before.facts.full_syncs
    if grown > 0:
        yield Problem(
            "full_syncs_growing",
            primary.name,
            f"{grown} full synchronisations began while it was watched",
            "A resync loop is likely: look at client-output-buffer-limit, repl-timeout, disk and memory",
        )


def good_replicas(primary: NodeFacts) -> int:
    """Replicas that count for min-replicas-to-write: online and acknowledged within min-replicas-max-lag seconds."""
    limit = whole(primary.settings, "min-replicas-max-lag", 10)
    return sum(1 for replica in primary.replicas if replica.online and 0 <= replica.lag <= max(limit, 1))


def is_far_behind(primary: Member, replica: Member, limits: Limits) -> bool:
    """Whether a replica that is connected and in sync is beyond the lag limit."""
    upstream = replica.facts.upstream
    in_sync = upstream is not None and upstream.up and not upstream.syncing and not replica.facts.loading
    same_history = replica.facts.replication_id == primary.facts.replication_id
    return in_sync and same_history and lag_bytes(primary.facts, replica.facts) > limits.max_lag


def leader_obstacles(view: GroupView, primary: Member, replica: Member, limits: Limits) -> list[str]:
    """Why a replica could not be promoted by Sentinel right now; an empty list when nothing stands against it."""
    upstream, obstacles = replica.facts.upstream, []
    if replica.facts.priority == 0:
        obstacles.append("its replica-priority is 0")
    if upstream is None or upstream.primary not in view.addresses(primary):
        obstacles.append("it does not copy the primary")
    elif not upstream.up or upstream.syncing or replica.facts.loading or upstream.buffered_bytes:
        obstacles.append("it is not in sync")
    elif replica.facts.replication_id != primary.facts.replication_id:
        obstacles.append("its replication id is not the primary's")
    elif lag_bytes(primary.facts, replica.facts) > limits.max_lag:
        obstacles.append(f"it is {lag_bytes(primary.facts, replica.facts)} bytes behind")
    return obstacles

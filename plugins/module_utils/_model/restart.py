# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a node may be restarted now, and whether it will come back by a partial or by a full synchronisation.

Sources: engine-level behaviour read in replication.c and rdb.c of Redis 7.0 and 8.0 and Valkey 8.1: a server restores its
replication id and offset from the RDB file alone, so a node that loads an append-only file starts from nothing; and a
replica continues only while the primary's backlog still holds the byte after its offset.
"""

from __future__ import annotations

from dataclasses import dataclass

from .full_sync import HEADROOM, SYNC_BYTES_PER_SECOND, loading, serving
from .group import GroupView, Member
from .health import Limits, good_replicas, leader_obstacles
from .host import HostFacts
from .node import NodeFacts
from .replies import whole
from .settings.file import overrides

PARTIAL = "partial"
FULL = "full"


@dataclass(frozen=True)
class RestartWish:
    """What the user accepts. ``expected_seconds``: how long a node of this group is away, measured or assumed."""

    accept_full_sync: bool = False
    expected_seconds: float = 30.0


@dataclass(frozen=True)
class RestartForecast:
    """What a restart will do. ``refusals`` empty: it may be stopped. ``unseen`` names what could not be checked."""

    node: str
    resync: str
    why: str
    refusals: tuple[str, ...]
    unseen: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        return not self.refusals


def forecast(
    view: GroupView, node: Member, host: HostFacts, wish: RestartWish, write_rate: float, limits: Limits
) -> RestartForecast:
    """Judge the restart of a replica. ``write_rate`` in bytes of the replication stream per second.

    The group's health is judged elsewhere; this is about the stop itself.
    """
    primary = view.primary
    if primary is None or primary is node:
        why = "it is the primary: hand over first" if primary is node else "the group has no single primary"
        return RestartForecast(node.name, FULL, why, (why,), ())
    refusals = stop_refusals(view, primary, node, host, limits)
    resync, why = _resync(primary, node, wish, write_rate)
    unseen = _unseen_of_start(host)
    if resync == FULL:
        if not wish.accept_full_sync:
            refusals.append(
                f"it would come back by a full synchronisation ({why}); accept that beforehand if it is meant"
                " (in a run of playbooks: redis_accept_full_sync=true)"
            )
        needs = serving(primary, primary.facts.memory.used, write_rate) + loading(primary, host)
        refusals += needs.lacking
        unseen += needs.unseen
    refusals += _service_refusals(node, host)
    return RestartForecast(node.name, resync, why, tuple(refusals), tuple(unseen))


def stop_refusals(view: GroupView, primary: Member, node: Member, host: HostFacts, limits: Limits) -> list[str]:
    """Why a replica must not be stopped now, whether it comes back or not; an empty list when nothing stands against it."""
    refusals = _file_refusals(view, primary, host) + _remaining_refusals(view, primary, node, limits)
    if node.facts.persistence.rewriting:
        refusals.append("its append-only file is being rewritten: stopped now, it would load the old one or nothing")
    return refusals


def _file_refusals(view: GroupView, primary: Member, host: HostFacts) -> list[str]:
    """A node whose file does not name the primary comes back as a second primary."""
    file = host.config_file
    if file.error:
        return [file.error + "; whether it names the primary is unknown"]
    elsewhere = overrides(file, host.start_arguments).get("replicaof")
    if elsewhere is not None:
        return [f"{elsewhere} and decides whom it copies after its start, whatever {file.path} says: take it out there"]
    if file.replica_of is None:
        return [f"{file.path} has no replicaof line: it would come back as a second primary. Run CONFIG REWRITE on it"]
    announced = primary.announced
    if announced is None or file.replica_of not in {announced, *view.addresses(primary)}:
        return [
            f"{file.path} names {file.replica_of} as primary, the Sentinels announce {announced}. Run CONFIG REWRITE on it"
        ]
    return []


def _unseen_of_start(host: HostFacts) -> list[str]:
    unseen = []
    if host.start_arguments is None:
        unseen.append("the node's command line, which may name another primary than its file")
    unseen += [f"which file {one}, a relative include, will be at the next start" for one in host.config_file.unfound]
    return unseen


def _remaining_refusals(view: GroupView, primary: Member, node: Member, limits: Limits) -> list[str]:
    fit = [
        member.name
        for member in view.replicas
        if member is not node and not leader_obstacles(view, primary, member, limits)
    ]
    refusals = []
    if not fit:
        refusals.append("no other replica is left that could take over while it is away")
    wanted = whole(primary.facts.settings, "min-replicas-to-write")
    remaining = good_replicas(primary.facts) - 1
    if wanted and whole(primary.facts.settings, "min-replicas-max-lag") and remaining < wanted:
        refusals.append(
            f"{remaining} good replicas would remain, min-replicas-to-write is {wanted}: every write would be refused"
        )
    return refusals


def certain_full_sync(facts: NodeFacts) -> str | None:
    """Why a restart of this node ends in a full synchronisation however short it is; None where it need not."""
    if facts.persistence.aof:
        return "it loads its append-only file, which does not hold the replication offset"
    if not facts.persistence.rdb_on_stop and not facts.persistence.last_save_at:
        return "it keeps nothing on disk"
    return None


def _resync(primary: Member, node: Member, wish: RestartWish, write_rate: float) -> tuple[str, str]:
    persistence = node.facts.persistence
    certain = certain_full_sync(node.facts)
    if certain is not None:
        return FULL, certain
    away = wish.expected_seconds
    origin = "it saves an RDB file when it stops"
    if not persistence.rdb_on_stop:
        away += max(0, node.facts.clock - persistence.last_save_at)
        origin = f"it loads an RDB file that is {max(0, node.facts.clock - persistence.last_save_at)} s old"
    missed = int(write_rate * away * HEADROOM)
    backlog = primary.facts.backlog_size
    numbers = (
        f"{origin}; about {missed} bytes will be written in {away:.0f} s at {write_rate:.0f} bytes/s "
        f"(with half as much again), the backlog holds {backlog}"
    )
    return (PARTIAL if missed < backlog else FULL), numbers


def _service_refusals(node: Member, host: HostFacts) -> list[str]:
    refusals = []
    persistence, used = node.facts.persistence, node.facts.memory.used
    at_usual_rate = used / SYNC_BYTES_PER_SECOND
    # A node that has not saved yet, or was smaller when it did, tells too little by its last save.
    save_seconds = max(persistence.last_save_seconds * HEADROOM, at_usual_rate) if persistence.rdb_on_stop else 0.0
    if host.stop_timeout is not None and save_seconds > host.stop_timeout:
        refusals.append(
            f"it saves when it stops, which may take {save_seconds:.1f} s (its last save took {persistence.last_save_seconds} s, "
            f"it holds {used} bytes), but its unit is killed after {host.stop_timeout:g} s: raise the unit's TimeoutStopSec"
        )
    if host.start_timeout is not None and at_usual_rate > host.start_timeout:
        refusals.append(
            f"loading {used} bytes may take {at_usual_rate:.1f} s, but its unit is killed after {host.start_timeout:g} s: "
            "raise the unit's TimeoutStartSec"
        )
    return refusals

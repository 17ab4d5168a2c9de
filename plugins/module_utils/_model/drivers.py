# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which way a hand-over goes, by what the servers can do."""

from __future__ import annotations

from .group import GroupView

AUTO = "auto"
SENTINEL = "sentinel"
COORDINATED = "coordinated"
BARE = "bare"
DRIVERS = (AUTO, SENTINEL, COORDINATED, BARE)

# SENTINEL FAILOVER ... COORDINATED came with Valkey 9.0. 9.0.0 refused plain failovers to users without +failover
# (valkey#2779), and up to 9.1.0 a Sentinel could crash in the middle of one (valkey#4066, fixed in 9.1.1).
COORDINATED_SINCE = (9, 1, 1)
# A pause that lets reads and REPLICAOF pass exists since Redis 6.2 (CLIENT PAUSE ... WRITE); Valkey began with 7.2.
BARE_SINCE = {"redis": (6, 2, 0), "valkey": (7, 2, 0)}
# FAILOVER came with Redis 6.2 too, but until 7.0 its end lifted every pause, and clients were refused before they were
# routed: pauses have had separate purposes only since then (networking.c, pauseClients).
FAILOVER_HOLDS_CLIENTS_BACK_SINCE = {"redis": (7, 0, 0), "valkey": (7, 2, 0)}


def choose_driver(view: GroupView, asked: str) -> tuple[str, tuple[str, ...]]:
    """The driver for a group, and why the one asked for cannot be used (empty when it can).

    ``auto`` takes the shortest pause that is sound: bare without Sentinels, coordinated where every Sentinel can.
    """
    if not view.sentinels:
        return BARE, _not_bare(view, asked)
    if asked == BARE:
        return BARE, ("Sentinels watch the group: they would undo a hand-over that goes past them",)
    against = _not_coordinated(view)
    if asked == COORDINATED:
        return COORDINATED, against
    return (SENTINEL if against or asked == SENTINEL else COORDINATED), ()


def _not_bare(view: GroupView, asked: str) -> tuple[str, ...]:
    if asked not in (AUTO, BARE):
        return (f"the driver {asked} needs Sentinels, and none is named",)
    return tuple(
        f"{member.name} runs {member.facts.engine} {member.facts.version}, {BARE} needs "
        f"{'.'.join(map(str, BARE_SINCE[member.facts.engine]))}"
        for member in view.members
        if version_of(member.facts.version) < BARE_SINCE[member.facts.engine]
    )


def _not_coordinated(view: GroupView) -> tuple[str, ...]:
    return tuple(
        f"{account.name} is a Sentinel of {facts.engine} {facts.version}, {COORDINATED} needs valkey "
        f"{'.'.join(map(str, COORDINATED_SINCE))}"
        for account, facts, _entry in view.watching
        if facts.engine != "valkey" or version_of(facts.version) < COORDINATED_SINCE
    )


def failover_holds_clients_back(engine: str, version: str) -> bool:
    """Whether our own pause on a node outlives the engine's FAILOVER."""
    return version_of(version) >= FAILOVER_HOLDS_CLIENTS_BACK_SINCE[engine]


def version_of(text: str) -> tuple[int, ...]:
    """A version as comparable numbers; what is no number counts as 0."""
    return tuple(int(part) if part.isdigit() else 0 for part in text.split(".")[:3])

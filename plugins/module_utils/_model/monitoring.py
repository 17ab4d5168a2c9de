# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How one Sentinel is to watch one group: what differs, and the proof that the address it gets is the group's primary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .address import Address
from .errors import Refused
from .group import GroupView, Member
from .proof import Proven, other_names, proven_primary, why_no_primary
from .sentinel import PrimaryEntry

# The engine's names of options, as SENTINEL SET takes them.
QUORUM = "quorum"
AUTH_PASSWORD = "auth-pass"
AUTH_USER = "auth-user"
SECRETS = frozenset({AUTH_PASSWORD})
# What an entry has the engine's defaults for, unless it is told (sentinel.c, createSentinelRedisInstance).
DEFAULTS = {"down-after-milliseconds": "30000", "failover-timeout": "180000", "parallel-syncs": "1"}


@dataclass(frozen=True)
class Watched:
    """A group in a Sentinel's table."""

    name: str
    address: Address
    run_id: str


@dataclass(frozen=True)
class MonitorWish:
    """How a Sentinel shall watch a group; ``options`` by the engine's names, as SENTINEL SET takes them."""

    present: bool
    quorum: int
    options: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class MonitorPlan:
    """What is to be done on one Sentinel, in this order. Nothing at all: it watches the group as wished."""

    remove: bool = False
    monitor: Address | None = None
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def changes(self) -> bool:
        return self.remove or self.monitor is not None or bool(self.options)


def monitor_plan(
    view: GroupView, sentinel: str, wish: MonitorWish, kept: Mapping[str, str], watched: Sequence[Watched]
) -> MonitorPlan:
    """Compare the wish with what the Sentinel has. Raises Refused where a change could join two groups or lose one.

    ``kept`` are the options of this group in the Sentinel's file, which no command shows; ``watched`` is its whole table.
    """
    account = next(account for account in view.sentinels if account.name == sentinel)
    if account.facts is None:
        raise Refused(f"{sentinel} cannot be asked", [account.error])
    entry = account.facts.primary
    if entry is not None and entry.failover_in_progress and (not wish.present or _differing(entry, wish, kept)):
        raise Refused(
            f"{sentinel} is not changed", [f"a failover of {view.name} is under way ({entry.failover_state}): wait"]
        )
    if not wish.present:
        return MonitorPlan(remove=entry is not None)
    if entry is None:
        address = _proven_address(view, sentinel, watched)
        return MonitorPlan(monitor=address, options=wish.options)
    differing = _differing(entry, wish, kept)
    reasons = [*_why_not_its_primary(view, entry), *other_names(view)]
    if reasons:
        raise Refused(f"{sentinel} keeps watching {view.name} at {entry.address}", reasons)
    return MonitorPlan(options=differing)


def described(entry: PrimaryEntry | None, kept: Mapping[str, str]) -> dict[str, str]:
    """How a Sentinel watches a group, for people: without secrets."""
    if entry is None:
        return {}
    return {
        "address": str(entry.address),
        **shown_options(entry),
        **{name: value for name, value in kept.items() if name not in SECRETS},
    }


def shown_options(entry: PrimaryEntry) -> dict[str, str]:
    """The options that SENTINEL MASTER shows."""
    return {
        QUORUM: str(entry.quorum),
        "down-after-milliseconds": str(entry.down_after_ms),
        "failover-timeout": str(entry.failover_timeout_ms),
        "parallel-syncs": str(entry.parallel_syncs),
    }


def _differing(entry: PrimaryEntry, wish: MonitorWish, kept: Mapping[str, str]) -> dict[str, str]:
    has = {**kept, **shown_options(entry)}
    wanted = {QUORUM: str(wish.quorum), **wish.options}
    return {name: value for name, value in wanted.items() if has.get(name) != value}


def _why_not_its_primary(view: GroupView, entry: PrimaryEntry) -> Iterator[str]:
    """A Sentinel is never re-pointed here: that is a repair, which begins with the question who is right."""
    primary = view.primary
    if primary is None:
        yield from why_no_primary(view)
    elif entry.address not in view.addresses(primary):
        names = [member.name for member in view.members if entry.address in view.addresses(member)]
        who = f"{names[0]}, which is a replica" if names else "no node of this group"
        yield (
            f"that is {who}; the primary is {primary.name}. Where a failover has just ended, run again in some seconds; "
            "otherwise this Sentinel was misled and needs a repair, because re-pointing it could join two groups"
        )


def _proven_address(view: GroupView, sentinel: str, watched: Sequence[Watched]) -> Address:
    """The address of the one primary of the group, by which its Sentinels and replicas may know it. Raises Refused."""
    what = f"{sentinel} is not told to watch {view.name}"
    reasons: list[str] = []
    proven: Proven | None = None
    try:
        proven = proven_primary(view, what)
    except Refused as error:
        reasons += error.reasons
    if view.primary is not None:
        reasons += _contradictions(view, view.primary)
        reasons += _same_process(view, view.primary, watched)
    if reasons or proven is None:
        raise Refused(what, list(dict.fromkeys(reasons)))
    return proven.address


def _contradictions(view: GroupView, primary: Member) -> Iterator[str]:
    """What other Sentinels say against this node as the primary of this group.

    One of them is enough, whatever its epoch: a new entry has the epoch 0, so the first hello of one that is wrong would move
    it, and what it had been told would be listed as a replica.
    """
    for account, _facts, entry in view.watching:
        if entry.address not in view.addresses(primary):
            yield f"{account.name} names {entry.address}, which is not {primary.name}: repair that Sentinel first"
        elif entry.failover_in_progress:
            yield f"{account.name} is in the middle of a failover: wait"


def _same_process(view: GroupView, primary: Member, watched: Sequence[Watched]) -> Iterator[str]:
    """The same process at another address under another name, which only its run id tells."""
    for other in watched:
        if other.name != view.name and other.run_id == primary.facts.run_id:
            yield f"it watches {primary.name} already, under the name {other.name} (at {other.address})"

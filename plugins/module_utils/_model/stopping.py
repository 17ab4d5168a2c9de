# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a node may be stopped now, whoever stops it and for whatever reason: the rule that its guard keeps.

Clients are no reason to hold a replica: read replicas and exporters are always connected. Neither are the entries that
Sentinels keep of it: they are wanted for a restart, and removed when a node is decommissioned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .group import GroupView, Member
from .health import Limits
from .host import HostFacts
from .lock import HeldLock
from .problems import Problem
from .restart import stop_refusals

PRIMARY = "primary"
REPLICA = "replica"
UNKNOWN = "unknown"

IS_PRIMARY = "it is the primary: its role is handed over before it stops"


@dataclass(frozen=True)
class StopView:
    """What was seen of a node that somebody wants to stop. ``problems`` are its group's, ``reasons`` all that stands against it.

    ``lock``: who holds the maintenance lock. ``announced``: whether its holder has found this very restart safe.
    """

    role: str
    reasons: tuple[str, ...]
    problems: tuple[str, ...]
    lock: HeldLock | None = None
    announced: bool = False


def judge_stop(
    view: GroupView,
    name: str,
    problems: Sequence[Problem],
    host: HostFacts | None,
    limits: Limits,
    elsewhere: Sequence[str] = (),
    leaving: str = "",
) -> StopView:
    """Judge the stop of the node of that name by a view of its group and the problems found in it.

    ``elsewhere`` says in which other groups it counts; ``leaving`` is the Sentinel that goes down with it, where one does.
    """
    wrong = tuple(str(problem) for problem in problems)
    primary, node = view.primary, view.member(name)
    lock = primary.facts.lock if primary is not None else None
    if node is None:
        return StopView(UNKNOWN, (*wrong, f"{name} does not tell its role"), wrong, lock)
    announced = lock is not None and lock.record.restarting == node.facts.run_id
    if node.facts.is_primary:
        return StopView(PRIMARY, (*wrong, IS_PRIMARY), wrong, lock, announced)
    against = [*elsewhere, *_sentinel_refusals(view, leaving)]
    if primary is not None:
        if host is None:
            against.append("its own machine was not looked at")
        else:
            against += stop_refusals(view, primary, node, host, limits)
    return StopView(REPLICA, (*wrong, *against), wrong, lock, announced)


def counted_elsewhere(view: GroupView, node: Member) -> list[str]:
    """The other groups of which a Sentinel names this node as primary."""
    mine = view.addresses(node)
    return [
        f"{account.name} names it as the primary of group {group} too"
        for account, facts, _entry in view.watching
        for group, address in sorted(facts.primaries.items())
        if group != view.name and address in mine
    ]


def _sentinel_refusals(view: GroupView, leaving: str) -> list[str]:
    """Why the Sentinels that stay could not fail over any more."""
    if not leaving or leaving not in [account.name for account in view.sentinels]:
        return []
    staying = [entry for account, _facts, entry in view.watching if account.name != leaving]
    majority = len(view.sentinels) // 2 + 1
    needed = max([majority, *(entry.quorum for entry in staying)])
    if len(staying) >= needed:
        return []
    return [
        f"with {leaving}, on the same machine, {len(staying)} Sentinels would be left of {len(view.sentinels)}: "
        f"{needed} are needed to fail over"
    ]

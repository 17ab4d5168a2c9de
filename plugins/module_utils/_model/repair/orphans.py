# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The replicas of a primary that is given up. Whatever they hold came from it, so it is in its file, and they can copy the winner.

Once their primary is a replica itself, they copy a node that does not lead and have no link until it has the winner's data. In
any other repair such a node speaks against the primary; here it is known how it came to that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..address import Address
from ..group import GroupView, Member
from ..proof import is_its_replica
from .step import REPOINT, Step


def orphans_of(view: GroupView, losers: Sequence[Member]) -> dict[str, Address]:
    """By name, and whom they copy: the replicas of these primaries, and the replicas of those."""
    found: dict[str, Address] = {}
    sources = list(losers)
    while sources:
        source = sources.pop()
        for replica in view.replicas:
            upstream = replica.facts.upstream
            if upstream is None or replica.name in found or replica is source:
                continue
            if upstream.primary in view.addresses(source) or (
                source in losers and is_its_replica(view, replica, source)
            ):
                found[replica.name] = upstream.primary
                sources.append(replica)
    return found


def excused(view: GroupView, primary: Member, orphans: Mapping[str, Address]) -> frozenset[str]:
    """Those that still copy whom they did, or the primary already: neither speaks against it."""
    return frozenset(
        member.name
        for member in view.replicas
        if member.name in orphans
        and member.facts.upstream is not None
        and member.facts.upstream.primary in {orphans[member.name], *view.addresses(primary)}
    )


def orphan_steps(view: GroupView, primary: Member, address: Address, orphans: Mapping[str, Address]) -> Iterator[Step]:
    """Have each that still copies whom it did copy the primary."""
    for member in view.replicas:
        copied = orphans.get(member.name)
        upstream = member.facts.upstream
        if upstream is None or upstream.primary != copied or copied in view.addresses(primary):
            continue
        yield Step(
            REPOINT,
            member.name,
            f"have {member.name} copy {primary.name} at {address} instead of {copied}, whose data are given up",
            "what it holds is in the file of the primary from which it came",
            f"it copies {primary.name}",
            address,
            {"orphan": "yes"},
        )

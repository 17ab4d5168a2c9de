# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One group at one moment, seen from every node and every Sentinel, and who is who in it.

Members are matched by run id: the node says its own, the Sentinels say which one they saw behind an address. Inventory
addresses are never compared with announced ones, because names, NAT and bastions make them differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Union

from .address import Address
from .node import NodeAccount, NodeFacts
from .sentinel import PrimaryEntry, ReplicaEntry, SentinelAccount, SentinelFacts

DataEntry = Union[PrimaryEntry, ReplicaEntry]


@dataclass(frozen=True)
class Member:
    """An answering node of the group, with what the group knows about it."""

    account: NodeAccount
    facts: NodeFacts
    announced: Address | None

    @property
    def name(self) -> str:
        return self.account.name


@dataclass(frozen=True)
class GroupView:
    """All accounts of one group. ``sentinels`` is empty for bare replication."""

    name: str
    nodes: tuple[NodeAccount, ...]
    sentinels: tuple[SentinelAccount, ...]

    @cached_property  # one object per node, so that members can be compared by identity
    def members(self) -> tuple[Member, ...]:
        """The nodes that answered, in inventory order."""
        return tuple(Member(account, account.facts, self.announced(account)) for account in self.nodes if account.facts)

    @property
    def primaries(self) -> tuple[Member, ...]:
        return tuple(member for member in self.members if member.facts.is_primary)

    @property
    def primary(self) -> Member | None:
        """The primary, when exactly one answering node has that role."""
        return self.primaries[0] if len(self.primaries) == 1 else None

    @property
    def replicas(self) -> tuple[Member, ...]:
        return tuple(member for member in self.members if not member.facts.is_primary)

    @property
    def watching(self) -> tuple[tuple[SentinelAccount, SentinelFacts, PrimaryEntry], ...]:
        """The Sentinels that answered and watch this group, each with its facts and its entry of the primary."""
        return tuple(
            (account, account.facts, account.facts.primary)
            for account in self.sentinels
            if account.facts is not None and account.facts.primary is not None
        )

    @property
    def named_primary(self) -> Address | None:
        """The address that all watching Sentinels name as primary; None when they disagree or none watches."""
        named = {entry.address for _account, _facts, entry in self.watching}
        return named.pop() if len(named) == 1 else None

    def member(self, name: str) -> Member | None:
        """The answering node with this inventory name."""
        return next((member for member in self.members if member.name == name), None)

    def announced(self, account: NodeAccount) -> Address | None:
        """The address by which engine commands must name a node: what Sentinels announce, else what it declares."""
        if account.facts is None:
            return account.declared
        seen = [entry.address for entry in self.entries() if entry.run_id == account.facts.run_id]
        if seen:
            return seen[0]
        # Without Sentinels the addresses that the user gives are those by which the nodes know one another.
        return account.facts.announced or account.declared or (None if self.sentinels else account.address)

    def addresses(self, member: Member) -> frozenset[Address]:
        """Every address by which a replica might name this member as its primary."""
        seen = {entry.address for entry in self.entries() if entry.run_id == member.facts.run_id}
        known = {member.announced, member.facts.announced, member.account.declared, member.account.address}
        return frozenset(seen | {address for address in known if address is not None})

    def entries(self) -> Iterator[DataEntry]:
        """Every entry of a data node in every watching Sentinel."""
        for _account, facts, primary in self.watching:
            yield primary
            yield from facts.replicas


def attached_replicas(view: GroupView, primary: Member) -> tuple[Member, ...]:
    """The replicas that copy this primary itself, and not another replica or a stranger."""
    addresses = view.addresses(primary)
    return tuple(m for m in view.replicas if m.facts.upstream is not None and m.facts.upstream.primary in addresses)


def foreign_primaries(view: GroupView) -> tuple[Member, ...]:
    """The primaries that do not belong here: exactly one is known to the Sentinels that watch, and these to none of them.

    None as long as a Sentinel keeps an entry that no other node explains: a primary of the group that was just started
    behind NAT looks like that. Two primaries are then what they seem to be.
    """
    known = [member for member in view.primaries if _is_known(view, member)]
    if not view.watching or len(known) != 1:
        return ()
    foreign = tuple(member for member in view.primaries if member is not known[0])
    others = [member for member in view.members if member not in foreign]
    run_ids = {member.facts.run_id for member in others}
    addresses = {address for member in others for address in view.addresses(member)}
    addresses |= {node.declared for node in view.nodes if node.facts is None and node.declared is not None}
    explained = all(entry.run_id in run_ids or entry.address in addresses for entry in view.entries())
    return foreign if explained else ()


def _is_known(view: GroupView, member: Member) -> bool:
    """Whether any Sentinel has an entry for it, by its run id or by an address of it."""
    addresses = view.addresses(member)
    return any(entry.run_id == member.facts.run_id or entry.address in addresses for entry in view.entries())


def copies_a_replica(view: GroupView, member: Member) -> bool:
    """Whether it is chained: it copies another replica of the group, so its primary does not list it to Sentinels."""
    upstream = member.facts.upstream
    return upstream is not None and any(
        upstream.primary in view.addresses(other) for other in view.replicas if other is not member
    )


def entry_of(facts: SentinelFacts, member: Member) -> DataEntry | None:
    """What this Sentinel's table holds about a member, matched by the run id that the member itself reports."""
    entries: tuple[DataEntry, ...] = facts.replicas if facts.primary is None else (facts.primary, *facts.replicas)
    return next((entry for entry in entries if entry.run_id == member.facts.run_id), None)


def lag_bytes(primary: NodeFacts, replica: NodeFacts) -> int:
    """How many bytes of the primary's stream a replica has not applied yet; the accounts are not of one instant."""
    return max(0, primary.offset - (replica.upstream.applied_offset if replica.upstream else 0))

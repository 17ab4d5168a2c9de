# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the accounts of several Sentinels, and of the nodes that they tell of, amount to: groups, members, who leads.

No single account is believed. Who leads is what more than half of the set name, unless the node itself denies it. A node
belongs to a group when it says itself that it copies the group's primary; one that cannot be asked, when more than half of
the Sentinels know it as a live replica. Whatever speaks against another account is a doubt, and what is not believed is left out.
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .address import Address
from .errors import Refused
from .group import DataEntry
from .node import PRIMARY, REPLICA, NodeAccount, NodeFacts
from .sentinel import PrimaryEntry, ReplicaEntry, SentinelFacts
from .survey import CONTRADICTION, SILENCE, Doubt, SentinelReport, SentinelSet, Survey, sentinel_set

UNKNOWN_ROLE = "unknown"

# What a Sentinel announces becomes an argument of other programs (ssh), so it must look like a host.
_HOST_NAME = re.compile(r"\A[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\Z")


@dataclass(frozen=True)
class FoundNode:
    """A member of a group. ``engine`` and ``version`` are empty where it could not be asked."""

    address: Address
    role: str
    engine: str = ""
    version: str = ""


@dataclass(frozen=True)
class FoundGroup:
    """A group by the name that its Sentinels use."""

    name: str
    nodes: tuple[FoundNode, ...]


@dataclass(frozen=True)
class FoundSentinel:
    """A Sentinel of the set."""

    address: Address
    engine: str = ""
    version: str = ""


@dataclass(frozen=True)
class Discovery:
    """All groups of one Sentinel set, its Sentinels, and everything that is doubtful."""

    groups: tuple[FoundGroup, ...]
    sentinels: tuple[FoundSentinel, ...]
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True)
class _Watcher:
    """What one Sentinel says about one group."""

    name: str
    facts: SentinelFacts
    primary: PrimaryEntry

    @property
    def entries(self) -> tuple[DataEntry, ...]:
        return (self.primary, *self.facts.replicas)


@dataclass(frozen=True)
class _Listing:
    """All entries that the Sentinels hold for one node of a group."""

    key: str
    held: tuple[tuple[_Watcher, DataEntry], ...]

    @property
    def address(self) -> Address:
        """As most of them announce it."""
        counted = Counter(entry.address for _watcher, entry in self.held)
        return min(counted, key=lambda address: (-counted[address], address))

    @property
    def down(self) -> bool:
        return 2 * sum(entry.down for _watcher, entry in self.held) > len(self.held)

    @property
    def by(self) -> str:
        return ", ".join(watcher.name for watcher, _entry in self.held)


class _Nodes:
    """The nodes' own accounts. A node's key is the run id that it reports, else the address by which it is known."""

    def __init__(self, accounts: Mapping[Address, NodeAccount] | None) -> None:
        self.asked = accounts is not None
        self._accounts = accounts or {}
        self._facts = {one.facts.run_id: one.facts for one in self._accounts.values() if one.facts is not None}

    def key(self, address: Address) -> str:
        account = self._accounts.get(address)
        return str(address) if account is None or account.facts is None else account.facts.run_id

    def facts(self, key: str) -> NodeFacts | None:
        return self._facts.get(key)

    def error(self, address: Address) -> str:
        account = self._accounts.get(address)
        return account.error if account is not None else "it was not asked"

    def copies(self, key: str, sources: Iterable[str]) -> bool:
        """Whether a node says that it copies one of these: by the address that it follows, or by the stream that it has."""
        facts = self.facts(key)
        if facts is None or facts.upstream is None:
            return False
        if self.key(facts.upstream.primary) in sources:
            return True
        others = [self.facts(source) for source in sources]
        return any(
            other is not None
            and (
                other.announced == facts.upstream.primary
                or (facts.upstream.up and facts.replication_id == other.replication_id)
            )
            for other in others
        )


@dataclass
class _Group:
    """A group while it is being decided."""

    name: str
    primary: str | None = None
    members: dict[str, FoundNode] = field(default_factory=dict)
    proven: set[str] = field(default_factory=set)
    doubts: list[Doubt] = field(default_factory=list)

    def doubt(self, kind: str, evidence: str) -> None:
        self.doubts.append(Doubt(kind, self.name, evidence))


def discover(survey: Survey) -> Discovery:
    """Decide. Raises Refused where two groups have the same nodes: no inventory can say that."""
    counted = sentinel_set(survey.reports)
    nodes = _Nodes(survey.nodes)
    groups = [
        _decide(name, counted, nodes) for name in sorted({name for one in counted.members for name in one.groups})
    ]
    _tell_apart(groups)
    found = [FoundGroup(one.name, tuple(sorted(one.members.values(), key=_by_address))) for one in groups]
    return Discovery(
        tuple(group for group in found if group.nodes),
        tuple(sorted(map(_sentinel, [*counted.members, *counted.silent]), key=lambda one: one.address)),
        (*counted.doubts, *(doubt for group in groups for doubt in group.doubts)),
    )


def _by_address(node: FoundNode) -> Address:
    return node.address


def _sentinel(report: SentinelReport) -> FoundSentinel:
    facts = report.facts
    return FoundSentinel(report.address, *((facts.engine, facts.version) if facts is not None else ()))


def _decide(name: str, counted: SentinelSet, nodes: _Nodes) -> _Group:
    group = _Group(name)
    watchers = [
        _Watcher(one.name, facts, facts.primary)
        for one in counted.members
        if (facts := one.groups.get(name)) is not None and facts.primary is not None
    ]
    others = [one.name for one in counted.members if one.name not in {watcher.name for watcher in watchers}]
    if 2 * len(watchers) <= len(counted.members):
        by = ", ".join(watcher.name for watcher in watchers) or "none any more"
        group.doubt(CONTRADICTION, f"of {len(counted.members)} Sentinels only {by} watch it. It is left out")
        return group
    if others:
        group.doubt(CONTRADICTION, "{} do not watch it, others do".format(", ".join(others)))
    listings = _listings(watchers, nodes)
    group.primary = _leader(group, watchers, listings, counted.size, nodes)
    group.proven = _proven(group.primary, listings, nodes)
    for key, listing in listings.items():
        why = _why_left_out(group, listing, len(watchers), nodes)
        if why is not None:
            group.doubt(why[0], f"{why[1]}. It is left out")
        else:
            group.members[key] = _member(group, listing, nodes)
            _compare(group, listing, watchers, nodes)
    _unknown_to_sentinels(group, listings, nodes)
    return group


def _leader(
    group: _Group, watchers: Sequence[_Watcher], listings: Mapping[str, _Listing], size: int, nodes: _Nodes
) -> str | None:
    """The key of the node that more than half of the set name as the primary, and that does not deny it."""
    named = {(watcher.primary.address, watcher.primary.config_epoch) for watcher in watchers}
    if len(named) > 1:
        said = ", ".join(
            f"{one.name} names {one.primary.address} (epoch {one.primary.config_epoch})" for one in watchers
        )
        group.doubt(CONTRADICTION, f"its Sentinels disagree: {said}")
    votes = Counter(nodes.key(watcher.primary.address) for watcher in watchers)
    key, count = votes.most_common(1)[0]
    chosen = listings[key]
    if 2 * count <= size:
        kind = CONTRADICTION if len(votes) > 1 else SILENCE
        group.doubt(
            kind, f"{count} of {size} Sentinels name {chosen.address}, which is no majority: it has no primary here"
        )
        return None
    facts = nodes.facts(key)
    if facts is None and chosen.down:
        group.doubt(SILENCE, f"{chosen.address}, which its Sentinels name, is down for them: it has no primary here")
        return None
    if facts is None:
        if nodes.asked:
            why = nodes.error(chosen.address)
            group.doubt(
                SILENCE, f"{chosen.address}, which its Sentinels name, could not be asked whether it leads: {why}"
            )
        return key
    if not facts.is_primary:
        copied = facts.upstream.primary if facts.upstream is not None else "nobody"
        group.doubt(
            CONTRADICTION,
            f"its Sentinels name {chosen.address}, which says itself that it is a replica of {copied}: it has no primary here",
        )
        return None
    return key


def _listings(watchers: Sequence[_Watcher], nodes: _Nodes) -> dict[str, _Listing]:
    """What they hold of each node, by its key."""
    found: dict[str, dict[str, tuple[_Watcher, DataEntry]]] = {}
    for watcher in watchers:
        for entry in watcher.entries:
            found.setdefault(nodes.key(entry.address), {}).setdefault(watcher.name, (watcher, entry))
    return {key: _Listing(key, tuple(held.values())) for key, held in found.items()}


def _proven(primary: str | None, keys: Collection[str], nodes: _Nodes) -> set[str]:
    """Of those that answer: the primary, and who copies it by his own account, also by way of another replica."""
    if primary is None:
        return set()
    found = {primary}
    while more := {key for key in keys if key not in found and nodes.copies(key, found)}:
        found |= more
    return {key for key in found if nodes.facts(key) is not None}


def _why_left_out(group: _Group, listing: _Listing, watchers: int, nodes: _Nodes) -> tuple[str, str] | None:
    """The kind and the evidence of the doubt that keeps a node out of the group; None when it is a member."""
    facts, proven = nodes.facts(listing.key), listing.key in group.proven
    if not _is_host(listing.address.host):
        return CONTRADICTION, f"{listing.by} announce {str(listing.address)!r}, which is no host"
    if facts is not None and not proven and group.primary is not None:
        copied = facts.upstream.primary if facts.upstream is not None else None
        itself = (
            "says itself that it is a primary" if copied is None else f"copies {copied}, which is none of its members"
        )
        return CONTRADICTION, f"{listing.address}, which {listing.by} know as a member, {itself}"
    if facts is None and listing.down:
        return SILENCE, f"{listing.address} is down ({listing.by} say so)"
    if not proven and 2 * len(listing.held) <= watchers:
        return CONTRADICTION, f"only {listing.by} know {listing.address}"
    if facts is None and group.primary is not None and not _listed_as_replica(listing, group.primary, nodes):
        return CONTRADICTION, f"{listing.address}, which does not answer, is no replica of its primary by {listing.by}"
    return None


def _member(group: _Group, listing: _Listing, nodes: _Nodes) -> FoundNode:
    facts = nodes.facts(listing.key)
    if facts is not None:
        role = facts.role if listing.key == group.primary or not facts.is_primary else UNKNOWN_ROLE
        return FoundNode(listing.address, role, facts.engine, facts.version)
    if listing.key == group.primary:
        return FoundNode(listing.address, PRIMARY)
    if nodes.asked:
        group.doubt(SILENCE, f"{listing.address} could not be asked: {nodes.error(listing.address)}")
    return FoundNode(listing.address, REPLICA if group.primary is not None else UNKNOWN_ROLE)


def _listed_as_replica(listing: _Listing, primary: str, nodes: _Nodes) -> bool:
    """Whether, for most Sentinels that know it, a silent node is a replica of that primary, or the primary itself."""
    if listing.key == primary:
        return True
    good = sum(
        isinstance(entry, ReplicaEntry)
        and entry.role_reported != "master"
        and entry.primary is not None
        and nodes.key(entry.primary) == primary
        for _watcher, entry in listing.held
    )
    return 2 * good > len(listing.held)


def _compare(group: _Group, listing: _Listing, watchers: Sequence[_Watcher], nodes: _Nodes) -> None:
    """Say which Sentinels see a member otherwise than it is."""
    facts = nodes.facts(listing.key)
    holders = {watcher.name for watcher, _entry in listing.held}
    otherwise = [f"{watcher.name} does not know it" for watcher in watchers if watcher.name not in holders]
    for watcher, entry in listing.held:
        if entry.down:
            otherwise.append(f"{watcher.name} holds it for down")
        if facts is not None and entry.run_id and entry.run_id != facts.run_id:
            otherwise.append(f"{watcher.name} knows another run of it")
        if facts is not None and entry.role_reported and (entry.role_reported == "master") != facts.is_primary:
            otherwise.append(f"{watcher.name} has last seen it in another role")
    if otherwise:
        group.doubt(CONTRADICTION, "{}: {}".format(listing.address, ", ".join(otherwise)))


def _unknown_to_sentinels(group: _Group, listings: Mapping[str, _Listing], nodes: _Nodes) -> None:
    """Name who copies the primary, and is in no Sentinel's table."""
    facts = nodes.facts(group.primary) if group.primary is not None else None
    for replica in facts.replicas if facts is not None else ():
        if nodes.key(replica.address) not in listings:
            group.doubt(
                CONTRADICTION, f"{replica.address} copies its primary, and no Sentinel knows it. It is left out"
            )


def _tell_apart(groups: Sequence[_Group]) -> None:
    """A node is of one group: of the one whose primary it is or copies by its own account. Raises Refused for two such."""
    for key in sorted({key for group in groups for key in group.members}):
        owners = [group for group in groups if key in group.members]
        if len(owners) < 2:
            continue
        address = owners[0].members[key].address
        names = ", ".join(group.name for group in owners)
        proven = [group for group in owners if key in group.proven]
        if len(proven) > 1:
            raise Refused(
                f"{address} is a member of two groups ({names})",
                [
                    "one group with two names is torn apart by the next failover: have the Sentinels forget one of the names"
                ],
            )
        for group in owners:
            if group not in proven:
                del group.members[key]
                group.doubt(
                    CONTRADICTION, f"{address} is listed in several groups ({names}). It is left out of this one"
                )


def _is_host(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return bool(_HOST_NAME.match(host))
    return True

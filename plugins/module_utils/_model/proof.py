# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof that an address belongs to the primary of a group, without which no Sentinel is told to watch it.

Sentinels take an address on trust, and what they are told they enforce: with the address of another group, they make the one
group copy the other within seconds. So the nodes are asked themselves, and everything that speaks against the address counts.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from .address import Address
from .errors import Refused
from .group import GroupView, Member
from .sentinel import PrimaryEntry


@dataclass(frozen=True)
class Proven:
    """The primary of a group, and the address by which its Sentinels and replicas know it."""

    primary: Member
    address: Address


def proven_primary(
    view: GroupView, what: str, vouched: str | None = None, excused: frozenset[str] = frozenset()
) -> Proven:
    """The one primary of the group. Raises Refused, as ``what`` that is not done, with everything that speaks against it.

    ``vouched``: the user says that this node leads, whatever silent nodes may be. ``excused``: replicas of which it is known why
    they copy another node.
    """
    reasons = list(why_unproven(view, vouched, excused))
    primary = view.primary
    address = address_of(view, primary) if primary is not None else None
    if primary is not None and address is None:
        reasons.append(
            f"by which address the others know {primary.name} is not clear ({primary.account.address}): declare it by announce"
        )
    if reasons or primary is None or address is None:
        raise Refused(what, reasons)
    return Proven(primary, address)


def why_unproven(view: GroupView, vouched: str | None = None, excused: frozenset[str] = frozenset()) -> Iterator[str]:
    """What speaks against every node as the primary of this group, by the nodes and by what is watched under other names."""
    yield from why_no_primary(view)
    for account in view.nodes:
        if account.denied:
            yield f"{account.name} cannot be asked: {account.error}"
    yield from other_names(view)
    primary = view.primary
    if primary is None:
        return
    if primary.name != vouched:
        yield from _silent_nodes(view, primary)
    yield from replicas_of_others(view, primary, excused)
    surplus = len(primary.facts.replicas) - sum(1 for one in view.replicas if is_its_replica(view, one, primary))
    surplus -= sum(1 for account in view.nodes if account.facts is None)
    if surplus > 0:
        yield (
            f"{surplus} more replicas copy {primary.name} than are named here: name all nodes of the group, and none of another"
        )


def why_no_primary(view: GroupView) -> Iterator[str]:
    """Why nobody is the one primary."""
    if len(view.primaries) > 1:
        yield "more than one node is a primary: {}".format(", ".join(member.name for member in view.primaries))
    elif not view.primaries:
        silent = [account for account in view.nodes if account.facts is None]
        yield "no answering node is a primary" + "".join(f"; {account.name}: {account.error}" for account in silent)


def other_names(view: GroupView) -> Iterator[str]:
    """Nodes that a Sentinel of the set watches as the primary of another group: the one has two names, or two are mixed."""
    for account in view.sentinels:
        for name, address in sorted((account.facts.primaries if account.facts is not None else {}).items()):
            for node in view.nodes:
                member = view.member(node.name)
                known = view.addresses(member) if member is not None else {node.address, node.declared}
                if name != view.name and address in known:
                    yield (
                        f"{account.name} watches {node.name} under the name {name}: one group with two names is torn apart by "
                        "the next failover, and a node belongs to one group"
                    )


def is_sure(view: GroupView, entry: PrimaryEntry, primary: Member) -> bool:
    """Whether what a Sentinel says of the primary is of the present: it has the newest epoch that anybody has, and has met
    this very process lately. One of yesterday, or one that was lied to, has not.
    """
    newest = max(other.config_epoch for _account, _facts, other in view.watching)
    return (
        entry.address in view.addresses(primary)
        and entry.run_id == primary.facts.run_id
        and entry.config_epoch == newest
        and entry.role_reported in ("", "master")
        and not entry.down
    )


def _silent_nodes(view: GroupView, primary: Member) -> Iterator[str]:
    """A silent node may lead, behind a partition. Only a majority of the Sentinels, all of the present, can tell that it does not."""
    silent = [account for account in view.nodes if account.facts is None and not account.denied]
    sure = sum(1 for _account, _facts, entry in view.watching if is_sure(view, entry, primary))
    if sure * 2 > len(view.sentinels):
        return
    for account in silent:
        told = "no Sentinel tells" if not view.watching else f"only {sure} of {len(view.sentinels)} Sentinels can tell"
        yield f"{account.name} does not answer, and {told} whether it leads: {account.error}"


def replicas_of_others(view: GroupView, primary: Member, excused: frozenset[str] = frozenset()) -> Iterator[str]:
    """Replicas that are not, or not surely, the primary's."""
    for replica in [one for one in view.replicas if one.name not in excused]:
        upstream = replica.facts.upstream
        if not is_its_replica(view, replica, primary):
            copied = upstream.primary if upstream is not None else "nobody"
            yield f"{replica.name} copies {copied}, which is not known to be {primary.name}"
        elif upstream is not None and not upstream.up and not upstream.syncing and _is_of_another(replica, primary):
            yield (
                f"{replica.name} has {replica.facts.keys} keys of another history than {primary.name}, and no connection to it: "
                "is it a node of this group, and is the primary still the same? Wait until it is connected, or look at it"
            )


def is_its_replica(view: GroupView, replica: Member, primary: Member) -> bool:
    """Whether it copies the primary by an address that we know, or has its stream now, under whatever address it found it."""
    upstream = replica.facts.upstream
    if upstream is None:
        return False
    copies = upstream.up and replica.facts.replication_id == primary.facts.replication_id
    return copies or upstream.primary in view.addresses(primary)


def _is_of_another(replica: Member, primary: Member) -> bool:
    """Whether its data come from elsewhere. An empty node says nothing; the second id is the history before the last failover."""
    return replica.facts.keys > 0 and not share_history(replica, primary)


def share_history(one: Member, other: Member) -> bool:
    """Whether two nodes have written or copied the same stream some time: their own ids or the ones before."""
    mine, theirs = _histories(one), _histories(other)
    return bool(mine & theirs)


def _histories(member: Member) -> set[str]:
    ids = {member.facts.replication_id, member.facts.second_replication_id}
    return {one for one in ids if one.strip("0")}


def address_of(view: GroupView, primary: Member) -> Address | None:
    """By which address Sentinels and replicas know a primary; None where that is not clear."""
    announced = primary.announced or primary.facts.announced or primary.account.declared
    if announced is not None:
        return announced
    copied = {
        replica.facts.upstream.primary
        for replica in view.replicas
        if replica.facts.upstream is not None and is_its_replica(view, replica, primary)
    }
    if len(copied) == 1:
        return copied.pop()
    address = primary.account.address
    everybody = [*(node.address for node in view.nodes), *(sentinel.address for sentinel in view.sentinels)]
    # The Sentinel runs elsewhere, where a loopback address would be somebody else.
    usable = _is_ip(address.host) and (not _is_loopback(address) or all(map(_is_loopback, everybody)))
    return address if usable else None


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _is_loopback(address: Address) -> bool:
    return _is_ip(address.host) and ipaddress.ip_address(address.host.partition("%")[0]).is_loopback

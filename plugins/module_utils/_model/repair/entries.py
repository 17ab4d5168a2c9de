# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries in the Sentinels' tables that belong to no node and no Sentinel of the group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..group import GroupView, Member, entry_of
from ..sentinel import Entry, PeerEntry, SentinelAccount


@dataclass(frozen=True)
class Stranger:
    """An entry that no member of the group explains."""

    account: SentinelAccount
    entry: Entry

    @property
    def is_peer(self) -> bool:
        return isinstance(self.entry, PeerEntry)

    def is_attached_to(self, primary: Member) -> bool:
        """Whether the primary itself lists it: then every Sentinel finds it again, for that is where they look.

        What the entry says of its role and of whom it copies may be of the node that had the address before.
        """
        return not self.is_peer and self.entry.address in {replica.address for replica in primary.facts.replicas}

    def __str__(self) -> str:
        kind = "the Sentinel" if self.is_peer else "the replica"
        state = "which does not answer it" if self.entry.down else "which is alive"
        return f"{self.account.name} knows {kind} {self.entry.address}, {state}"


def strangers(view: GroupView) -> Iterator[Stranger]:
    """Of every Sentinel that watches the group. Silent nodes without a declared address and silent Sentinels hide what they are,
    so with any of them no entry counts that might be theirs."""
    run_ids = {member.facts.run_id for member in view.members}
    addresses = {address for member in view.members for address in view.addresses(member)}
    addresses |= {node.declared for node in view.nodes if node.declared is not None} | {
        node.address for node in view.nodes
    }
    hidden_nodes = any(node.facts is None and node.declared is None for node in view.nodes)
    my_ids = {account.facts.my_id for account in view.sentinels if account.facts is not None}
    sentinel_addresses = {account.address for account in view.sentinels}
    hidden_sentinels = any(account.facts is None for account in view.sentinels)
    for account, facts, _primary in view.watching:
        for replica in facts.replicas:
            if replica.run_id not in run_ids and replica.address not in addresses and not hidden_nodes:
                yield Stranger(account, replica)
        for peer in facts.peers:
            if peer.run_id not in my_ids and peer.address not in sentinel_addresses and not hidden_sentinels:
                yield Stranger(account, peer)


def missing_members(account: SentinelAccount, replicas: tuple[Member, ...]) -> list[str]:
    """The replicas that a Sentinel has not met yet."""
    facts = account.facts
    return [member.name for member in replicas if facts is None or entry_of(facts, member) is None]

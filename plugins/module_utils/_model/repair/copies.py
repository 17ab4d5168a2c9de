# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What there is to choose between: the data of every primary, as far as servers tell without being read key by key."""

from __future__ import annotations

from dataclasses import dataclass

from ..group import GroupView, Member, attached_replicas
from ..proof import share_history


@dataclass(frozen=True)
class DataCopy:
    """One primary's data. Bytes, Unix times by the node's own clock; ``own_bytes`` is what it wrote to its stream since it was promoted,
    None where that is not told (it was no replica before, as far as it knows).
    """

    name: str
    address: str
    number_of_keys: int
    used_memory: int
    offset: int
    own_bytes: int | None
    replication_id: str
    shares_history: bool
    replicas: tuple[str, ...]
    named_by: tuple[str, ...]
    connected_clients: int
    changes_since_save: int
    last_save_at: int
    clock: int

    def __str__(self) -> str:
        own = "" if self.own_bytes is None else f", {self.own_bytes} bytes since its promotion"
        return (
            f"{self.name}: {self.number_of_keys} keys, {self.used_memory} bytes in memory, offset {self.offset}{own}, {self.changes_since_save} changes "
            f"in the {self.clock - self.last_save_at} s since its last save, {self.connected_clients} clients, replicas: {', '.join(self.replicas) or 'none'}, "
            f"named by: {', '.join(self.named_by) or 'no Sentinel'}"
        )


def data_copies(view: GroupView) -> tuple[DataCopy, ...]:
    """One for each primary."""
    return tuple(_copy(view, member) for member in view.primaries)


def _copy(view: GroupView, member: Member) -> DataCopy:
    facts, addresses = member.facts, view.addresses(member)
    promoted = bool(facts.second_replication_id.strip("0")) and facts.second_offset > 0
    return DataCopy(
        name=member.name,
        address=str(member.account.address),
        number_of_keys=facts.keys,
        used_memory=facts.memory.used,
        offset=facts.offset,
        own_bytes=max(0, facts.offset - facts.second_offset + 1) if promoted else None,
        replication_id=facts.replication_id,
        shares_history=any(share_history(member, other) for other in view.primaries if other is not member),
        replicas=tuple(replica.name for replica in attached_replicas(view, member)),
        named_by=tuple(account.name for account, _facts, entry in view.watching if entry.address in addresses),
        connected_clients=facts.connected_clients,
        changes_since_save=facts.persistence.changes_since_save,
        last_save_at=facts.persistence.last_save_at,
        clock=facts.clock,
    )

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users felt, from the journals of their connections."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab.traffic.checker import LostWrite, find_lost_writes
from lab.traffic.journal import Outcome, read_journal
from lab.traffic.worker import PUBLISHED_FILE, RECEIVED_FILE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from lab.traffic.load import Client
    from lab.traffic.served import Served

LATE = 0.9
"""Seconds after which a user calls a write late (incidents.md, A)."""
NANOSECONDS = 1_000_000_000


@dataclass(frozen=True)
class Connection:
    """A client, and where its journal is."""

    name: str
    client: Client
    prefix: str
    journal: Path


@dataclass
class Effect:
    """What the users of one group felt."""

    group: str
    seconds: float
    acknowledged: int = 0
    refused: int = 0
    """Error replies."""
    unknown: int = 0
    """The connection broke before the reply."""
    late: int = 0
    """Acknowledged later than `LATE` seconds after the user wanted it, any search for the primary included."""
    longest_pause: float = 0.0
    """Seconds without an acknowledged write, the longest over the connections that follow the primary."""
    longest_pause_by_kind: dict[str, float] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)
    megabytes_per_second: float = 0.0
    """10^6 bytes of values, ballast included."""
    data_set_mb: float = 0.0
    """`used_memory_dataset` of the primary at the end, in 10^6 bytes."""
    messages_published: int = 0
    messages_missed: int = 0
    messages_late: int = 0

    @property
    def failed(self) -> int:
        """Writes that users were told have failed, or that they gave up."""
        return self.refused + self.unknown

    @property
    def writes_per_second(self) -> float:
        """Acknowledged."""
        return self.acknowledged / self.seconds


@dataclass(frozen=True)
class GroupTraffic:
    """The connections of one group, and what was felt on them."""

    connections: tuple[Connection, ...]
    effect: Effect


@dataclass(frozen=True)
class TrafficReport:
    """What `Traffic.stop` returns."""

    groups: Mapping[str, GroupTraffic]
    value_size: int

    @property
    def effects(self) -> list[Effect]:
        """Group by group."""
        return [group.effect for group in self.groups.values()]

    def check(self, served: Served, without: Collection[str] = ()) -> list[LostWrite]:
        """Look up every acknowledged write on the primary and on every replica, except on nodes named in *without*."""
        lost = []
        for group, traffic in self.groups.items():
            nodes = [node for node in served.nodes_of(group) if node.name not in without]
            journals = {connection.prefix: connection.journal for connection in traffic.connections}
            lost += find_lost_writes(group, nodes, journals, self.value_size)
        return lost

    def lines(self) -> list[str]:
        """A table for people."""
        head = (
            f"{'group':12} {'acknowledged':>12} {'failed':>7} {'late':>5} {'longest pause':>14} {'writes/s':>9}"
            f" {'MB/s':>6} {'data set':>9} {'messages':>9} {'missed':>7}"
        )
        return [head] + [
            f"{one.group:12} {one.acknowledged:12} {one.failed:7} {one.late:5} {one.longest_pause:12.2f} s"
            f" {one.writes_per_second:9.0f} {one.megabytes_per_second:6.2f} {one.data_set_mb:6.0f} MB"
            f" {one.messages_published:9} {one.messages_missed:7}"
            for one in self.effects
        ]


def add_writes(effect: Effect, connection: Connection, started_at: int, stopped_at: int, value_size: int) -> None:
    """Count one connection into the effect of its group. Times in monotonic nanoseconds."""
    last, longest, count = started_at, 0, 0
    for record in read_journal(connection.journal):
        if record.outcome is Outcome.ACKNOWLEDGED:
            count += 1
            effect.late += record.done_at - record.wanted_at > LATE * NANOSECONDS
            longest = max(longest, record.done_at - last)
            last = record.done_at
        elif record.outcome is Outcome.REFUSED:
            effect.refused += 1
        else:
            effect.unknown += 1
    effect.acknowledged += count
    effect.megabytes_per_second += count * value_size / 1e6 / effect.seconds
    if connection.client.follows:
        pause = max(longest, stopped_at - last) / NANOSECONDS
        kind = connection.client.kind
        effect.longest_pause = max(effect.longest_pause, pause)
        effect.longest_pause_by_kind[kind] = max(effect.longest_pause_by_kind.get(kind, 0.0), pause)


def add_messages(effect: Effect, directory: Path) -> None:
    """Count what was published and what arrived."""
    published = {
        record.number: record.wanted_at
        for record in read_journal(directory / PUBLISHED_FILE)
        if record.outcome is Outcome.ACKNOWLEDGED
    }
    received = {record.number: record.done_at for record in read_journal(directory / RECEIVED_FILE)}
    effect.messages_published = len(published)
    effect.messages_missed = len(published.keys() - received.keys())
    effect.messages_late = sum(
        received[number] - wanted_at > LATE * NANOSECONDS
        for number, wanted_at in published.items()
        if number in received
    )

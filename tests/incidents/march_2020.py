# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The day of 18 March 2020: two shards that hold known data, with writers on both, and a Sentinel repaired by hand.

What was destroyed is counted on the nodes: known keys that no node of their shard has any more, acknowledged writes that
none has, and keys on a node of one shard that were written for the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import redis
from benchmarks.tables import markdown
from lab.asked import AskedNode
from lab.lab import Lab
from lab.node import DataNode
from lab.route import Route
from lab.sentinel import SentinelNode
from lab.traffic.journal import Outcome, key_of, read_journal
from lab.traffic.load import Load
from lab.traffic.report import TrafficReport
from lab.traffic.traffic import Traffic
from lab.waiting import wait_until

KNOWN_KEYS = 5000
"""Per shard, written before anything happens."""
LOAD = Load(writes_per_second=200, messages_per_second=10)
DAMAGE_TIMEOUT = 120.0
"""Seconds until the Sentinels have done what they do in ten: they wait for several rounds before they act."""
BATCH = 1000


@dataclass(frozen=True)
class Shard:
    """A group whose keys say where they belong."""

    label: str
    lab: Lab
    group: str

    @property
    def nodes(self) -> list[DataNode]:
        """All of them."""
        return self.lab.nodes_of(self.group)

    @property
    def known_keys(self) -> list[str]:
        """Their names."""
        return [f"known:{self.label}:{number}" for number in range(KNOWN_KEYS)]


@dataclass(frozen=True)
class Damage:
    """What a procedure did to two shards."""

    procedure: str
    known: int
    known_lost: int
    acknowledged: int
    acknowledged_lost: int
    misplaced: int
    """Keys on nodes of a shard that were written for the other."""
    seconds: float | None
    """From the last thing that was typed until the data were gone; None where they are not."""


class Writers:
    """Users of both shards."""

    def __init__(self, shards: Sequence[Shard]) -> None:
        self.shards = shards
        self._traffic = {shard.label: [Traffic.start(shard.lab, LOAD, [shard.group])] for shard in shards}
        self.reports: list[TrafficReport] = []

    def start_edge(self, shard: Shard, sentinel: SentinelNode) -> None:
        """More users of a shard: the part of the edge that asks this Sentinel, and no other."""
        edge = Traffic.start(_OneSentinel(shard.lab, sentinel), LOAD, [shard.group])
        self._traffic[shard.label].append(edge)
        edge.wait_for_writes(shard.group, 10)

    def wait_for_writes(self, shard: Shard) -> None:
        """Wait until those who follow the primary of a shard have written more."""
        for traffic in self._traffic[shard.label]:
            traffic.wait_for_writes(shard.group, 10)

    def stop(self) -> None:
        """After the request in hand."""
        self.reports += [traffic.stop() for several in self._traffic.values() for traffic in several]

    def acknowledged(self, shard: Shard) -> list[str]:
        """The keys that users of a shard were told are written."""
        return [
            key_of(connection.prefix, record.number)
            for traffic in self._traffic[shard.label]
            for connection in traffic.connections(shard.group)
            for record in read_journal(connection.journal)
            if record.outcome is Outcome.ACKNOWLEDGED
        ]


class _OneSentinel:
    """The lab as those see it who were told of one Sentinel."""

    def __init__(self, lab: Lab, sentinel: SentinelNode) -> None:
        self._lab = lab
        self._sentinel = sentinel
        self.directory: Path = lab.directory
        self.groups = lab.groups
        self.nodes_of = lab.nodes_of
        self.primaries_of = lab.primaries_of

    def route(self, group: str) -> Route:
        """By way of that Sentinel."""
        whole = self._lab.route(group)
        return replace(whole, sentinels={self._sentinel.name: whole.sentinels[self._sentinel.name]})


@contextmanager
def written_to(*shards: Shard) -> Iterator[Writers]:
    """Fill the shards with known data, have users write to both, and end them."""
    for shard in shards:
        fill(shard.lab.primary_of(shard.group), shard.known_keys)
    writers = Writers(shards)
    try:
        yield writers
    finally:
        writers.stop()


def fill(node: AskedNode, keys: Sequence[str]) -> None:
    """Write known data."""
    with node.client() as client:
        for begin in range(0, len(keys), BATCH):
            client.mset({key: key for key in keys[begin : begin + BATCH]})


def point(sentinel: SentinelNode, group: str, node: AskedNode) -> None:
    """What was typed on that day: forget the group, and watch it at this address."""
    host, port = node.announced
    with sentinel.client() as client:
        client.execute_command("SENTINEL", "REMOVE", group)
        client.execute_command("SENTINEL", "MONITOR", group, host, port, 2)


def wait_destroyed(nodes: Sequence[AskedNode], keys: Sequence[str]) -> float:
    """Wait until no node has any of the keys; the seconds that it took."""
    begun = time.monotonic()

    def reason() -> str | None:
        left = len(keys) - len(missing(nodes, keys))
        return f"{left} of {len(keys)} keys are left" if left else None

    wait_until(reason, DAMAGE_TIMEOUT, "the end of the data", interval=0.2)
    return time.monotonic() - begun


def missing(nodes: Sequence[AskedNode], keys: Sequence[str]) -> list[str]:
    """The keys that none of the nodes has. A node that changes its role sends its clients away, and loads: it is asked again."""
    left = set(keys)

    def ask(node: AskedNode) -> str | None:
        try:
            left.difference_update(_held(node, keys))
        except redis.RedisError as error:
            return str(error)
        return None

    for node in nodes:
        wait_until(partial(ask, node), DAMAGE_TIMEOUT, f"{node.name} answers", interval=0.2)
    return sorted(left)


def _held(node: AskedNode, keys: Sequence[str]) -> set[str]:
    found: set[str] = set()
    with node.client(timeout=30.0) as client:
        for begin in range(0, len(keys), BATCH):
            batch = keys[begin : begin + BATCH]
            found |= {key for key, value in zip(batch, client.mget(batch), strict=True) if value is not None}
    return found


def misplaced(writers: Writers, written_for: Shard, found_on: Shard) -> int:
    """How many keys of the users of one shard are on nodes of the other."""
    keys = writers.acknowledged(written_for)
    return len(keys) - len(missing(found_on.nodes, keys))


def damage(procedure: str, writers: Writers, wrong_shard: int, seconds: float | None) -> Damage:
    """Count, after the users have ended."""
    known_lost = acknowledged = acknowledged_lost = 0
    for shard in writers.shards:
        written = writers.acknowledged(shard)
        acknowledged += len(written)
        known_lost += len(missing(shard.nodes, shard.known_keys))
        acknowledged_lost += len(missing(shard.nodes, written))
    known = KNOWN_KEYS * len(writers.shards)
    return Damage(procedure, known, known_lost, acknowledged, acknowledged_lost, wrong_shard, seconds)


def why_not_down(sentinel: SentinelNode, group: str, node: AskedNode) -> str | None:
    """What stands against a node being down for a Sentinel."""
    flags = [one["flags"] for one in sentinel.replica_states(group) if (one["ip"], int(one["port"])) == node.announced]
    return None if flags and all("s_down" in flag for flag in flags) else f"{node.name} is {flags}"


def why_not_asked_since(sentinel: SentinelNode, group: str, begun: float) -> str | None:
    """None when its last answer from the primary is younger than that moment of the monotonic clock."""
    age = int(sentinel.group_state(group)["info-refresh"]) / 1000
    return None if age < time.monotonic() - begun else f"its last answer is {age:.1f} s old"


def start_as_another_group(node: DataNode, keys: Sequence[str]) -> None:
    """Somebody else gets the address of a node that is gone, and has data of his own there: a primary, new and alone."""
    lines = node.state.conf_file.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(("replicaof ", "slaveof "))]
    node.state.conf_file.write_text("\n".join([*kept, ""]), encoding="utf-8")
    for dump in node.directory.glob("*.rdb"):
        dump.unlink()
    node.start()
    fill(node, keys)


def table(found: Sequence[Damage]) -> list[str]:
    """Lines for people, in GitHub's Markdown."""
    head = ["procedure", "known keys", "destroyed", "after", "writes acknowledged", "lost", "keys in the wrong shard"]
    rows = [
        [
            one.procedure,
            str(one.known),
            str(one.known_lost),
            "" if one.seconds is None else f"{one.seconds:.1f} s",
            str(one.acknowledged),
            str(one.acknowledged_lost),
            str(one.misplaced),
        ]
        for one in found
    ]
    return markdown(head, rows)


def routine_failover(sentinel: SentinelNode, group: str) -> None:
    """As it is done by hand, any day."""
    with sentinel.client() as client:
        reply = client.execute_command("SENTINEL", "FAILOVER", group)
    assert reply in (True, "OK"), f"the Sentinel refused the failover: {reply}"


def wait_all(lab: Lab, why_not: Callable[[SentinelNode], str | None], what: str) -> None:
    """Wait until nothing stands against it on any Sentinel."""

    def reason() -> str | None:
        return next((f"{one.name}: {why}" for one in lab.sentinels if (why := why_not(one)) is not None), None)

    wait_until(reason, DAMAGE_TIMEOUT, what, interval=0.1)

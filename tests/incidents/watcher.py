# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who accepts writes, seen from outside: every 50 ms every node of a group is asked to take one.

A role says too little: during a hand-over the old primary still calls itself so while its fence holds every write back.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType

import redis
from lab.asked import AskedNode

PERIOD = 0.05
"""Seconds between two questions to one node."""
PATIENCE = 0.25
"""Seconds for an answer; a node that takes longer does not accept writes at that time."""

Span = tuple[float, float]
"""From, to: seconds of the monotonic clock."""


@dataclass(frozen=True)
class Probe:
    """One write that was asked of one node."""

    sent_at: float
    done_at: float
    accepted: bool


@dataclass(frozen=True)
class Sightings:
    """All probes, by node."""

    probes: Mapping[str, Sequence[Probe]]

    @property
    def two_primaries(self) -> float:
        """Seconds in which certainly two nodes accepted writes: a lower bound, never a false alarm."""
        edges = sorted(
            edge for probes in self.probes.values() for start, end in spans(probes) for edge in ((start, 1), (end, -1))
        )
        seconds, accepting, last = 0.0, 0, 0.0
        for at, step in edges:
            if accepting >= 2:
                seconds += at - last
            accepting, last = accepting + step, at
        return seconds

    @property
    def no_primary(self) -> float:
        """Seconds between two accepted probes, wherever that was longer than a slow answer explains."""
        accepted = sorted(probe.done_at for probes in self.probes.values() for probe in probes if probe.accepted)
        gaps = [later - earlier for earlier, later in itertools.pairwise(accepted)]
        return sum(gap for gap in gaps if gap > PERIOD + PATIENCE)


def spans(probes: Sequence[Probe]) -> list[Span]:
    """When the node certainly accepted writes: between the answer to the first and the asking of the last of an unbroken
    row of accepted probes."""
    found: list[Span] = []
    row: list[Probe] = []
    for probe in [*probes, Probe(0, 0, accepted=False)]:
        if probe.accepted:
            row.append(probe)
            continue
        if len(row) > 1 and row[-1].sent_at > row[0].done_at:
            found.append((row[0].done_at, row[-1].sent_at))
        row = []
    return found


class Watcher:
    """As a context manager: watches until its end; then `sightings` has the result."""

    def __init__(self, nodes: Iterable[AskedNode]) -> None:
        self._probes: dict[str, list[Probe]] = {}
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._watch, args=(node,), name=f"watch {node}") for node in nodes]

    def __enter__(self) -> Watcher:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    @property
    def sightings(self) -> Sightings:
        """What was seen so far."""
        return Sightings({name: tuple(probes) for name, probes in self._probes.items()})

    def _watch(self, node: AskedNode) -> None:
        probes = self._probes.setdefault(node.name, [])
        with node.client(timeout=PATIENCE) as client:
            while not self._stop.is_set():
                sent_at = time.monotonic()
                accepted = _accepts(client, node.name)
                done_at = time.monotonic()
                probes.append(Probe(sent_at, done_at, accepted))
                self._stop.wait(max(0.0, sent_at + PERIOD - done_at))


def _accepts(client: redis.Redis, name: str) -> bool:
    """A refusal (READONLY, LOADING), a silence and a dead connection all mean the same to a user; the next probe
    connects anew."""
    try:
        return bool(client.set(f"incident:watcher:{name}", "x"))
    except (redis.RedisError, OSError):
        return False

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which nodes call themselves primary, asked every 20 ms, each by a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from types import TracebackType

import redis
from incidents.watcher import Probe, Sightings
from lab.node import DataNode

PERIOD = 0.02
"""Seconds between two questions to one node."""
PATIENCE = 0.25
"""Seconds for an answer."""


class RoleWatcher:
    """As a context manager: watches until its end; then `two_primaries` has the result."""

    def __init__(self, nodes: Iterable[DataNode]) -> None:
        self._probes: dict[str, list[Probe]] = {}
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._watch, args=(node,), name=f"watch {node}") for node in nodes]

    def __enter__(self) -> RoleWatcher:
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
    def two_primaries(self) -> float:
        """Seconds in which certainly two nodes called themselves primary; what is shorter than two questions is not
        seen."""
        return Sightings({name: tuple(probes) for name, probes in self._probes.items()}).two_primaries

    def _watch(self, node: DataNode) -> None:
        probes = self._probes.setdefault(node.name, [])
        with node.client(timeout=PATIENCE) as client:
            while not self._stop.is_set():
                sent_at = time.monotonic()
                says_primary = _says_primary(client)
                done_at = time.monotonic()
                probes.append(Probe(sent_at, done_at, says_primary))
                self._stop.wait(max(0.0, sent_at + PERIOD - done_at))


def _says_primary(client: redis.Redis) -> bool:
    """A silent or dead node leads nobody; the next question connects anew."""
    try:
        return bool(client.execute_command("ROLE")[0] == "master")
    except (redis.RedisError, OSError):
        return False

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting and stopping the users of one round, and what they felt."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.lab import Lab
from lab.process import Process
from lab.traffic.checker import find_lost_writes
from lab.traffic.journal import SUFFIX, Outcome, Record, read_journal
from lab.waiting import wait_until
from lab.warden import TESTS_DIRECTORY

from benchmarks.failover.levels import Level
from benchmarks.failover.measured import NANOSECONDS, longest_pause
from benchmarks.failover.users import DOORS_FILE, LEVEL_FILE, SUMMARY_FILE, connection_names, prefix_of

START_TIMEOUT = 120.0
"""Seconds until every client has written; filling the data set comes before."""
ENOUGH = 50
"""Acknowledgements of each connection that count as going on: half a second."""


@dataclass(frozen=True)
class Felt:
    """What the users of one round felt."""

    acknowledged: int
    pauses: Mapping[str, float]
    megabytes_per_second: float


class Users:
    """The users of one group, each behaviour with as many connections as the level says."""

    def __init__(self, lab: Lab, group: str, level: Level, doors: Mapping[str, str], directory: Path) -> None:
        self._lab = lab
        self._group = group
        self._level = level
        self._directory = directory
        self._names = connection_names(level, dict(doors))
        self._steady_at = 0
        command = ("-P", "-m", "benchmarks.failover.users", str(lab.directory), group, str(directory))
        self._process = Process(f"users of {group}", directory, (sys.executable, *command))
        directory.mkdir(parents=True)
        level.save(directory / LEVEL_FILE)
        (directory / DOORS_FILE).write_text(json.dumps(doors), encoding="utf-8")

    def start(self) -> None:
        """Start them, and wait until each writes steadily."""
        self._process.spawn({**os.environ, "PYTHONPATH": str(TESTS_DIRECTORY)})
        self._wait_for(dict.fromkeys(self._names, ENOUGH), START_TIMEOUT, "first writes")
        self._steady_at = time.monotonic_ns()

    def wait_until_all_go_on(self, timeout: float) -> None:
        """Wait until each connection has been acknowledged more writes, from now on."""
        wanted = {name: self._acknowledged(name) + ENOUGH for name in self._names}
        self._wait_for(wanted, timeout, "writes of every client")

    def stop(self) -> Felt:
        """End them after the request in hand, and count."""
        self._process.stop()
        summary_file = self._directory / SUMMARY_FILE
        if not summary_file.exists():
            raise self._process.failure("ended without a summary")
        summary = json.loads(summary_file.read_text(encoding="utf-8"))
        # What is slow while threads start and the data set is young is no pause of the sequence.
        span = self._steady_at, summary["stopped_at"]
        pauses: dict[str, float] = {}
        for name, behaviour in self._names.items():
            pauses[behaviour] = max(pauses.get(behaviour, 0.0), longest_pause(self._records(name), *span))
        seconds = (summary["stopped_at"] - summary["started_at"]) / NANOSECONDS
        acknowledged = sum(self._acknowledged(name) for name in self._names)
        written = acknowledged * self._level.value_size + summary["ballast_bytes"]
        return Felt(acknowledged, pauses, written / 1e6 / seconds)

    def lost(self) -> int:
        """Acknowledged writes that some node of the group does not have."""
        journals = {prefix_of(self._directory, name): self._journal(name) for name in self._names}
        nodes = self._lab.nodes_of(self._group)
        return len({one.key for one in find_lost_writes(self._group, nodes, journals, self._level.value_size)})

    def _wait_for(self, wanted: Mapping[str, int], timeout: float, what: str) -> None:
        def reason() -> str | None:
            if not self._process.is_running():
                raise self._process.failure("ended before it was told to")
            short = (name for name, count in wanted.items() if self._acknowledged(name) < count)
            missing = next(short, None)
            return None if missing is None else f"{missing} ({self._names[missing]}) has too few"

        wait_until(reason, timeout, what, interval=0.1)

    def _journal(self, name: str) -> Path:
        return self._directory / f"{name}{SUFFIX}"

    def _records(self, name: str) -> Iterator[Record]:
        return read_journal(self._journal(name)) if self._journal(name).exists() else iter(())

    def _acknowledged(self, name: str) -> int:
        return sum(record.outcome is Outcome.ACKNOWLEDGED for record in self._records(name))

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Processor time of processes, from /proc/PID/stat (proc(5))."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
SAMPLING_PERIOD = 0.2
"""Seconds. What a server uses between the last look at it and its end is not seen."""


@dataclass(frozen=True)
class ProcessTimes:
    """Seconds, user and system together."""

    started_at: int
    """Clock ticks after boot; with the pid it names one process for ever."""
    own: float
    children: float
    """Of children that have ended and were waited for, and theirs."""


def times_of(pid: int) -> ProcessTimes | None:
    """None when there is no such process. A process that has ended but was not waited for still has its times."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # After the command in parentheses, which may hold anything; utime is field 14, the first one here is field 3.
    fields = [int(word) for word in stat.rpartition(")")[2].split()[1:]]
    user, system, children_user, children_system = fields[10:14]
    return ProcessTimes(
        fields[18], (user + system) / TICKS_PER_SECOND, (children_user + children_system) / TICKS_PER_SECOND
    )


class Sampler:
    """Processor time of servers that come and go while it is entered as a context manager."""

    def __init__(self, pids: Callable[[], Iterable[int]]) -> None:
        self._pids = pids
        self._first: dict[tuple[int, int], float] = {}
        self._last: dict[tuple[int, int], float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler")

    def __enter__(self) -> Sampler:
        self._look(at_the_start=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._look()

    @property
    def cpu_seconds(self) -> float:
        """Of all of them together."""
        return sum(last - self._first[process] for process, last in self._last.items())

    def _run(self) -> None:
        while not self._stop.wait(SAMPLING_PERIOD):
            self._look()

    def _look(self, at_the_start: bool = False) -> None:
        for pid in self._pids():
            times = times_of(pid)
            if times is not None:
                process = (pid, times.started_at)
                # Whoever appears later began with nothing.
                self._first.setdefault(process, times.own if at_the_start else 0.0)
                self._last[process] = times.own

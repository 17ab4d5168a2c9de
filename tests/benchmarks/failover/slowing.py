# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A replica that runs in jerks, as on a machine without enough processors."""

from __future__ import annotations

import threading
from types import TracebackType

from lab.process import Process

STOPPED = 0.06
RUNS = 0.04
"""Seconds of each hundred milliseconds. At 20 MB/s it falls 1.2 MB behind in each."""


class Slowed:
    """While entered, the process is stopped and continued in turn."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"slow {process.name}")

    def __enter__(self) -> Slowed:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(RUNS):
            self._process.freeze()
            try:
                self._stop.wait(STOPPED)
            finally:
                self._process.thaw()

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines whose processor is taken by somebody else for a part of every period, so that replicas on them lag.

What a virtual machine knows as stolen time. Done by SIGSTOP and SIGCONT: the kernel goes on receiving for the server,
the server applies nothing. How far the replicas then lag is measured (`lag.py`), not assumed.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Protocol

from lab.errors import LabError

STOLEN = 0.1
"""Seconds of every period in which the machines' servers do not run: far below any time-out of Redis or Sentinel."""
PERIOD = 0.25
"""Seconds."""


class FreezableProcess(Protocol):
    """Raises LabError when it does not run."""

    def freeze(self) -> None:
        """Stop it."""

    def thaw(self) -> None:
        """Let it go on."""


class Freezable(Protocol):
    """A server, wherever it runs."""

    @property
    def process(self) -> FreezableProcess:
        """Its process at this moment."""


class BusyMachines:
    """As a context manager: the servers of these nodes run only a part of the time, restarts included."""

    def __init__(self, nodes: Iterable[Freezable]) -> None:
        self._nodes = list(nodes)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="busy machines")

    def __enter__(self) -> BusyMachines:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            # All at once: a primary waits for no single replica, so one quick replica would hide the lag.
            frozen = [node for node in self._nodes if _freeze(node)]
            self._stop.wait(STOLEN)
            for node in frozen:
                _thaw(node)
            self._stop.wait(PERIOD - STOLEN)


def _freeze(node: Freezable) -> bool:
    """Whether there was a process to freeze: between the two halves of a restart there is none."""
    try:
        node.process.freeze()
    except LabError:
        return False
    return True


def _thaw(node: Freezable) -> None:
    try:
        node.process.thaw()
    except LabError:
        # It was killed while frozen. A process started since then has never been frozen.
        return

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns at a resource that several groups of one run share: a machine that restarts one node at a time, a Sentinel set.

A turn is a file in a directory that all workers of the run see. It appears by link(2), which fails where the name exists:
no two workers get the same turn, and nobody reads half of a file.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass

SUFFIX = ".turn"
TELL_EVERY = 15.0
"""Seconds after which somebody who watches a silent screen wants to know what is awaited."""


@dataclass(frozen=True)
class Turn:
    """Who has a turn at what. ``since``: seconds on the clock of the run."""

    resource: str
    owner: str
    since: float


class NoTurnError(Exception):
    """All turns were still taken when the time was over. ``holders`` has them all."""

    def __init__(self, holders: list[Turn]) -> None:
        super().__init__("no turn was free in time")
        self.holders = holders


class Turns:
    """The turns of one run. ``clock`` and ``sleep`` in seconds; the clock must be the same in all processes."""

    def __init__(self, directory: str, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._directory = directory
        self._clock = clock
        self._sleep = sleep

    def take(
        self,
        resource: str,
        owner: str,
        limit: int,
        timeout: float,
        interval: float = 0.2,
        tell: Callable[[list[Turn]], None] = lambda _holders: None,
    ) -> float:
        """Wait for one of ``limit`` turns at the resource; returns the seconds waited, 0 for a turn that the owner has.

        ``tell`` is called with who has them, once for every TELL_EVERY seconds of waiting. Raises NoTurnError after ``timeout`` seconds.
        """
        os.makedirs(self._directory, mode=0o700, exist_ok=True)
        started = told = self._clock()
        if any(turn.owner == owner for turn in self.taken(resource)):
            return 0.0
        while True:
            now = self._clock()
            if any(self._put(Turn(resource, owner, now), place) for place in range(limit)):
                return now - started
            if now - started >= timeout:
                raise NoTurnError(self.taken(resource))
            if now - told >= TELL_EVERY:
                tell(self.taken(resource))
                told = now
            self._sleep(interval)

    def give_back(self, owner: str, resource: str | None = None) -> list[str]:
        """Remove the owner's turns, at one resource or at all; returns the resources concerned."""
        mine = [
            (path, turn) for path, turn in self._read_all() if turn.owner == owner and resource in (None, turn.resource)
        ]
        for path, _turn in mine:
            os.unlink(path)
        return sorted(turn.resource for _path, turn in mine)

    def taken(self, resource: str) -> list[Turn]:
        """The turns at a resource that somebody has, oldest first."""
        found = [turn for _path, turn in self._read_all() if turn.resource == resource]
        return sorted(found, key=lambda turn: turn.since)

    def _put(self, turn: Turn, place: int) -> bool:
        digest = hashlib.sha256(turn.resource.encode()).hexdigest()[:16]
        path = os.path.join(self._directory, f"{digest}-{place}{SUFFIX}")
        descriptor, draft = tempfile.mkstemp(dir=self._directory)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
                json.dump(asdict(turn), handle)
            os.link(draft, path)
        except FileExistsError:
            return False
        finally:
            os.unlink(draft)
        return True

    def _read_all(self) -> list[tuple[str, Turn]]:
        found = []
        # No directory: nobody has taken a turn in this run.
        for name in sorted(os.listdir(self._directory)) if os.path.isdir(self._directory) else ():
            path = os.path.join(self._directory, name)
            # A turn that was given back between listing and reading is free.
            with contextlib.suppress(FileNotFoundError):
                if name.endswith(SUFFIX):
                    with open(path, encoding="utf-8") as handle:
                        found.append((path, Turn(**json.load(handle))))
        return found

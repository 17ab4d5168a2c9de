# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stop that is being held, written down: whoever goes on after a kill knows since when, and whether it has ended."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from .speech import say

ENDED = ".ended"


@contextmanager
def alone(path: str, wait: bool) -> Iterator[bool]:
    """Only one at a time is at work: one that lost its supervisor goes on beside the next one, which waits for its end.

    Yields whether this one is alone; without ``wait`` it may not be.
    """
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    with open(path, "w", encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True


@dataclass
class HeldStop:
    """``stop`` tells it from every other one since the machine booted. Two units may hold it, one after the other.

    ``since`` in seconds of the monotonic clock, which all processes of the machine share (man clock_gettime). ``code`` is how
    it ended; None while it has not.
    """

    path: str
    stop: str
    since: float
    code: int | None = None

    @classmethod
    def begun(cls, path: str, stop: str) -> HeldStop:
        """The one that is under way, or a new one. What cannot be read or written only costs what it would have told."""
        under_way = cls._read(path, stop) if stop else None
        if under_way is not None:
            return under_way
        fresh = cls(path, stop, time.monotonic())
        fresh._write()
        return fresh

    @classmethod
    def _read(cls, path: str, stop: str) -> HeldStop | None:
        """None where that stop was not held yet, or it cannot be told: a new one may be held for as long as any."""
        try:
            with open(path, encoding="utf-8") as stream:
                fields = json.load(stream)
            if fields["stop"] != stop:
                return None
            code = fields["code"]
            return cls(path, stop, float(fields["since"]), None if code is None else int(code))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def end(self, code: int) -> None:
        """It has ended so, for whoever holds it next, too."""
        self.code = code
        self._write()

    def leave(self, invocation: str) -> None:
        """The life of the unit with this name (the service manager's) has nothing more to hold. The supervisor reads it from a
        file that holds nothing else."""
        _replace(self.path + ENDED, invocation)

    def _write(self) -> None:
        _replace(self.path, json.dumps({name: value for name, value in asdict(self).items() if name != "path"}))


def _replace(path: str, text: str) -> None:
    try:
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        with open(path + ".new", "w", encoding="utf-8") as stream:
            stream.write(text)
        os.replace(path + ".new", path)
    except OSError as error:
        say(f"{path} cannot be written: {error.strerror}")

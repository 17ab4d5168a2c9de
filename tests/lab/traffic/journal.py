# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of every write, kept outside Redis.

One file per connection, one record per key, appended by one write(2) as soon as the reply is in: what a writer has
counted survives its SIGKILL. Times are CLOCK_MONOTONIC, which all processes of a machine share.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

_RECORD = struct.Struct("<QQQB")
SUFFIX = ".journal"


class Outcome(IntEnum):
    """What the writer was told."""

    ACKNOWLEDGED = 0
    REFUSED = 1
    """An error reply: the server says that it did not write."""
    UNKNOWN = 2
    """The connection broke before the reply: written or not, nobody was promised anything."""


class Record(NamedTuple):
    """One key."""

    number: int
    """The how manieth key of its connection."""
    wanted_at: int
    """Nanoseconds (monotonic): when the user wanted it written, before any search for the primary."""
    done_at: int
    """Nanoseconds (monotonic): when the user was told, or gave up."""
    outcome: Outcome


class Journal:
    """The writing side."""

    def __init__(self, file: Path) -> None:
        self._descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def append(self, records: Iterable[Record]) -> None:
        """Hand the records to the kernel."""
        os.write(self._descriptor, b"".join(_RECORD.pack(*record) for record in records))

    def close(self) -> None:
        """No more records."""
        os.close(self._descriptor)


def read_journal(file: Path) -> Iterator[Record]:
    """All records in the order of writing; one that a dying writer left unfinished was never counted and is dropped."""
    content = file.read_bytes()
    whole = len(content) - len(content) % _RECORD.size
    for number, wanted_at, done_at, outcome in _RECORD.iter_unpack(content[:whole]):
        yield Record(number, wanted_at, done_at, Outcome(outcome))


def key_of(prefix: str, number: int) -> str:
    """Unique for all traffic of a lab: the prefix names the run, the group and the connection."""
    return f"{prefix}:{number}"


def value_of(key: str, size: int) -> bytes:
    """Unique like its key, of that size in bytes (at least the key itself)."""
    unit = f"{key} ".encode()
    return (unit * (size // len(unit) + 1))[: max(size, len(unit))]

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Load that is not looked up: a data set to carry, and large values that are overwritten again and again."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import redis

from lab.traffic.discovery import CONNECTION_ERRORS, Discovery, NoPrimaryError
from lab.traffic.pace import Pace
from lab.traffic.writer import SEARCH_INTERVAL

if TYPE_CHECKING:
    from redis.connection import Connection

FILLER_SIZE = 100_000
BATCH = 16
KEYS = 64


def fill(discovery: Discovery, prefix: str, megabytes: int) -> None:
    """Write a data set of that many megabytes (10^6 bytes)."""
    connection = discovery.connect()
    value = b"f" * FILLER_SIZE
    for start in range(0, megabytes * 1_000_000 // FILLER_SIZE, BATCH):
        commands = [("SET", f"{prefix}:filler:{number}", value) for number in range(start, start + BATCH)]
        connection.send_packed_command(connection.pack_commands(commands))
        for _command in commands:
            connection.read_response()
    connection.disconnect()


class Ballast:
    """One connection that overwrites large values as fast as the primary takes them, or as ``mb_per_second`` allows.

    ``batch``: so many values in one pipeline.
    """

    def __init__(
        self, discovery: Discovery, prefix: str, value_size: int, mb_per_second: float | None, batch: int = BATCH
    ) -> None:
        self._discovery = discovery
        self._prefix = prefix
        self._value = b"b" * value_size
        self._batch = batch
        self._pace = Pace(None if mb_per_second is None else mb_per_second * 1e6)
        self.bytes_written = 0

    def run(self, stop: threading.Event) -> None:
        """Until told to stop; follows the primary."""
        connection: Connection | None = None
        start = 0
        while not stop.is_set():
            try:
                connection = connection or self._discovery.connect()
                commands = [
                    ("SET", f"{self._prefix}:ballast:{number % KEYS}", self._value)
                    for number in range(start, start + self._batch)
                ]
                connection.send_packed_command(connection.pack_commands(commands))
                for _command in commands:
                    connection.read_response()
                    self.bytes_written += len(self._value)
                start += self._batch
                self._pace.wait(self._batch * len(self._value), stop)
            except (*CONNECTION_ERRORS, redis.ResponseError, NoPrimaryError):
                if connection is not None:
                    connection.disconnect()
                connection = None
                stop.wait(SEARCH_INTERVAL)
        if connection is not None:
            connection.disconnect()

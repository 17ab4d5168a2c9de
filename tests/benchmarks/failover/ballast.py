# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Large values at a given rate, for replicas to lag behind: not recorded, and without growth of the data set."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import redis
from lab.traffic.discovery import CONNECTION_ERRORS, Discovery, NoPrimaryError
from lab.traffic.pace import Pace
from lab.traffic.writer import SEARCH_INTERVAL

if TYPE_CHECKING:
    from redis.connection import Connection

VALUE = b"b" * 100_000
KEYS = 64


class PacedBallast:
    """One connection; *megabytes_per_second* are 10^6 bytes."""

    def __init__(self, discovery: Discovery, prefix: str, megabytes_per_second: float) -> None:
        self._discovery = discovery
        self._prefix = prefix
        self._pace = Pace(megabytes_per_second * 1e6 / len(VALUE))
        self.bytes_written = 0

    def run(self, stop: threading.Event) -> None:
        """Until told to stop; follows the primary."""
        connection: Connection | None = None
        number = 0
        while not stop.is_set():
            try:
                connection = connection or self._discovery.connect()
                connection.send_command("SET", f"{self._prefix}:ballast:{number % KEYS}", VALUE)
                connection.read_response()
                self.bytes_written += len(VALUE)
                number += 1
                self._pace.wait(1, stop)
            except (*CONNECTION_ERRORS, redis.ResponseError, NoPrimaryError):
                if connection is not None:
                    connection.disconnect()
                connection = None
                stop.wait(SEARCH_INTERVAL)
        if connection is not None:
            connection.disconnect()

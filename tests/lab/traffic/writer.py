# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One connection that writes, in a thread of its group's process."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import redis

from lab.traffic.discovery import CONNECTION_ERRORS, Discovery, NoPrimaryError
from lab.traffic.journal import Journal, Outcome, Record, key_of, value_of
from lab.traffic.kinds import SHAPES, first_error
from lab.traffic.pace import Pace

if TYPE_CHECKING:
    import threading

    from redis.connection import Connection

    from lab.traffic.load import Client

SEARCH_INTERVAL = 0.01
"""Seconds between two searches for the primary."""
REFUSED_INTERVAL = 0.05
"""Seconds that a client which never reconnects waits after an error reply; a tight loop would only burn CPU."""


class Writer:
    """Writes unique keys until it is told to stop, or until its only connection is gone."""

    def __init__(
        self, client: Client, prefix: str, value_size: int, pace: Pace, discovery: Discovery, journal: Journal
    ) -> None:
        self._client = client
        self._shape = SHAPES[client.kind]
        self._prefix = prefix
        self._value_size = value_size
        self._pace = pace
        self._discovery = discovery
        self._journal = journal
        self._connection: Connection | None = None
        self._next_number = 0
        self.errors: Counter[str] = Counter()
        """Requests that ended so: by error code or class."""

    def run(self, stop: threading.Event) -> None:
        """The life of the connection, once `connect` has been called."""
        while not stop.is_set():
            wanted_at = time.monotonic_ns()
            if self._connection is None and not self.connect(stop):
                break
            refused = self._write_once(wanted_at)
            if self._connection is None and not self._client.follows:
                break
            if refused and not self._client.follows:
                stop.wait(REFUSED_INTERVAL)
            self._pace.wait(self._shape.keys, stop)
        if self._connection is not None:
            self._connection.disconnect()
        self._journal.close()

    def connect(self, stop: threading.Event) -> bool:
        """Search for the primary until it is found, or until told to stop; whether it was found."""
        while not stop.is_set():
            try:
                self._connection = self._discovery.connect()
            except NoPrimaryError:
                stop.wait(SEARCH_INTERVAL)
            else:
                return True
        return False

    def _write_once(self, wanted_at: int) -> bool:
        """One request; whether the server refused something of it."""
        connection = self._connection
        assert connection is not None, "connected before"
        numbers = range(self._next_number, self._next_number + self._shape.keys)
        self._next_number = numbers.stop
        keys = [key_of(self._prefix, number) for number in numbers]
        commands = self._shape.commands([(key, value_of(key, self._value_size)) for key in keys])
        replies: list[Any] = []
        broken = False
        try:
            connection.send_packed_command(connection.pack_commands(commands))
            for _command in commands:
                replies.append(_reply(connection))
        except CONNECTION_ERRORS as error:
            broken = True
            self.errors[type(error).__name__] += 1
        done_at = time.monotonic_ns()
        otherwise = Outcome.UNKNOWN if broken else Outcome.REFUSED
        self._journal.append(
            Record(number, wanted_at, done_at, Outcome.ACKNOWLEDGED if acknowledged else otherwise)
            for number, acknowledged in zip(numbers, self._shape.acknowledged(replies, len(numbers)), strict=True)
        )
        refusal = first_error(replies)
        if refusal is not None:
            self.errors[_label(refusal)] += 1
        if broken or (refusal is not None and self._client.follows):
            connection.disconnect()
            self._connection = None
        return refusal is not None


def _label(refusal: redis.ResponseError) -> str:
    """redis-py makes classes of the error codes it knows, without the code in the text; the others keep it there."""
    known = refusal.__class__ is not redis.ResponseError
    return type(refusal).__name__ if known else str(refusal).split(" ", 1)[0]


def _reply(connection: Connection) -> Any:
    try:
        return connection.read_response()
    except redis.ResponseError as error:
        return error

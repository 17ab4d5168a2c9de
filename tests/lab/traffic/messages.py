# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A publisher and a subscriber: Pub/Sub is at-most-once by nature, so what is missed is counted, not promised."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import redis

from lab.traffic.discovery import CONNECTION_ERRORS, Discovery, NoPrimaryError
from lab.traffic.journal import Journal, Outcome, Record
from lab.traffic.pace import Pace
from lab.traffic.writer import SEARCH_INTERVAL

if TYPE_CHECKING:
    import threading

    from redis.connection import Connection

LISTEN_INTERVAL = 0.1
"""Seconds of silence after which a subscriber looks whether it shall stop."""


def publish(discovery: Discovery, channel: str, pace: Pace, journal: Journal, stop: threading.Event) -> None:
    """Publish 0, 1, 2, ... and record which were accepted."""
    connection: Connection | None = None
    number = 0
    while not stop.is_set():
        wanted_at = time.monotonic_ns()
        outcome = Outcome.UNKNOWN
        try:
            connection = connection or discovery.connect()
            connection.send_command("PUBLISH", channel, str(number))
            connection.read_response()
            outcome = Outcome.ACKNOWLEDGED
        except (*CONNECTION_ERRORS, redis.ResponseError, NoPrimaryError):
            if connection is not None:
                connection.disconnect()
            connection = None
            stop.wait(SEARCH_INTERVAL)
        journal.append([Record(number, wanted_at, time.monotonic_ns(), outcome)])
        number += 1
        pace.wait(1, stop)
    if connection is not None:
        connection.disconnect()
    journal.close()


def subscribe(
    discovery: Discovery, channel: str, journal: Journal, listening: threading.Event, all_published: threading.Event
) -> None:
    """Record which numbers arrive; *listening* is set with the first subscription.

    Ends when *all_published* is set and nothing more arrives.
    """
    connection: Connection | None = None
    while True:
        try:
            if connection is None:
                connection = discovery.connect()
                connection.send_command("SUBSCRIBE", channel)
                connection.read_response()
                listening.set()
            if connection.can_read(timeout=LISTEN_INTERVAL):
                kind, _channel, payload = connection.read_response()
                if kind == b"message":
                    now = time.monotonic_ns()
                    journal.append([Record(int(payload), now, now, Outcome.ACKNOWLEDGED)])
            elif all_published.is_set():
                break
        except (*CONNECTION_ERRORS, redis.ResponseError, NoPrimaryError):
            if connection is not None:
                connection.disconnect()
            connection = None
            if all_published.wait(SEARCH_INTERVAL):
                break
    if connection is not None:
        connection.disconnect()
    journal.close()

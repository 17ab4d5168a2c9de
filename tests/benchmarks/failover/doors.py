# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How clients find the primary: by a Sentinel, by what Sentinels announce, through a proxy, or where a pointer points."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

import redis
from lab.route import Route
from lab.sentinel import SentinelNode
from lab.traffic.discovery import CONNECTION_ERRORS, TIMEOUT, Discovery, NoPrimaryError
from redis.backoff import NoBackoff
from redis.connection import Connection
from redis.retry import Retry

ASKS = "asks Sentinel on every error"
LISTENS = "also listens to +switch-master"
POINTED = "follows the routing command"
PROXY = "follows a proxy that checks roles"

SWITCHED = "+switch-master"
LOOK_AGAIN = 0.2
"""Seconds without news after which a listener looks whether it shall end."""


class ThroughProxy(Discovery):
    """Knows one address, and takes what answers there for the primary."""

    def __init__(self, route: Route, port: int) -> None:
        super().__init__(route)
        self._port = port

    def connect(self) -> Connection:
        """A connection to the proxy. It is refused, or closed at once, while the proxy has no primary."""
        connection = Connection(
            host="127.0.0.1",
            port=self._port,
            socket_timeout=TIMEOUT,
            socket_connect_timeout=TIMEOUT,
            protocol=2,
            retry=Retry(NoBackoff(), 0),
        )
        try:
            connection.connect()
        except (*CONNECTION_ERRORS, redis.ResponseError) as error:
            connection.disconnect()
            raise NoPrimaryError(f"proxy at {self._port}: {error}") from error
        return connection


class Listening(Discovery):
    """Asks a Sentinel like others, and drops its connection as soon as a Sentinel announces another primary."""

    def __init__(self, route: Route) -> None:
        super().__init__(route)
        self._given: Connection | None = None

    def connect(self) -> Connection:
        """As every client that asks a Sentinel."""
        self._given = super().connect()
        return self._given

    def leave_unless_at(self, port: int) -> None:
        """End the connection under a request that may be waiting for its reply."""
        given = self._given
        if given is not None and given.port != port and given._sock is not None:
            # redis-py's own disconnect() may not be called while another thread reads.
            with suppress(OSError):
                given._sock.shutdown(socket.SHUT_RDWR)


def listen(sentinel: SentinelNode, group: str, tell: Callable[[int], None], stop: threading.Event) -> None:
    """Call *tell* with the port of each newly announced primary, until told to stop; subscribes anew when cut off."""
    while not stop.is_set():
        try:
            with sentinel.client() as client, client.pubsub(ignore_subscribe_messages=True) as heard:
                heard.subscribe(SWITCHED)
                while not stop.is_set():
                    message = heard.get_message(timeout=LOOK_AGAIN)
                    name, *_old, _host, port = message["data"].split() if message else ("", "", "0")
                    if name == group:
                        tell(int(port))
        except CONNECTION_ERRORS:
            stop.wait(LOOK_AGAIN)

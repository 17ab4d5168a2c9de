# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding the primary as applications do: ask a Sentinel, connect, and believe it only when the node itself says so."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import redis
from redis.backoff import NoBackoff
from redis.connection import Connection, SSLConnection
from redis.retry import Retry

from lab.client import tls_connection_arguments
from lab.probe import Endpoint

if TYPE_CHECKING:
    from pathlib import Path

    from lab.route import Route

TIMEOUT = 5.0
"""Seconds that a client waits for a connection or a reply before it gives the connection up."""
SENTINEL_TIMEOUT = 1.0

CONNECTION_ERRORS = (redis.ConnectionError, redis.TimeoutError, OSError)
"""The connection is of no more use. (redis-py's own are not OSErrors.)"""


class NoPrimaryError(Exception):
    """No Sentinel named a node that calls itself primary."""


class Discovery:
    """Connects to the primary of one group."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._sentinels = list(route.sentinels.items())

    def connect(self) -> Connection:
        """A connection to the node that a Sentinel names and that says itself that it is primary.

        :raises NoPrimaryError: there is none now; the message says what was heard.
        """
        heard = []
        random.shuffle(self._sentinels)
        for name, endpoint in self._sentinels:
            asked = _connection(endpoint, SENTINEL_TIMEOUT)
            try:
                asked.connect()
                asked.send_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._route.group)
                host, port = asked.read_response()
                return self._verified(host.decode(), int(port))
            except (*CONNECTION_ERRORS, redis.ResponseError, NoPrimaryError) as error:
                heard.append(f"{name}: {error}")
            finally:
                asked.disconnect()
        raise NoPrimaryError("; ".join(heard))

    def _verified(self, host: str, port: int) -> Connection:
        route = self._route
        connection = _connection(Endpoint(host, port, route.username, route.password, route.tls), TIMEOUT)
        try:
            connection.connect()
            connection.send_command("ROLE")
            role = connection.read_response()[0]
            if role != b"master":
                raise NoPrimaryError(f"{host}:{port} is {role.decode()}")
        except BaseException:
            connection.disconnect()
            raise
        return connection


class Pointed(Discovery):
    """Connects where a file says: a stand-in for a virtual address, or a name."""

    def __init__(self, route: Route, pointer: Path) -> None:
        super().__init__(route)
        self._pointer = pointer

    def connect(self) -> Connection:
        """A connection to the node that the pointer names, once it says itself that it is primary."""
        host, port = self._pointer.read_text(encoding="utf-8").split()
        try:
            return self._verified(host, int(port))
        except CONNECTION_ERRORS as error:
            raise NoPrimaryError(f"{host}:{port}: {error}") from error


def _connection(endpoint: Endpoint, timeout: float) -> Connection:
    arguments: dict[str, Any] = {
        "host": endpoint.host,
        "port": endpoint.port,
        "username": endpoint.username,
        "password": endpoint.password,
        "socket_timeout": timeout,
        "socket_connect_timeout": timeout,
        "protocol": 2,
        "retry": Retry(NoBackoff(), 0),
    }
    if endpoint.tls is None:
        return Connection(**arguments)
    return SSLConnection(**arguments, **tls_connection_arguments(endpoint.tls))

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""redis-py clients for the lab's own questions: one attempt, an error at once, text in and out."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.probe import Endpoint
    from lab.tls import TlsFiles

SOCKET_TIMEOUT = 5.0
"""Seconds for a connection or an answer. A frozen server is noticed after it."""


def tls_arguments(tls: TlsFiles | None) -> dict[str, Any]:
    """What redis-py's client classes take."""
    if tls is None:
        return {}
    return {"ssl": True, **tls_connection_arguments(tls)}


def tls_connection_arguments(tls: TlsFiles) -> dict[str, Any]:
    """What redis-py's SSLConnection takes."""
    return {"ssl_ca_certs": tls.ca, "ssl_certfile": tls.client_cert, "ssl_keyfile": tls.client_key}


@contextmanager
def connected(endpoint: Endpoint, timeout: float = SOCKET_TIMEOUT) -> Iterator[redis.Redis]:
    """A client that lives as long as the block."""
    client = redis.Redis(
        host=endpoint.host,
        port=endpoint.port,
        username=endpoint.username,
        password=endpoint.password,
        **tls_arguments(endpoint.tls),
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        decode_responses=True,
        # No retry behind our back, and the protocol that every engine speaks.
        retry=Retry(NoBackoff(), 0),
        protocol=2,
    )
    try:
        yield client
    finally:
        client.close()

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The least that is needed to see that the server at an address is the process that we started. Standard library
only."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from lab.tls import TlsFiles

PROBE_TIMEOUT = 2.0
"""Seconds for one look. A loopback server that does not answer in it is busy or frozen."""


class _Stream(Protocol):
    def write(self, data: bytes, /) -> int: ...

    def flush(self) -> None: ...

    def readline(self) -> bytes: ...

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Endpoint:
    """Where a server listens and who may ask it."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    tls: TlsFiles | None = None

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def why_not_answering(endpoint: Endpoint, pid: int) -> str | None:
    """None when the process *pid* answers at *endpoint* and has loaded its data; else what stands against it."""
    try:
        with _connect(endpoint) as connection, connection.makefile("rwb") as stream:
            return _ask(stream, endpoint, pid)
    except OSError as error:
        return f"{endpoint}: {error}"


def why_no_ssh(host: str, port: int) -> str | None:
    """None when an sshd greets at the address."""
    try:
        with socket.create_connection((host, port), timeout=PROBE_TIMEOUT) as connection:
            greeting = connection.recv(64)
    except OSError as error:
        return f"{host}:{port}: {error}"
    return None if greeting.startswith(b"SSH-2.0-") else f"{host}:{port} says {greeting!r}"


def _ask(stream: _Stream, endpoint: Endpoint, pid: int) -> str | None:
    if endpoint.password is not None:
        credentials = [endpoint.username, endpoint.password] if endpoint.username else [endpoint.password]
        reply = _command(stream, "AUTH", *credentials)
        if reply != "+OK":
            return f"{endpoint}: AUTH: {reply}"
    reply = _command(stream, "PING")
    if reply != "+PONG":
        return f"{endpoint}: PING: {reply}"
    server = _command(stream, "INFO", "server")
    return None if f"process_id:{pid}\r\n" in server else f"{endpoint}: another process answers there"


def _connect(endpoint: Endpoint) -> socket.socket:
    plain = socket.create_connection((endpoint.host, endpoint.port), timeout=PROBE_TIMEOUT)
    if endpoint.tls is None:
        return plain
    return endpoint.tls.client_context.wrap_socket(plain, server_hostname=endpoint.host)


def _command(stream: _Stream, *words: str) -> str:
    encoded = [word.encode() for word in words]
    parts = [b"*%d\r\n" % len(encoded), *(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded)]
    stream.write(b"".join(parts))
    stream.flush()
    line = stream.readline()
    if not line.endswith(b"\r\n"):
        raise ConnectionError("connection closed in the middle of a reply")
    if line.startswith(b"$"):
        return stream.read(int(line[1:]) + 2).decode(errors="replace")
    return line.rstrip().decode(errors="replace")

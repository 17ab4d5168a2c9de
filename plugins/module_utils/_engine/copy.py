# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copying all data of a node into a file, as a replica gets them: the node sends a snapshot, whatever its disk looks like.

Nothing is set on the node and nothing is written in its directory that outlives the next synchronisation. The snapshot is of
the moment at which the node begins it, so writes are held before.
"""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections.abc import Iterator
from typing import Any, Callable

from .._model.errors import BadInput, OutcomeUnknown, Refused, SteadyhandError, Unreachable
from .._model.repair.rdb import RdbCheck
from .._model.repair.saved import FileOfNode
from .connection import Connection
from .node import NodeTarget

PIECE = 1 << 16
MARK = 40
"""Length of the mark that ends a snapshot whose length is not known beforehand (RDB_EOF_MARK_SIZE)."""
SPARE = 1 << 20


class Snapshots:
    """A directory for snapshots of nodes. ``begin_timeout`` in seconds: until a node has begun to send (it may save to disk first)."""

    def __init__(self, directory: str, silence: float = 60.0) -> None:
        self._directory = directory
        self._silence = silence

    def why_not_usable(self, needed: int) -> str | None:
        """Why a snapshot of that many bytes at most cannot be kept there."""
        if not os.path.isdir(self._directory):
            return f"save_to: {self._directory} is no directory on the host that runs this"
        if not os.access(self._directory, os.W_OK | os.X_OK):
            return f"save_to: {self._directory} cannot be written to"
        free = shutil.disk_usage(self._directory).free
        if free < needed + SPARE:
            return f"save_to: {self._directory} has {free} bytes free, and the data may need {needed}"
        return None

    def save(self, target: NodeTarget, keep_alive: Callable[[], None]) -> FileOfNode:
        """Copy the node's data into a new file that nobody else may read. Raises OutcomeUnknown when it is not whole."""
        path = self._new_path(target.name)
        partial = path + ".part"
        check = RdbCheck()
        try:
            # O_EXCL: never over a file that is there, also not through a link that somebody has put in its place.
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                with Connection(target.address, target.login, self._silence) as connection:
                    for piece in _snapshot(connection, self._silence, keep_alive):
                        file.write(piece)
                        check.add(piece)
                file.flush()
                os.fsync(file.fileno())
            checked = check.verdict()
            # A link fails where something is there by now, and a rename would replace it.
            os.link(partial, path)
            os.unlink(partial)
            _sync_directory(self._directory)
        except (OSError, SteadyhandError) as error:
            raise OutcomeUnknown(
                f"the data of {target.name} were not copied, {check.size} bytes of them are in {partial}: {error}"
            ) from error
        return FileOfNode(path, check.size, checked)

    def _new_path(self, node: str) -> str:
        """One that nothing has: a second attempt within a second gets a number."""
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        name = "".join(one if one.isalnum() or one in "-_." else "_" for one in node)
        found, number = f"{name}-{stamp}", 1
        while any(os.path.lexists(os.path.join(self._directory, found + end)) for end in (".rdb", ".rdb.part")):
            number += 1
            found = f"{name}-{stamp}-{number}"
        return os.path.join(self._directory, found + ".rdb")


def _sync_directory(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _snapshot(connection: Connection, silence: float, keep_alive: Callable[[], None]) -> Iterator[bytes]:
    """The bytes of a snapshot. ``silence``: seconds after which a node that sends nothing has failed; it sends newlines while it saves."""
    connection.call("REPLCONF", "capa", "eof")
    connection.send([("SYNC",)])
    link = connection.detached()
    link.settimeout(1.0)
    reader = _Reader(connection, link, silence, keep_alive)
    head = reader.line()
    if head.startswith(b"$EOF:"):
        yield from _until_mark(reader, head[5:])
    elif head.startswith(b"$") and head[1:].isdigit():
        left = int(head[1:])
        while left:
            piece = reader.some(left)
            left -= len(piece)
            yield piece
    else:
        said = head.decode(errors="replace").lstrip("-")
        raise Refused(f"{connection.address} does not send its data", [said])


def _until_mark(reader: _Reader, mark: bytes) -> Iterator[bytes]:
    if len(mark) != MARK:
        raise OutcomeUnknown(f"the node announced its data with a mark of {len(mark)} bytes")
    tail = b""
    while True:
        pending = tail + reader.some(PIECE)
        # The node sends nothing after the mark until it is answered.
        if pending.endswith(mark):
            yield pending[:-MARK]
            return
        yield pending[:-MARK]
        tail = pending[-MARK:]


class _Reader:
    """Reads from a socket that a node has begun to send a snapshot on."""

    def __init__(self, connection: Connection, link: Any, silence: float, keep_alive: Callable[[], None]) -> None:
        self._where = str(connection.address)
        self._link = link
        self._silence = silence
        self._keep_alive = keep_alive
        self._rest = b""

    def line(self) -> bytes:
        """The first line that is not empty: until the snapshot begins, empty ones say that the node is alive."""
        while True:
            line, newline, rest = self._rest.partition(b"\n")
            if newline:
                self._rest = rest
                if line.strip():
                    return line.strip()
            else:
                self._rest += self._receive(PIECE)

    def some(self, most: int) -> bytes:
        """At least one byte, at most so many."""
        if self._rest:
            piece, self._rest = self._rest[:most], self._rest[most:]
            return piece
        return self._receive(min(most, PIECE))

    def _receive(self, most: int) -> bytes:
        last = time.monotonic() + self._silence
        while True:
            self._keep_alive()
            try:
                piece: bytes = self._link.recv(most)
            except socket.timeout as error:
                if time.monotonic() >= last:
                    raise Unreachable(f"{self._where} sent nothing of its data for {self._silence:g} s") from error
                continue
            except OSError as error:
                raise Unreachable(f"{self._where} stopped sending its data: {error}") from error
            if not piece:
                raise Unreachable(f"{self._where} closed the connection in the middle of its data")
            return piece


def snapshots_in(directory: str | None, needed: int) -> Snapshots | None:
    """The place for snapshots, where one is given. Raises BadInput when it cannot take them."""
    if directory is None:
        return None
    found = Snapshots(directory)
    why_not = found.why_not_usable(needed)
    if why_not is not None:
        raise BadInput(why_not)
    return found

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A group without Sentinels and its users: a pointer says where they write, and a command moves it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import redis
from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.borrowed import ledger_key
from ansible_collections.steadyhand.redis.plugins.module_utils._model.routing import unfinished_routing
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover import swap, swap_by_hand
from engine.subjects import GROUP
from lab.client import connected
from lab.probe import Endpoint
from lab.state import Credentials
from lab.waiting import wait_until

if TYPE_CHECKING:
    import pytest
    from lab.lab import Lab
    from lab.node import DataNode


def point(pointer: Path, node: DataNode) -> None:
    """Move the traffic: what a virtual IP address, a name or a proxy does."""
    moved = pointer.with_suffix(".new")
    moved.write_text(f"{node.state.host} {node.state.port}\n")
    moved.replace(pointer)


def address_of(node: DataNode) -> Address:
    """Where the engine knows a node."""
    return Address.of(node.state.host, node.state.port)


def hold_a_write(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have the next exchange go on only when a client's write waits behind the pause; returns the replica to exchange with.

    A write that comes once the old primary has stepped down is refused at once: the engine looks at its role before it
    looks at the pause. On a busy machine a client's next write may come that late.
    """
    old, target = lab.primary_of(GROUP), lab.replicas_of(GROUP)[0]
    begin, await_everything = swap._begin, swap_by_hand._await_everything

    def wait_for_a_held_write() -> None:
        with old.client() as client:
            wait_until(
                lambda: None if any("b" in one["flags"] for one in client.client_list()) else "none", 60, "a held write"
            )

    def replica_owes_an_acknowledgement() -> str | None:
        seen = old.info("replication")
        (acknowledged,) = [
            one["offset"]
            for name, one in seen.items()
            if name.startswith("slave") and isinstance(one, dict) and one["port"] == target.announced[1]
        ]
        return None if seen["master_repl_offset"] > acknowledged else "it has acknowledged everything"

    def begin_with_replica_frozen(*arguments: Any) -> Any:
        monkeypatch.setattr(swap, "_begin", begin)
        target.process.freeze()
        try:
            # Otherwise the engine may find that the replica has acknowledged everything, and exchange the roles at once.
            wait_until(replica_owes_an_acknowledgement, 60, "a write that the replica has not acknowledged")
            begun = begin(*arguments)
            wait_for_a_held_write()
        finally:
            target.process.thaw()
        return begun

    def await_everything_afterwards(*arguments: Any) -> Any:
        monkeypatch.setattr(swap_by_hand, "_await_everything", await_everything)
        wait_for_a_held_write()
        return await_everything(*arguments)

    monkeypatch.setattr(swap, "SYNC_TIMEOUT_MS", 60000)
    monkeypatch.setattr(swap, "_begin", begin_with_replica_frozen)
    monkeypatch.setattr(swap_by_hand, "_await_everything", await_everything_afterwards)
    return target.name


def wait_for_the_end_of_the_pause(lab: Lab, old: DataNode) -> None:
    """By the old primary's own clock."""
    with lab.primary_of(GROUP).client() as new:
        ledger = {str(field): str(value) for field, value in new.hgetall(ledger_key(GROUP)).items()}
    found = unfinished_routing(ledger)
    assert found is not None

    def left() -> str | None:
        with old.client() as client:
            seconds, microseconds = client.time()
        milliseconds = found.until_ms - (seconds * 1000 + microseconds // 1000)
        return f"{milliseconds} ms" if milliseconds >= 0 else None

    wait_until(left, 120, "the end of the pause")


def lost(lab: Lab, writer: PointedWriter) -> int:
    """How many acknowledged writes the primary of now has not."""
    keys = writer.keys
    with lab.primary_of(GROUP).client() as client:
        found = sum(client.exists(*keys[start : start + 1000]) for start in range(0, len(keys), 1000))
    return len(keys) - found


class PointedWriter:
    """A client that writes where the pointer says, asks it again on every error, and counts what was acknowledged."""

    def __init__(self, pointer: Path, credentials: Credentials | None = None) -> None:
        self._login = () if credentials is None else (Credentials.APPLICATION, credentials.application_password)
        self._pointer = pointer
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self.acknowledged = 0
        self.refused = 0

    def __enter__(self) -> PointedWriter:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def keys(self) -> list[str]:
        """Of every acknowledged write."""
        return [f"key:{number}" for number in range(self.acknowledged)]

    def wait_for_more(self, count: int) -> None:
        """Wait until so many more writes were acknowledged."""
        self.wait_for(self.acknowledged + count)

    def wait_for(self, count: int) -> None:
        """Wait until so many writes were acknowledged in all."""
        wait_until(lambda: None if self.acknowledged >= count else f"{self.acknowledged} of {count}", 30, "writes")

    def _write(self) -> None:
        while not self._stop.is_set():
            host, port = self._pointer.read_text().split()
            try:
                with connected(Endpoint(host, int(port), *self._login), timeout=30) as client:
                    while not self._stop.is_set():
                        client.set(f"key:{self.acknowledged}", "x")
                        self.acknowledged += 1
            except redis.ReadOnlyError:
                self.refused += 1
            except redis.RedisError:
                continue

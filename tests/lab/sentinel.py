# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Sentinel: its process and what it says about the groups."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.client import SOCKET_TIMEOUT, connected
from lab.process import Process
from lab.server import start_server
from lab.state import SentinelState

if TYPE_CHECKING:
    import redis


@dataclass(frozen=True)
class SentinelNode:
    """One Sentinel of the lab."""

    state: SentinelState

    def __str__(self) -> str:
        return f"{self.name} ({self.state.endpoint})"

    @property
    def name(self) -> str:
        """Also its inventory name."""
        return self.state.name

    @property
    def address(self) -> str:
        """`host:port` (IPv6 in brackets) where it listens."""
        return str(self.state.endpoint)

    @property
    def process(self) -> Process:
        """For kill, freeze, thaw, is_running, started_at and the log."""
        return self.state.process

    @contextmanager
    def client(self, timeout: float = SOCKET_TIMEOUT) -> Iterator[redis.Redis]:
        """A client of the Sentinel itself."""
        with connected(self.state.endpoint, timeout) as client:
            yield client

    def start(self) -> None:
        """Start with its own file and wait until it answers."""
        start_server(self.state)

    def stop(self) -> None:
        """SIGTERM and wait."""
        self.process.stop()

    def restart(self) -> None:
        """Stop, then start again with the file as the Sentinel left it."""
        self.stop()
        self.start()

    def primary_address(self, group: str) -> tuple[str, int]:
        """Host and port of the primary as this Sentinel announces them."""
        with self.client() as client:
            host, port = client.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", group)
            return str(host), int(port)

    def group_state(self, group: str) -> dict[str, str]:
        """`SENTINEL MASTER`."""
        with self.client() as client:
            return _pairs(client.execute_command("SENTINEL", "MASTER", group))

    def replica_states(self, group: str) -> list[dict[str, str]]:
        """`SENTINEL REPLICAS`."""
        with self.client() as client:
            return [_pairs(one) for one in client.execute_command("SENTINEL", "REPLICAS", group)]


def _pairs(answer: list[object]) -> dict[str, str]:
    words = [str(word) for word in answer]
    return dict(zip(words[::2], words[1::2], strict=True))

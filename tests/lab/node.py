# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A data node: its process and what it says about itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.client import SOCKET_TIMEOUT, connected
from lab.process import Process
from lab.server import start_server
from lab.state import NodeState

if TYPE_CHECKING:
    import redis


@dataclass(frozen=True)
class DataNode:
    """One Redis or Valkey server of the lab."""

    state: NodeState

    def __str__(self) -> str:
        return f"{self.name} ({self.state.endpoint})"

    @property
    def name(self) -> str:
        """Also its inventory name."""
        return self.state.name

    @property
    def group(self) -> str:
        """The name under which its Sentinels know its group."""
        return self.state.group

    @property
    def directory(self) -> Path:
        """Where its files are."""
        return Path(self.state.directory)

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
        """A client as the maintenance user."""
        with connected(self.state.endpoint, timeout) as client:
            yield client

    def start(self) -> None:
        """Start with its own file and wait until it answers with its data loaded."""
        start_server(self.state)

    def stop(self) -> None:
        """SIGTERM and wait: an orderly shutdown, with a save where save points are set."""
        self.process.stop()

    def restart(self) -> None:
        """Stop, then start again with the file as the server left it."""
        self.stop()
        self.start()

    def info(self, section: str) -> dict[str, Any]:
        """One section of INFO, asked now."""
        with self.client() as client:
            answer: dict[str, Any] = client.info(section)
            return answer

    def role(self) -> str:
        """`master` or `slave`, in the engine's words, asked now."""
        with self.client() as client:
            answer: list[Any] = client.execute_command("ROLE")
            return str(answer[0])

    def run_id(self) -> str:
        """The identity of the running process."""
        return str(self.info("server")["run_id"])

    def config(self, name: str) -> str:
        """The running value of one setting."""
        with self.client() as client:
            return str(client.config_get(name)[name])

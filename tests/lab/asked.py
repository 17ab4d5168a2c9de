# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a data node and a Sentinel say about themselves and their group, wherever they run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import redis

from lab.client import SOCKET_TIMEOUT, connected

if TYPE_CHECKING:
    from lab.probe import Endpoint


class AskedServer(ABC):
    """A server that answers at an endpoint."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Also its inventory name."""

    @property
    @abstractmethod
    def endpoint(self) -> Endpoint:
        """Where it answers, and as whom we ask."""

    def __str__(self) -> str:
        return f"{self.name} ({self.endpoint})"

    @property
    def address(self) -> str:
        """`host:port` (IPv6 in brackets) where it listens."""
        return str(self.endpoint)

    @contextmanager
    def client(self, timeout: float = SOCKET_TIMEOUT) -> Iterator[redis.Redis]:
        """A client that may do everything."""
        with connected(self.endpoint, timeout) as client:
            yield client


class AskedNode(AskedServer):
    """A data node."""

    @property
    @abstractmethod
    def group(self) -> str:
        """The name under which its Sentinels know its group."""

    @property
    def announced(self) -> tuple[str, int]:
        """The address under which the group and its Sentinels know the node."""
        return self.endpoint.host, self.endpoint.port

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

    def role_if_reachable(self) -> str | None:
        """None where it does not answer."""
        try:
            return self.role()
        except (redis.ConnectionError, redis.TimeoutError):
            return None

    def run_id(self) -> str:
        """The identity of the running process."""
        return str(self.info("server")["run_id"])

    def config(self, name: str) -> str:
        """The running value of one setting."""
        with self.client() as client:
            return str(client.config_get(name)[name])

    @contextmanager
    def changed(self, name: str, value: str) -> Iterator[None]:
        """Another running value of one setting for as long as the block.

        Put back in the file, too: Sentinel has every change of role write the running values there (`CONFIG REWRITE`), and
        the next start would read what was meant to be gone.
        """
        before = self.config(name)
        with self.client() as client:
            client.config_set(name, value)
        try:
            yield
        finally:
            with self.client() as client:
                client.config_set(name, before)
                client.config_rewrite()


class AskedSentinel(AskedServer):
    """A Sentinel."""

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

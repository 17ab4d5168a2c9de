# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a lab can be asked to be."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lab.errors import LabError

Settings = Mapping[str, "str | list[str]"]
"""Redis settings by name; a list makes one line per element (`client-output-buffer-limit`, `user`)."""


Persistence = Literal["none", "rdb", "aof"]
"""How a node keeps its data over a restart."""

PERSISTENCE_SETTINGS: Mapping[Persistence, Settings] = {
    "none": {"save": '""', "appendonly": "no"},
    # What the distributions ship.
    "rdb": {"save": ["3600 1", "300 100", "60 10000"], "appendonly": "no"},
    "aof": {"save": '""', "appendonly": "yes", "appendfsync": "everysec"},
}


@dataclass(frozen=True)
class LabOptions:
    """Options of `Lab.create`; the defaults make the lab of the demo."""

    groups: int = 3
    replicas: int = 2
    """Per group."""
    sentinels: int = 3
    """One set that watches all groups."""
    secured: bool = False
    """ACL users and passwords everywhere, made at random; the inventory carries them."""
    tls: bool = False
    """Every server speaks TLS only and wants a client certificate; the inventory names the files."""
    ssh: bool = False
    """Reach every node through an sshd of its own; else `ansible_connection: local`."""
    host: str = "127.0.0.1"
    """Where everything listens; `::1` makes an IPv6 lab."""
    announce_host: str | None = None
    """A name that nodes announce instead of their address (`localhost`); Sentinels then resolve hostnames."""
    one_machine: bool = False
    """Leave `redis_machine` to its default, which makes all nodes neighbours; else every node pretends its own
    machine."""
    persistence: Persistence = "rdb"
    settings: Settings = field(default_factory=dict)
    """Extra lines of every node's redis.conf; they win over the lab's own."""
    node_settings: Mapping[str, Settings] = field(default_factory=dict)
    """The same by node name (`group-1-b`)."""
    binary: str | None = None
    """redis-server or valkey-server; default: LAB_REDIS_SERVER, else redis-server on PATH."""
    node_binaries: Mapping[str, str] = field(default_factory=dict)
    """Another binary by node or Sentinel name, for mixed versions."""
    down_after_ms: int = 5000
    failover_timeout_ms: int = 60000
    quorum: int | None = None
    """Default: the majority."""
    interpreters: tuple[str, ...] | None = None
    """Of the nodes, round robin. Default: LAB_INTERPRETERS (colon separated), else, with ssh, virtual environments with
    several releases of redis-py, else the running Python."""

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> LabOptions:
        """From what JSON made of `dataclasses.asdict`."""
        interpreters = plain["interpreters"]
        return cls(**{**plain, "interpreters": None if interpreters is None else tuple(interpreters)})

    @property
    def effective_quorum(self) -> int:
        """Sentinels that must agree that a primary is down."""
        return self.quorum if self.quorum is not None else self.sentinels // 2 + 1

    def binary_of(self, name: str) -> str:
        """The absolute path of the server program of one node or Sentinel."""
        asked = self.node_binaries.get(name) or self.binary or os.environ.get("LAB_REDIS_SERVER") or "redis-server"
        found = shutil.which(asked)
        if found is None:
            raise LabError(
                f"{name}: no server program {asked!r}: install redis-server or set LAB_REDIS_SERVER to its path"
            )
        return str(Path(found).absolute())

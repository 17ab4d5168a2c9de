# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much the users of a lab want."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

Kind = Literal["set", "pipeline", "multi", "eval"]
"""The shapes of a request that writes; `kinds.py` makes them."""


@dataclass(frozen=True)
class Client:
    """One connection that writes."""

    kind: Kind
    follows: bool
    """After any error it asks a Sentinel for the primary and connects anew. Else it uses its one connection for as long
    as that answers, and then it is gone: applications with such connections exist, and their writes count."""


USUAL_CLIENTS = (
    Client("set", follows=True),
    Client("set", follows=True),
    Client("pipeline", follows=True),
    Client("multi", follows=True),
    Client("eval", follows=True),
    Client("set", follows=False),
    Client("pipeline", follows=False),
    Client("multi", follows=False),
    Client("eval", follows=False),
)


@dataclass(frozen=True)
class Load:
    """What is done to each group."""

    clients: tuple[Client, ...] = USUAL_CLIENTS
    value_size: int = 1000
    """Bytes of a value whose write is recorded and looked up at the end."""
    writes_per_second: float | None = 500.0
    """Of all clients of a group together; None: as fast as they can. Their keys are unique, so the data set grows."""
    data_set_mb: int = 0
    """Written before the clients begin and never looked at again: what a full sync and a save have to carry."""
    ballast_clients: int = 0
    """Connections that overwrite a few large values as fast as they can: traffic for the replicas to lag behind,
    without growth. Not recorded."""
    ballast_value_size: int = 100_000
    ballast_mb_per_second: float | None = None
    """Of each of them, 10^6 bytes; None: as fast as the primary takes it."""
    messages_per_second: float = 50.0
    """Published on a channel of the group, and listened to."""

    def save(self, file: Path) -> None:
        """For the writer process."""
        file.write_text(json.dumps(dataclasses.asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, file: Path) -> Load:
        """Read it back."""
        plain = json.loads(file.read_text(encoding="utf-8"))
        return cls(**{**plain, "clients": tuple(Client(**client) for client in plain["clients"])})

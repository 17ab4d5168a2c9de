# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How applications find the primary of a group: whom they ask, and who they are. Standard library only."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.probe import Endpoint
from lab.tls import TlsFiles

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Route:
    """The Sentinels of a group by name, and the application's own login at the nodes."""

    group: str
    sentinels: Mapping[str, Endpoint]
    username: str | None = None
    password: str | None = None
    tls: TlsFiles | None = None
    pointer: str | None = None
    """Without Sentinels: the file that says where to go."""

    def save(self, file: Path) -> None:
        """For another process; it carries passwords."""
        file.touch(mode=0o600)
        file.write_text(json.dumps(dataclasses.asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, file: Path) -> Route:
        """Read it back."""
        plain = json.loads(file.read_text(encoding="utf-8"))
        sentinels = {name: Endpoint(**_with_tls(endpoint)) for name, endpoint in plain["sentinels"].items()}
        return cls(**{**_with_tls(plain), "sentinels": sentinels})


def _with_tls(plain: dict[str, Any]) -> dict[str, Any]:
    return {**plain, "tls": None if plain["tls"] is None else TlsFiles(**plain["tls"])}

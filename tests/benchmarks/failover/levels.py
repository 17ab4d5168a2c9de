# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much is written while the sequences run."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Level:
    """The load of one group. MB are 10^6 bytes."""

    name: str
    connections: int = 2
    """Of each behaviour."""
    writes_per_second: float = 100.0
    """Of each connection, so that a pause is seen to 10 ms."""
    value_size: int = 1000
    """Bytes of a value whose write is recorded and looked up."""
    data_set_mb: int = 10
    ballast_value_size: int = 100_000
    """Bytes."""
    ballast_mb_per_second: float = 0.0
    """Large values besides, overwritten again and again, so that replicas have something to lag behind."""
    slowed_replica: bool = False
    """Whether one replica is stopped for a moment again and again."""

    def save(self, file: Path) -> None:
        """For the users' process."""
        file.write_text(json.dumps(dataclasses.asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, file: Path) -> Level:
        """Read it back."""
        return cls(**json.loads(file.read_text(encoding="utf-8")))


LEVELS: Mapping[str, Level] = {
    level.name: level
    for level in (
        Level("light"),
        Level("heavy", data_set_mb=100, ballast_mb_per_second=20.0, slowed_replica=True),
    )
}

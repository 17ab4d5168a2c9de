# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the distributions call and configure the servers that they package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Distribution:
    """An image and the engine that runs on it."""

    image: str
    engine: str

    @property
    def unit(self) -> str:
        """Of the data node."""
        return f"{self.engine}-server"

    @property
    def sentinel_unit(self) -> str:
        """Of the Sentinel."""
        return f"{self.engine}-sentinel"

    @property
    def user(self) -> str:
        """As whom both run."""
        return self.engine

    @property
    def conf_file(self) -> str:
        """Of the data node; the package fills it."""
        return f"/etc/{self.engine}/{self.engine}.conf"

    @property
    def sentinel_conf_file(self) -> str:
        """Of the Sentinel."""
        return f"/etc/{self.engine}/sentinel.conf"

    @property
    def log_file(self) -> str:
        """Of the data node."""
        return f"/var/log/{self.engine}/{self.unit}.log"

    @property
    def program(self) -> str:
        """Of the data node."""
        return f"/usr/bin/{self.unit}"


DISTRIBUTIONS: Mapping[str, Distribution] = {
    "debian-12-redis": Distribution("debian-12", "redis"),
    "debian-13-valkey": Distribution("debian-13", "valkey"),
}

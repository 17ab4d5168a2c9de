# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which zone a host is in, by a table of addresses, networks and patterns of names."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Union

from .errors import BadInput

Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]


@dataclass(frozen=True)
class Zones:
    """The table. Of networks the smallest counts that holds the address; of patterns the first that matches the name."""

    networks: Mapping[Network, str]
    patterns: Mapping[str, str]

    @classmethod
    def read(cls, table: Mapping[str, str]) -> Zones:
        """From addresses (``10.0.0.1``), networks (``10.0.1.0/24``) or patterns (``*.a.example.org``). Raises BadInput."""
        networks: dict[Network, str] = {}
        patterns: dict[str, str] = {}
        for where, zone in table.items():
            text = str(where).strip().lower()
            try:
                networks[ipaddress.ip_network(text)] = str(zone)
            except ValueError as error:
                if "/" in text or not text:
                    raise BadInput(
                        f"zones: {where!r} is no address, network or pattern of host names: {error}"
                    ) from error
                patterns[text] = str(zone)
        return cls(networks, patterns)

    def of(self, host: str) -> str | None:
        """The zone of a host; None where the table says nothing."""
        try:
            address = ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            return next((zone for pattern, zone in self.patterns.items() if fnmatchcase(host.lower(), pattern)), None)
        holding = [network for network in self.networks if address in network]
        if holding:
            return self.networks[max(holding, key=lambda network: network.prefixlen)]
        return next((zone for pattern, zone in self.patterns.items() if fnmatchcase(str(address), pattern)), None)

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a server listens: a host (name, IPv4 or IPv6 address) and a port."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import BadInput

_BRACKETED = re.compile(r"\A\[(?P<host>[0-9A-Fa-f:.%\w-]+)\]:(?P<port>\d+)\Z")
_PLAIN = re.compile(r"\A(?P<host>[^\s:\[\]]+):(?P<port>\d+)\Z")


@dataclass(frozen=True, order=True)
class Address:
    """A host and a TCP port. Hosts are kept in lower case; IPv6 addresses without brackets."""

    host: str
    port: int

    @classmethod
    def of(cls, host: str, port: int | str) -> Address:
        """Make an address from its two parts as servers report them."""
        return cls(host.lower(), int(port))

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read ``host:port`` or ``[IPv6]:port``. Raises BadInput for anything else."""
        found = _BRACKETED.match(text.strip()) or _PLAIN.match(text.strip())
        if found is None or not 0 < int(found.group("port")) < 65536:
            raise BadInput(
                f"{text!r} is not an address: write host:port, and an IPv6 address in brackets, as in [fd00::1]:6379"
            )
        return cls.of(found.group("host"), found.group("port"))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written down while the traffic of a group without Sentinels is being moved to its new primary.

It is a field of the ledger of borrowed.py, written before the roles are exchanged and struck off when clients have been
let go: so it crosses the hand-over by replication, and outlives the process. Who leads at the time of reading says where
the traffic belongs; the entry says only that somebody began to move it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

KIND = "routing"


@dataclass(frozen=True)
class Routing:
    """From which node to which the traffic is moved, by inventory names.

    ``until_ms``: Unix time by the old primary's clock, in milliseconds, before which its clients are not refused.
    """

    old: str
    new: str
    until_ms: int = 0

    @property
    def field(self) -> str:
        """The field of the ledger."""
        return f"{KIND}|{self.old}|{self.new}"

    def towards(self, primary: str) -> Routing:
        """The same two nodes in the direction in which traffic must move, as ``primary`` leads now."""
        return self if primary == self.new else Routing(self.new, self.old, self.until_ms)


def unfinished_routing(ledger: Mapping[str, str]) -> Routing | None:
    """The entry of a ledger, when there is one."""
    for field, value in sorted(ledger.items()):
        kind, _first, rest = field.partition("|")
        old, separator, new = rest.partition("|")
        if kind == KIND and separator:
            return Routing(old, new, int(value) if value.isdigit() else 0)
    return None

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

    Unix times by the old primary's clock, in milliseconds: ``since_ms``, from when on its writes could be held, and
    ``until_ms``, before which its clients are not refused. 0 where that is not known.
    """

    old: str
    new: str
    since_ms: int = 0
    until_ms: int = 0

    @property
    def field(self) -> str:
        """The field of the ledger."""
        return f"{KIND}|{self.old}|{self.new}"

    @property
    def value(self) -> str:
        """What stands in that field."""
        return f"{self.since_ms} {self.until_ms}"

    def towards(self, primary: str) -> Routing:
        """The same two nodes in the direction in which traffic must move, as ``primary`` leads now."""
        return self if primary == self.new else Routing(self.new, self.old, self.since_ms, self.until_ms)


def unfinished_routing(ledger: Mapping[str, str]) -> Routing | None:
    """The entry of a ledger, when there is one."""
    for field, value in sorted(ledger.items()):
        kind, _first, rest = field.partition("|")
        old, separator, new = rest.partition("|")
        if kind == KIND and separator:
            times = [int(word) for word in value.split() if word.isdigit()]
            return Routing(old, new, *(times if len(times) == 2 else ()))
    return None

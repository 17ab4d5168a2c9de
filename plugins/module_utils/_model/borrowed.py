# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a hand-over borrows for a short time, and how that is written down.

The ledger is a hash on the group's primary, so it crosses the hand-over by replication and outlives the process. An entry
is written before the value is changed: after a crash it names everything that may still be borrowed, and returning a value
that was never changed does no harm.
"""

from __future__ import annotations

from dataclasses import dataclass

KEY_PREFIX = "steadyhand:borrowed:"
NODE = "node"
SENTINEL = "sentinel"
# Not a setting: the replication id of this node when a hand-over began. Another one later means that the role has moved since.
HISTORY = "history"
REPLICATION_ID = "replication-id"


@dataclass(frozen=True, order=True)
class Borrowed:
    """A setting of one node, or a parameter of the group on one Sentinel, named by the inventory's name of its owner."""

    kind: str
    owner: str
    setting: str

    def encode(self) -> str:
        """The field of the ledger."""
        return f"{self.kind}|{self.setting}|{self.owner}"

    @classmethod
    def decode(cls, text: str) -> Borrowed | None:
        """Read a field of the ledger; None for one that is not ours."""
        kind, _first, rest = text.partition("|")
        setting, second, owner = rest.partition("|")
        return cls(kind, owner, setting) if second and kind in (NODE, SENTINEL, HISTORY) else None

    def __str__(self) -> str:
        return f"{self.setting} of {self.owner}"


def ledger_key(group: str) -> str:
    """The hash that holds what is borrowed in a group: field Borrowed, value as it was before."""
    return KEY_PREFIX + group

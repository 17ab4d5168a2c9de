# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The maintenance lock of a group: who holds it, since when, for what, and for how long.

It is a key with a time to live on the group's primary, so it needs nothing besides the group itself. It crosses a
hand-over by replication: the fence is lifted only when the new primary has every byte of the old one, the lock among
them. What can remove it before its time: eviction (it has a time to live, so volatile policies may choose it), FLUSHALL
and an automatic failover that lost it. The owner notices at its next renewal and takes it again; right before a fence a
lock that is gone is a refusal, because somebody else may have worked in between.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

KEY_PREFIX = "steadyhand:lock:"


@dataclass(frozen=True)
class LockWish:
    """What to hold: ``owner`` is unique to one run, ``seconds`` the life after each renewal."""

    owner: str
    purpose: str
    seconds: int


@dataclass(frozen=True)
class LockRecord:
    """The content of a lock. ``since`` is a text of UTC time by the primary's clock."""

    owner: str
    purpose: str
    since: str

    def encode(self) -> str:
        """The value stored in the key."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def decode(cls, text: str | None) -> LockRecord | None:
        """Read a stored value. A value that is not ours counts as held by somebody unknown, never as free."""
        if text is None:
            return None
        try:
            fields = json.loads(text)
            return cls(str(fields["owner"]), str(fields["purpose"]), str(fields["since"]))
        except (ValueError, KeyError, TypeError):
            return cls("unknown", "unknown", "unknown")

    def __str__(self) -> str:
        return f"{self.owner} since {self.since} for {self.purpose}"


def lock_key(group: str) -> str:
    """The key that holds the lock of a group."""
    return KEY_PREFIX + group

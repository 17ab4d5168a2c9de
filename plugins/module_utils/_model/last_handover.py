# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the last hand-over of a group ended, left where the next call finds it.

Who asked for a hand-over may not live to hear its result: a connection is dropped, a job is cancelled, a controller dies,
while the process on the node carries on to a good end. The record is a key on the group's primary, beside the lock and the
ledger; it is written when the hand-over begins and again when it ends. One that says "begun" with nobody holding the lock
belongs to a process that died in the middle.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

KEY_PREFIX = "steadyhand:handover:"
BEGUN = "begun"
# Seconds: long enough for somebody to ask, and no lasting guest in the user's data.
KEPT_FOR = 7 * 24 * 3600


@dataclass(frozen=True)
class LastHandOver:
    """``outcome`` is `BEGUN` or one of `_model.handover`; ``begun_at`` and ``ended_at`` are UTC texts by the keeper's clock.

    ``owner`` and ``purpose`` are those of the maintenance lock under which it ran. Empty texts stand for what is not known.
    """

    outcome: str
    owner: str
    purpose: str
    begun_at: str
    ended_at: str = ""
    old_primary: str = ""
    new_primary: str = ""
    reasons: tuple[str, ...] = ()

    def encode(self) -> str:
        """The value stored in the key."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def decode(cls, text: str | None) -> LastHandOver | None:
        """Read a stored value; None where there is none, or one that is not ours."""
        try:
            fields = json.loads(text or "null")
            texts = {name: str(fields.get(name, "")) for name in cls.__dataclass_fields__ if name != "reasons"}
            return cls(**texts, reasons=tuple(str(reason) for reason in fields.get("reasons", ())))
        except (ValueError, TypeError, AttributeError):
            return None


def last_handover_key(group: str) -> str:
    """The key that holds the record of a group's last hand-over."""
    return KEY_PREFIX + group

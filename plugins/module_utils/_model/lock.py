# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The maintenance lock of a group: who holds it, since when, for what, and for how long.

It is a key with a time to live on the group's primary, so it needs nothing besides the group itself. It crosses a
hand-over by replication: the fence is lifted only when the new primary has every byte of the old one, the lock among
them. What can remove it before its time: eviction (it has a time to live, so volatile policies may choose it), FLUSHALL
and an automatic failover that lost it. The owner notices at its next renewal and takes it again; right before a fence a
lock that is gone is a refusal, because somebody else may have worked in between.

A run that goes on where another one was cut off need not wait for the end of a lock that nobody will give back: it names the
runs that it continues, and takes over what they hold. It is an owner of its own, so two that continue the same run exclude
each other, and one that was not dead after all is refused at its next step.

The lock also says which node its owner is about to restart. That node's guard lets this stop pass and holds every other one
until the owner has ended.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

KEY_PREFIX = "steadyhand:lock:"


@dataclass(frozen=True)
class LockWish:
    """What to hold: ``owner`` is unique to one run, ``seconds`` the life after each renewal.

    ``continues`` are the owners of earlier runs, known to have ended, whose lock may be taken over.
    """

    owner: str
    purpose: str
    seconds: int
    continues: tuple[str, ...] = ()


@dataclass(frozen=True)
class LockRecord:
    """The content of a lock. ``since`` is a text of UTC time by the primary's clock.

    ``restarting`` is the run id of the node that its owner has found safe to restart: it ends with the restart by itself.
    """

    owner: str
    purpose: str
    since: str
    restarting: str = ""

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
            return cls(
                str(fields["owner"]), str(fields["purpose"]), str(fields["since"]), str(fields.get("restarting", ""))
            )
        except (ValueError, KeyError, TypeError):
            return cls("unknown", "unknown", "unknown")

    def __str__(self) -> str:
        return f"{self.owner} since {self.since} for {self.purpose}"


@dataclass(frozen=True)
class HeldLock:
    """A lock that somebody holds. ``ends_in_seconds`` is None where its end is not known."""

    record: LockRecord
    ends_in_seconds: int | None

    @classmethod
    def read(cls, value: str | None, milliseconds: int | None) -> HeldLock | None:
        """From the replies to GET and PTTL: -1 is a key that does not end, -2 one that has just ended."""
        record = LockRecord.decode(value)
        known = milliseconds is not None and milliseconds >= 0
        # Rounded up: nobody shall be told that it ends at once and be refused once more.
        return None if record is None else cls(record, -(-(milliseconds or 0) // 1000) if known else None)

    def __str__(self) -> str:
        """Who holds it, and the ways on."""
        left = self.ends_in_seconds
        end = "whose end is not known" if left is None else f"which ends in {left} s unless it is renewed"
        return (
            f"{self.record} holds the lock, {end}. Wait for that run. If it is known to be dead, go on "
            f"where it stopped with redis_run_continues={self.record.owner}, or remove the lock by the module maintenance_lock "
            "with state=absent and force=true"
        )


def way_out(reply: str, node: str) -> str | None:
    """What people can do about a primary that takes no write, by what it answers to the lock's; None for any other answer.

    Where the reply begins with OOM, the library that we speak through takes that off.
    """
    if "NOREPLICAS" in reply:
        return (
            f"it has fewer replicas in step than min-replicas-to-write asks for: wait for them, or lower that for this run (CONFIG SET "
            f"min-replicas-to-write 0 on {node}) and set it back afterwards; it takes its clients' writes meanwhile"
        )
    if "MISCONF" in reply:
        return (
            f"{node} could not write to its disk: mend that, and have it save (BGSAVE), or let it take writes nevertheless for this run "
            "(CONFIG SET stop-writes-on-bgsave-error no; this does not help where its append-only file is what fails)"
        )
    if "maxmemory" in reply:
        return f"the memory of {node} is used up to its maxmemory: raise that (CONFIG SET maxmemory), or delete what is not needed"
    return None


def lock_key(group: str) -> str:
    """The key that holds the lock of a group."""
    return KEY_PREFIX + group

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking, keeping and giving back the maintenance lock of a group on its primary."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

from .._model.errors import Refused, SteadyhandError
from .._model.last_handover import BEGUN, LastHandOver, last_handover_key
from .._model.lock import HeldLock, LockRecord, LockWish, lock_key


class NodePort(Protocol):
    """What the lock needs of a connection to the primary."""

    def call(self, *command: Any) -> Any:
        """Run one command."""

    def pipeline(self, commands: Sequence[Sequence[Any]]) -> list[Any]:
        """Run commands in one round trip."""


def holder(primary: NodePort, group: str) -> LockRecord | None:
    """Who holds the lock now; None when it is free."""
    return LockRecord.decode(primary.call("GET", lock_key(group)))


def held(primary: NodePort, group: str) -> HeldLock | None:
    """Who holds the lock now and when it ends; None when it is free."""
    key = lock_key(group)
    replies = primary.pipeline([("GET", key), ("PTTL", key)])
    refused = _first_error(replies)
    if refused is not None:
        raise refused
    return HeldLock.read(*replies)


def time_of(node: NodePort) -> str:
    """The present moment by the node's clock, as a text of UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(unix_ms(node) // 1000))


def unix_ms(node: NodePort) -> int:
    """The same as Unix time in milliseconds."""
    seconds, microseconds = node.call("TIME")
    return int(seconds) * 1000 + int(microseconds) // 1000


def take_or_renew(primary: NodePort, group: str, wish: LockWish, handover_over: bool = False) -> bool:
    """Take the lock, or prolong it where it is ours. Returns whether it was taken (and not merely prolonged).

    The lock of a run that this one continues is taken over, unless a hand-over of that run is still at work: it survives
    those who started it. ``handover_over``: the caller knows that it is not, whatever its record says. Raises Refused when
    somebody else holds it.
    """
    key = lock_key(group)
    record = LockRecord(wish.owner, wish.purpose, time_of(primary))
    if primary.call("SET", key, record.encode(), "NX", "PX", wish.seconds * 1000) is not None:
        return True
    if _guarded(primary, key, wish.owner, ("PEXPIRE", key, wish.seconds * 1000)):
        return False
    found = held(primary, group)
    if found is None:
        return take_or_renew(primary, group, wish, handover_over)
    if found.record.owner in wish.continues:
        if not handover_over:
            _require_end_of_handover(primary, group, found)
        if _guarded(primary, key, found.record.owner, ("SET", key, record.encode(), "PX", wish.seconds * 1000)):
            return True
        return take_or_renew(primary, group, wish, handover_over)
    raise Refused(f"group {group} is under maintenance", [str(found)])


def _require_end_of_handover(primary: NodePort, group: str, found: HeldLock) -> None:
    """Whoever takes the lock over returns what is borrowed, which must not happen in the middle of a hand-over."""
    last = LastHandOver.decode(primary.call("GET", last_handover_key(group)))
    if last is not None and last.outcome == BEGUN and last.owner == found.record.owner:
        still = f"its hand-over away from {last.old_primary}, begun at {last.begun_at}, has not ended: try again when it has"
        raise Refused(f"group {group} is under maintenance", [still, str(found)])


def announce_restart(primary: NodePort, group: str, owner: str, run_id: str) -> None:
    """Say in the owner's lock which node is restarted next. Raises Refused when the lock is not the owner's any more."""
    key, record = lock_key(group), holder(primary, group)
    if record is not None and record.owner == owner:
        said = replace(record, restarting=run_id)
        if _guarded(primary, key, owner, ("SET", key, said.encode(), "KEEPTTL")):
            return
    raise Refused(f"group {group} is under maintenance by another run", [str(record or "the lock has ended")])


def give_back(primary: NodePort, group: str, owner: str) -> bool:
    """Remove the lock where it is ours. Returns whether it was there."""
    key = lock_key(group)
    return _guarded(primary, key, owner, ("DEL", key))


def _guarded(primary: NodePort, key: str, owner: str, command: Sequence[Any]) -> bool:
    """Run a command on the key only while the owner holds it (WATCH, GET, MULTI, EXEC). Raises what the node refuses."""
    seen = primary.pipeline([("WATCH", key), ("GET", key)])
    refused = _first_error(seen)
    record = LockRecord.decode(seen[-1]) if refused is None else None
    if record is None or record.owner != owner:
        primary.call("UNWATCH")
        if refused is not None:
            raise refused
        return False
    replies = primary.pipeline([("MULTI",), command, ("EXEC",)])
    refused = _first_error(replies)
    if refused is not None:
        raise refused
    # None: somebody changed the key after WATCH, and nothing was carried out.
    return replies[-1] is not None


def _first_error(replies: Sequence[Any]) -> SteadyhandError | None:
    return next((reply for reply in replies if isinstance(reply, SteadyhandError)), None)

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fence: what keeps the old primary from acknowledging writes while another node takes over.

It is a write pause with an end of its own, so that it harms nobody when this process dies. Everything that belongs to one
step is one transaction: the pause starts together with the last check of the lock and the reading of the offset, the
demotion reads the offset for the last time in the same breath in which it takes the role away.
"""

from __future__ import annotations

from typing import Any, Callable

from ..._engine.node import Node
from ..._model.address import Address
from ..._model.errors import Refused, SteadyhandError, Unreachable
from ..._model.handover import Fence
from ..._model.lock import LockRecord, lock_key
from ..._model.replies import parse_info, whole
from ..clock import Clock

PING_PERIOD = "repl-ping-replica-period"
# Seconds; the longest that the engines take. A ping after the fence would move the old primary's offset past the promoted
# one's, and cost it a full synchronisation.
BORROWED_PING_PERIOD = 2147483647


class StandingFence:
    """A fence on one node. ``reopen`` gives a new connection to it when the present one is lost."""

    def __init__(self, node: Node, reopen: Callable[[], Node], clock: Clock, fence_ms: int, ping_period: str) -> None:
        self._node = node
        self._reopen = reopen
        self._clock = clock
        self._ping_period = ping_period
        self._fence_ms = fence_ms
        self.rewrite_error = ""
        self.raised_at = clock.now()
        self.expires_at = self.raised_at + fence_ms / 1000.0

    def raise_(self, group: str, owner: str) -> Fence:
        """Hold writes and read P and R in one transaction.

        Raises Refused, with the fence lifted, when the lock is not ours any more or the node is no primary. Raises
        Unreachable when the answer did not come: then the caller must lift.
        """
        self.raised_at = self._clock.now()
        self.expires_at = self.raised_at + self._fence_ms / 1000.0
        lock, paused, ping, info = self._node.transaction(
            [
                ("GET", lock_key(group)),
                ("CLIENT", "PAUSE", self._fence_ms, "WRITE"),
                ("CONFIG", "SET", PING_PERIOD, BORROWED_PING_PERIOD),
                ("INFO", "replication"),
            ]
        )
        record = LockRecord.decode(lock)
        reasons = [str(reply) for reply in (paused, ping, info) if isinstance(reply, SteadyhandError)]
        if record is None or record.owner != owner:
            reasons.append("the maintenance lock is {}".format("held by " + str(record) if record else "gone"))
        fields = {} if isinstance(info, SteadyhandError) else parse_info(info)
        if fields.get("role") != "master" or fields.get("master_failover_state", "no-failover") != "no-failover":
            reasons.append(f"{self._node.target.name} is not a primary at rest any more")
        if reasons:
            self.lift()
            raise Refused("the hand-over did not begin", reasons)
        return Fence(whole(fields, "master_repl_offset"), fields["master_replid"])

    def lift(self) -> None:
        """Let clients write again and return the ping period, on a new connection if need be.

        Raises Unreachable when that could not be done before the pause ended by itself.
        """
        replies = self._insist([("CLIENT", "UNPAUSE"), ("CONFIG", "SET", PING_PERIOD, self._ping_period)])
        for reply in replies:
            if isinstance(reply, SteadyhandError):
                raise reply

    def demote(self, new_primary: Address) -> int:
        """Turn the fenced node into a replica of the new primary and return Q, its offset at that very moment.

        Raises Refused when it was no primary any more or did not obey; Unreachable when it did not answer in time.
        """
        info, ping, replicaof, rewrite = self._insist(
            [
                ("INFO", "replication"),
                ("CONFIG", "SET", PING_PERIOD, self._ping_period),
                ("REPLICAOF", new_primary.host, new_primary.port),
                ("CONFIG", "REWRITE"),
            ]
        )
        errors = [str(reply) for reply in (info, ping, replicaof) if isinstance(reply, SteadyhandError)]
        if errors:
            raise Refused(f"{self._node.target.name} refused its demotion", errors)
        fields = parse_info(info)
        if fields.get("role") != "master":
            raise Refused("the old primary changed its role meanwhile", [f"it says {fields.get('role')}"])
        self.rewrite_error = str(rewrite) if isinstance(rewrite, SteadyhandError) else ""
        return whole(fields, "master_repl_offset")

    def _insist(self, commands: list[tuple[Any, ...]]) -> list[Any]:
        """Run a transaction, on new connections if need be, until it is answered or the pause has ended by itself."""
        while True:
            try:
                return self._node.transaction(commands)
            except Unreachable:
                if self.seconds_left <= 0:
                    raise
            self._clock.sleep(0.05)
            try:
                self._node = self._reopen()
            except Unreachable:
                # The next turn fails at once on the lost connection, until the pause has ended.
                continue

    def release(self) -> None:
        """Send the waiting clients away, so that they look for the new primary, and end the pause."""
        self._node.transaction(
            [("CLIENT", "KILL", "TYPE", "normal"), ("CLIENT", "KILL", "TYPE", "pubsub"), ("CLIENT", "UNPAUSE")]
        )

    @property
    def seconds_left(self) -> float:
        """Until the pause ends by itself, counted from before it was asked for: never longer than in truth."""
        return self.expires_at - self._clock.now()

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fence: what keeps the old primary from acknowledging writes while another node takes over.

It is a write pause with an end of its own, so that it harms nobody when this process dies. Everything that belongs to one
step is one transaction: the pause starts together with the last check of the lock and the reading of the offset, the
demotion reads the offset for the last time in the same breath in which it takes the role away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from ..._engine.group import GroupConnections
from ..._engine.node import Node
from ..._model.address import Address
from ..._model.errors import AccessDenied, CommandRefused, OutcomeUnknown, Refused, SteadyhandError, Unreachable
from ..._model.handover import Fence
from ..._model.lock import LockRecord, lock_key
from ..._model.replies import parse_info, whole
from ..clock import Clock

PING_PERIOD = "repl-ping-replica-period"
# Seconds; the longest that the engines take. A ping after the fence would move the old primary's offset past the promoted
# one's, and cost it a full synchronisation.
BORROWED_PING_PERIOD = 2147483647


# Seconds below which a fence is prolonged before the demotion.
LEAST_FOR_DEMOTING = 0.3


class StandingFence:
    """A fence on one node. ``reopen`` gives a new connection to it when the present one is lost."""

    def __init__(self, node: Node, reopen: Callable[[], Node], clock: Clock, fence_ms: int, ping_period: str) -> None:
        self._node = node
        self._reopen = reopen
        self._clock = clock
        self._ping_period = ping_period
        self._fence_ms = fence_ms
        self._origin: Fence | None = None
        self._lapsed = False
        self.rewrite_error = ""
        self.raised_at = clock.now()
        self.expires_at = self.raised_at + fence_ms / 1000.0

    def raise_(self, group: str, owner: str) -> Fence:
        """Hold writes and read P and R in one transaction.

        Raises Refused, with the fence lifted, when the node refused the transaction, when the lock is not ours any more or
        the node is no primary. Raises Unreachable when the answer did not come: then the caller must lift.
        """
        self.raised_at = self._clock.now()
        self.expires_at = self.raised_at + self._fence_ms / 1000.0
        try:
            lock, paused, ping, info = self._node.transaction(
                [
                    ("GET", lock_key(group)),
                    ("CLIENT", "PAUSE", self._fence_ms, "WRITE"),
                    ("CONFIG", "SET", PING_PERIOD, BORROWED_PING_PERIOD),
                    ("INFO", "replication"),
                ]
            )
        except (AccessDenied, CommandRefused) as error:
            # A transaction that is refused as a whole has carried out nothing: there is nothing to lift.
            raise Refused("the hand-over did not begin", [str(error)]) from error
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
        self._origin = Fence(whole(fields, "master_repl_offset"), fields["master_replid"])
        return self._origin

    def must_hold(self) -> None:
        """Raises Refused when the node is not what and where it was when its writes were held."""
        try:
            info = self._node.info("replication")
        except Unreachable as error:
            raise Refused("the primary does not answer behind its fence", [str(error)]) from error
        found = Fence(whole(info, "master_repl_offset"), info.get("master_replid", ""))
        if info.get("role") != "master" or found != self._origin:
            raise Refused(
                "the fence does not hold", [f"the primary was at {self._origin} and is {info.get('role')} at {found}"]
            )

    def raise_again(self) -> Fence:
        """Hold writes for a moment more, and say where the primary is now: what it took since the fence lapsed.

        A third of the fence: with the fence itself it stays below down-after-milliseconds. Raises Refused when the node is
        no primary any more, and like a transaction.
        """
        more_ms = self._fence_ms // 3
        asked_at = self._clock.now()
        self._lapsed = self._lapsed or self.seconds_left <= 0
        paused, info = self._node.transaction([("CLIENT", "PAUSE", more_ms, "WRITE"), ("INFO", "replication")])
        for reply in (paused, info):
            if isinstance(reply, SteadyhandError):
                raise reply
        self.expires_at = max(self.expires_at, asked_at + more_ms / 1000.0)
        fields = parse_info(info)
        if fields.get("role") != "master":
            raise Refused("writes need not be held any more", [f"{self._node.target.name} is no primary"])
        return Fence(whole(fields, "master_repl_offset"), fields.get("master_replid", ""))

    def lift(self) -> None:
        """Let clients write again and return the ping period, on a new connection if need be.

        Not one transaction: where the setting may not be returned, clients must go on all the same. Raises Unreachable
        when that could not be done before the pause ended by itself, and what the node answered when it refused.
        """
        commands = [("CLIENT", "UNPAUSE"), ("CONFIG", "SET", PING_PERIOD, self._ping_period)]
        for reply in self._insist(lambda node: node.pipeline(commands)):
            if isinstance(reply, SteadyhandError):
                raise reply

    def lift_or_say(self) -> list[str]:
        """Lift; what went wrong with it is said instead of raised, because the pause ends by itself."""
        try:
            self.lift()
            return self._restarted()
        except SteadyhandError as error:
            return [f"the pause ends by itself, but the old primary could not be told so: {error}"]

    def _restarted(self) -> list[str]:
        """Say so when clients go on with a primary of another history than that which was fenced."""
        fields = self._node.info("replication")
        same = self._origin is None or fields.get("master_replid") == self._origin.replication_id
        if same or fields.get("role") != "master":
            return []
        return [
            f"{self._node.target.name} was restarted meanwhile: it leads with what it had saved, and whatever else"
            " it had acknowledged may be lost"
        ]

    def demote(self, new_primary: Address) -> int:
        """Turn the fenced node into a replica of the new primary and return Q, where its own history ended.

        May be repeated, also after Sentinel has done it. Raises Refused when the node did not obey and is a primary still,
        Unreachable when it did not answer in time, OutcomeUnknown when it is a replica now and Q cannot be told.
        """
        steps: list[tuple[Any, ...]] = [("INFO", "replication"), ("REPLICAOF", new_primary.host, new_primary.port)]
        in_order = [("CONFIG", "SET", PING_PERIOD, self._ping_period), ("CONFIG", "REWRITE")]
        try:
            info, obeyed, _ping, rewrite = self._insist(lambda node: node.transaction(steps + in_order))
        except (AccessDenied, CommandRefused) as refusal:
            # Nothing of it was carried out. The settings can wait; that the node takes no more writes cannot.
            rewrite = refusal
            try:
                info, obeyed = self._insist(lambda node: node.transaction(steps))
            except (AccessDenied, CommandRefused) as error:
                raise Refused(f"{self._node.target.name} refused its demotion", [str(error)]) from error
        errors = [str(reply) for reply in (info, obeyed) if isinstance(reply, SteadyhandError)]
        if errors:
            raise Refused(f"{self._node.target.name} refused its demotion", errors)
        self.rewrite_error = str(rewrite) if isinstance(rewrite, SteadyhandError) else ""
        return self._end_of_history(parse_info(info))

    def _end_of_history(self, fields: Mapping[str, str]) -> int:
        """Q, by what the node said of itself right before it obeyed.

        A node that had been demoted already keeps its own history's end: in its offset until it continues with the new
        primary, as second_repl_offset afterwards. A full synchronisation and a restart erase it (replication.c).
        """
        fenced = self._origin.replication_id if self._origin is not None else ""
        if fields.get("master_replid") == fenced:
            return whole(fields, "master_repl_offset")
        if fields.get("role") == "slave" and fields.get("master_replid2") == fenced:
            return whole(fields, "second_repl_offset") - 1
        cause = "was synchronised anew" if fields.get("role") == "slave" else "was restarted"
        raise OutcomeUnknown(
            f"{self._node.target.name} {cause} meanwhile: how many bytes it took after the fence cannot be told any more"
        )

    def _insist(self, ask: Callable[[Node], list[Any]]) -> list[Any]:
        """Ask, on new connections if need be, until there is an answer or the pause has ended by itself.

        A new connection is tried once in any case: the open one is lost after a Sentinel has changed the node's role.
        """
        last_attempt = False
        while True:
            try:
                return ask(self._node)
            except Unreachable:
                if last_attempt:
                    raise
            last_attempt = self.seconds_left <= 0
            self._clock.sleep(0.05)
            try:
                self._node = self._reopen()
            except Unreachable:
                # The next turn fails at once on the lost connection, until the pause has ended.
                continue

    def send_clients_away(self) -> None:
        """Cut the connections of all clients, so that they look for the new primary; the pause stands."""
        for reply in self._node.pipeline([("CLIENT", "KILL", "TYPE", "normal"), ("CLIENT", "KILL", "TYPE", "pubsub")]):
            if isinstance(reply, SteadyhandError):
                raise reply

    def release(self) -> None:
        """Send the waiting clients away, so that they look for the new primary, and end the pause."""
        self._node.transaction(
            [("CLIENT", "KILL", "TYPE", "normal"), ("CLIENT", "KILL", "TYPE", "pubsub"), ("CLIENT", "UNPAUSE")]
        )

    @property
    def seconds_left(self) -> float:
        """Until the pause ends by itself, counted from before it was asked for: never longer than in truth."""
        return self.expires_at - self._clock.now()

    @property
    def held_ms(self) -> int:
        """Milliseconds since writes began to be held."""
        return int((self._clock.now() - self.raised_at) * 1000)

    @property
    def stands(self) -> bool:
        """Whether writes have been held without a gap since the fence was raised."""
        return not self._lapsed and self.seconds_left > 0


def fence_on(urgent: GroupConnections, clock: Clock, name: str, fence_ms: int, ping_period: str) -> StandingFence:
    """A fence that is not raised yet, on a node of the group. ``ping_period``: what the node has."""

    def reopen() -> Node:
        urgent.forget(name)
        return urgent.node(name)

    return StandingFence(urgent.node(name), reopen, clock, fence_ms, ping_period)

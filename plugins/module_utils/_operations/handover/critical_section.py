# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time of the fence: everything between holding the first write and letting clients go on."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from ..._engine.group import GroupConnections
from ..._engine.node import Node
from ..._model.address import Address
from ..._model.errors import CommandRefused, OutcomeUnknown, Refused, SteadyhandError, Unreachable
from ..._model.handover import (
    DONE,
    REFUSED,
    UNKNOWN,
    Evidence,
    Fence,
    Preflight,
    Proof,
    announced_or_raise,
)
from ..._model.replies import whole
from ..clock import Clock
from .fence import StandingFence

# Seconds of the fence that are kept for what must still be done when a wait is given up.
KEPT_FOR_LIFTING = 0.5
KEPT_FOR_PROMOTION = 1.3
WATCHED_AFTER_CANCEL = 0.3
POLL = 0.005


class NotPromoted(SteadyhandError):
    """Nobody was promoted in time, and the failover was cancelled: nothing has changed."""


class CriticalSection:
    """One passage through the fence. Use: open(), run(), then evidence()."""

    def __init__(
        self, urgent: GroupConnections, clock: Clock, plan: Preflight, group: str, phases: dict[str, int]
    ) -> None:
        self._urgent = urgent
        self._clock = clock
        self._plan = plan
        self._group = group
        self._phases = phases
        self._fence: Fence | None = None
        self._pause_ms: int | None = None
        self.proof: Proof | None = None
        self.new_primary = ""

    def open(self) -> None:
        """Open every connection beforehand, so that no login falls into the pause. Raises Unreachable or AccessDenied."""
        for target in self._urgent.targets.nodes:
            if any(target.name == member.name for member in (self._plan.primary, *self._plan.electable)):
                self._urgent.node(target.name).call("PING")
        for sentinel in self._urgent.targets.sentinels:
            self._urgent.sentinel(sentinel.name).connection.call("PING")

    def run(self, standing: StandingFence, owner: str) -> tuple[str, tuple[str, ...]]:
        """Carry the hand-over through. Returns the outcome and its reasons; the fence is lifted on every way out."""
        try:
            promoted = self._promote(standing, owner)
        except (Refused, NotPromoted, CommandRefused) as error:
            return REFUSED, (str(error), *self._lifted(standing))
        except SteadyhandError as error:
            return UNKNOWN, (str(error), *self._lifted(standing))
        return self._carry_on(standing, promoted)

    def _promote(self, standing: StandingFence, owner: str) -> str:
        """Until somebody leads. Every exception means that nobody was promoted, except OutcomeUnknown and Unreachable."""
        started = self._clock.now()
        try:
            self._fence = standing.raise_(self._group, owner)
        except Unreachable as error:
            # Whether the pause began is unknown, but nothing else was asked for: lifting makes it as it was.
            raise Refused("the primary did not answer when its writes were to be held", [str(error)]) from error
        started = self._phase("fence", started)
        self._all_caught_up(self._fence, standing)
        started = self._phase("prove", started)
        leader = self._urgent.targets.sentinels[0].name
        asked = self._ask(leader)
        promoted = self._await_promotion(standing.seconds_left - KEPT_FOR_PROMOTION)
        if promoted is None:
            promoted = self._cancel(leader, asked)
        self._phase("promote", started)
        return promoted

    def _ask(self, leader: str) -> bool:
        """Ask one Sentinel to fail over. Returns False when it did not answer: it may act all the same."""
        try:
            self._urgent.sentinel(leader).call("FAILOVER", self._group)
        except Unreachable:
            return False
        return True

    def _cancel(self, leader: str, asked: bool) -> str:
        """Cancel a failover that has promoted nobody; returns whoever was promoted in the last moment."""
        try:
            self._urgent.sentinel(leader).call("RESET", self._group)
            cancelled = asked
        except Unreachable:
            cancelled = False
        promoted = self._await_promotion(WATCHED_AFTER_CANCEL)
        if promoted is not None:
            return promoted
        if not cancelled:
            raise OutcomeUnknown(
                f"the Sentinel {leader} was asked to fail over and does not answer any more; it may still promote a replica"
            )
        silent = [str(info) for _name, info in self._replication() if isinstance(info, SteadyhandError)]
        if silent:
            raise OutcomeUnknown("whether somebody was promoted could not be seen: " + "; ".join(silent))
        raise NotPromoted(f"{leader} promoted nobody in time; its failover was cancelled")

    def _all_caught_up(self, fence: Fence, standing: StandingFence) -> None:
        """Wait until every replica that could be promoted has applied every byte of the fenced primary."""
        while True:
            behind = [reason for reason in map(partial(_behind, fence), self._replication()) if reason]
            if not behind:
                return
            if standing.seconds_left < KEPT_FOR_PROMOTION + 1.0:
                raise Refused("replicas did not catch up behind the fence", behind)
            self._clock.sleep(POLL)

    def _replication(self) -> list[tuple[str, Any]]:
        names = [member.name for member in self._plan.electable]
        infos = self._urgent.side_by_side([partial(self._info, name) for name in names])
        return list(zip(names, infos))

    def _info(self, name: str) -> dict[str, str]:
        # Sentinel sends every client of a node away when it promotes it, and this connection with them.
        return self._urgent.ask_node(name, lambda node: node.info("replication"))

    def _await_promotion(self, seconds: float) -> str | None:
        deadline = self._clock.now() + seconds
        while True:
            for name, info in self._replication():
                if not isinstance(info, SteadyhandError) and info.get("role") == "master":
                    return name
            if self._clock.now() >= deadline:
                return None
            self._clock.sleep(POLL)

    def _carry_on(self, standing: StandingFence, promoted: str) -> tuple[str, tuple[str, ...]]:
        """Somebody leads: prove that it has everything, demote the old primary, bring everybody over, release clients."""
        started = self._clock.now()
        self.new_primary = promoted
        member = next(member for member in self._plan.electable if member.name == promoted)
        address = announced_or_raise(member)
        try:
            self.proof = self._inheritance(promoted)
            if not self.proof.inherits_everything:
                return self._undo(standing, promoted)
            self.proof = replace(self.proof, final_offset=standing.demote(address))
        except SteadyhandError as error:
            # The pause is not lifted here: what the old primary acknowledges from now on would be lost. It ends by
            # itself, and about ten seconds later Sentinel demotes the node.
            self._pause_ms = int((self._clock.now() - standing.raised_at) * 1000)
            reason = f"{promoted} leads with everything up to the fence, but the old primary was not seen to step down"
            return UNKNOWN, (f"{reason}: {error}",)
        notes = self._repoint(promoted, address)
        started = self._phase("demote", started)
        notes += self._adopted(standing, address)
        started = self._phase("adopt", started)
        try:
            standing.release()
        except SteadyhandError as error:
            notes.append(f"the pause on the old primary ends by itself: {error}")
        self._pause_ms = int((self._clock.now() - standing.raised_at) * 1000)
        self._phase("release", started)
        if standing.rewrite_error:
            notes.append(f"the old primary could not write its configuration file: {standing.rewrite_error}")
        if self.proof.unproven_bytes:
            notes.insert(0, f"{self.proof.unproven_bytes} bytes were written past the fence and may be lost")
            return UNKNOWN, tuple(notes)
        return DONE, tuple(notes)

    def _inheritance(self, promoted: str) -> Proof:
        assert self._fence is not None
        info = self._info(promoted)
        return Proof(self._fence, info.get("master_replid2", ""), whole(info, "second_repl_offset", 0) - 1)

    def _undo(self, standing: StandingFence, promoted: str) -> tuple[str, tuple[str, ...]]:
        """The promoted node lacks bytes: make it a replica again before any client has heard of it."""
        old = announced_or_raise(self._plan.primary)
        reasons: tuple[str, ...] = (f"{promoted} was promoted without all bytes of the primary",)
        try:
            self._urgent.node(promoted).call("REPLICAOF", old.host, old.port)
            self._urgent.sentinel(self._urgent.targets.sentinels[0].name).call("RESET", self._group)
        except SteadyhandError as error:
            return UNKNOWN, (*reasons, str(error), *self._lifted(standing))
        return REFUSED, (*reasons, "it is a replica of the old primary again", *self._lifted(standing))

    def _repoint(self, promoted: str, address: Address) -> list[str]:
        """Bring the other replicas over without waiting for Sentinel: the new primary may need them to accept writes."""

        def follow(node: Node) -> None:
            node.transaction([("REPLICAOF", address.host, address.port), ("CONFIG", "REWRITE")])

        notes = []
        for member in self._plan.electable:
            if member.name != promoted:
                try:
                    self._urgent.ask_node(member.name, follow)
                except SteadyhandError as error:
                    notes.append(f"{member.name} is left to Sentinel: {error}")
        return notes

    def _adopted(self, standing: StandingFence, address: Address) -> list[str]:
        """Wait until every Sentinel that answers names the new primary; ask a second one when the first is lost."""
        names = [sentinel.name for sentinel in self._urgent.targets.sentinels]
        second_asked = len(names) < 2
        started = self._clock.now()
        notes: list[str] = []
        while True:
            named = self._urgent.side_by_side([partial(self._named_by, name) for name in names])
            pending = [
                n for n, answer in zip(names, named) if answer != address and not isinstance(answer, Unreachable)
            ]
            if not pending and any(answer == address for answer in named):
                return notes
            if not second_asked and self._clock.now() - started > 1.6 and address not in named:
                second_asked = True
                notes.append(self._ask_again(names[1:]))
            if standing.seconds_left < KEPT_FOR_LIFTING:
                return [
                    *notes,
                    "not every Sentinel named the new primary while writes were held: " + ", ".join(pending),
                ]
            self._clock.sleep(POLL)

    def _named_by(self, name: str) -> Address:
        host, port = self._urgent.sentinel(name).call("GET-MASTER-ADDR-BY-NAME", self._group)
        return Address.of(host, port)

    def _ask_again(self, names: list[str]) -> str:
        for name in names:
            try:
                self._urgent.sentinel(name).call("FAILOVER", self._group)
            except SteadyhandError:
                continue
            return f"the first Sentinel did not finish; {name} was asked to adopt the new primary"
        return "the first Sentinel did not finish, and no other could be asked"

    def _lifted(self, standing: StandingFence) -> tuple[str, ...]:
        try:
            standing.lift()
        except SteadyhandError as error:
            return (f"the pause ends by itself, but the old primary could not be told so: {error}",)
        finally:
            self._pause_ms = int((self._clock.now() - standing.raised_at) * 1000)
        return ()

    def _phase(self, name: str, started: float) -> float:
        now = self._clock.now()
        self._phases[name] = int((now - started) * 1000)
        return now

    def evidence(self, base: Evidence) -> Evidence:
        """Add the numbers of this passage to the evidence."""
        proof = self.proof
        return replace(
            base,
            new_primary=self.new_primary,
            fence_offset=self._fence.offset if self._fence else None,
            replication_id=self._fence.replication_id if self._fence else "",
            inherited_id=proof.inherited_id if proof else "",
            inherited_offset=proof.inherited_offset if proof else None,
            final_offset=proof.final_offset if proof else None,
            pause_ms=self._pause_ms,
        )


def _behind(fence: Fence, named: tuple[str, Any]) -> str:
    """Why a replica does not yet have everything; an empty text when it has."""
    name, info = named
    if isinstance(info, SteadyhandError):
        return str(info)
    if info.get("role") == "master":
        return f"{name} became primary by itself"
    if info.get("master_replid") != fence.replication_id or info.get("master_link_status") != "up":
        return f"{name} is not connected to the primary"
    missing = fence.offset - whole(info, "slave_repl_offset")
    return f"{name} lacks {missing} bytes" if missing > 0 else ""

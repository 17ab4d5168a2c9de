# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hand-over by any Sentinel: everything between holding the first write and letting clients go on.

Until somebody is promoted every failure ends with the fence lifted and nothing changed. From then on there is no way back:
it is carried on to the end, and what cannot be seen is reported as unknown.
"""

from __future__ import annotations

from dataclasses import replace

from ..._engine.node import Node
from ..._model.errors import CommandRefused, Refused, SteadyhandError, Unreachable
from ..._model.handover import DONE, REFUSED, UNKNOWN, Fence, Proof
from ..._model.preflight import announced_or_raise
from ..._model.replies import whole
from .adoption import await_adoption, repoint
from .alignment import align
from .fence import PING_PERIOD, StandingFence
from .passage import Passage, Passed
from .promotion import POLL, NotPromoted, ask, await_promotion, behind, call_off, replication_of

# Seconds of the fence that are kept for what must still be done when a wait is given up.
KEPT_FOR_LIFTING = 0.5
KEPT_FOR_PROMOTION = 1.3


class SentinelDriver:
    """One passage under Sentinel (Redis 6.2 and later, every Valkey)."""

    name = "sentinel"

    def __init__(self, passage: Passage) -> None:
        self._passage = passage
        self._leader = ""
        self._proof: Proof | None = None
        self._fence: Fence | None = None

    def run(self) -> Passed:
        """Carry the hand-over through; the fence is lifted or released on every way out."""
        passage = self._passage
        try:
            self._open()
            started = passage.clock.now()
            self._leader, passage.aligned = align(passage.urgent, passage.clock, passage.plan.chosen)
            passage.phase("align", started)
        except SteadyhandError as error:
            return Passed(REFUSED, (str(error),))
        standing = self._new_fence()
        try:
            fence, promoted = self._promote(standing)
        except (Refused, NotPromoted, CommandRefused) as error:
            return self._lifted(standing, REFUSED, str(error))
        except SteadyhandError as error:
            return self._lifted(standing, UNKNOWN, str(error))
        return self._carry_on(standing, fence, promoted)

    def _open(self) -> None:
        """Open every connection beforehand, so that no login falls into the pause. Raises Unreachable or AccessDenied."""
        for member in (self._passage.plan.primary, *self._passage.plan.electable):
            self._passage.urgent.ask_node(member.name, lambda node: node.call("PING"))
        for sentinel in self._passage.urgent.targets.sentinels:
            self._passage.urgent.ask_sentinel(sentinel.name, lambda asked: asked.connection.call("PING"))

    def _new_fence(self) -> StandingFence:
        urgent, primary = self._passage.urgent, self._passage.plan.primary

        def reopen() -> Node:
            urgent.forget(primary.name)
            return urgent.node(primary.name)

        return StandingFence(
            urgent.node(primary.name),
            reopen,
            self._passage.clock,
            self._passage.plan.fence_ms,
            primary.facts.settings[PING_PERIOD],
        )

    def _promote(self, standing: StandingFence) -> tuple[Fence, str]:
        """Until somebody leads. Refused, NotPromoted and CommandRefused mean that nothing has changed."""
        passage = self._passage
        started = passage.clock.now()
        try:
            fence = self._fence = standing.raise_(passage.group, passage.lock_owner)
        except Unreachable as error:
            # Whether the pause began is not known, but nothing else was asked for: lifting makes it as it was.
            raise Refused("the primary did not answer when its writes were to be held", [str(error)]) from error
        started = passage.phase("fence", started)
        self._all_caught_up(fence, standing)
        started = passage.phase("prove", started)
        asked = ask(passage, self._leader)
        promoted = await_promotion(passage, standing.seconds_left - KEPT_FOR_PROMOTION)
        if promoted is None:
            promoted = call_off(passage, self._leader, asked)
        passage.phase("promote", started)
        return fence, promoted

    def _all_caught_up(self, fence: Fence, standing: StandingFence) -> None:
        """Wait until every replica that could be promoted has applied every byte of the fenced primary."""
        while True:
            lacking = [reason for name, info in replication_of(self._passage) if (reason := behind(fence, name, info))]
            if not lacking:
                return
            if standing.seconds_left < KEPT_FOR_PROMOTION + self._passage.plan.fence_ms / 3000.0:
                raise Refused("replicas did not catch up behind the fence", lacking)
            self._passage.clock.sleep(POLL)

    def _carry_on(self, standing: StandingFence, fence: Fence, promoted: str) -> Passed:
        """Somebody leads: prove that it has everything, demote the old primary, bring everybody over, release clients."""
        passage = self._passage
        started = passage.clock.now()
        address = announced_or_raise(next(m for m in passage.plan.electable if m.name == promoted))
        try:
            self._proof = self._inheritance(fence, promoted)
            if not self._proof.inherits_everything:
                return self._undo(standing, promoted)
            final_offset = standing.demote(address)
        except SteadyhandError as error:
            # The pause is not lifted here: what the old primary acknowledges from now on would be lost. It ends by
            # itself, and about ten seconds later Sentinel demotes the node.
            reason = f"{promoted} leads with everything up to the fence, but the old primary was not seen to step down"
            return self._passed(standing, UNKNOWN, (f"{reason}: {error}",), promoted)
        self._proof = replace(self._proof, final_offset=final_offset, fence_stood=standing.seconds_left > 0)
        notes = repoint(passage, promoted, address)
        started = passage.phase("demote", started)
        notes += await_adoption(passage, self._leader, address, standing.expires_at - KEPT_FOR_LIFTING)
        started = passage.phase("adopt", started)
        try:
            standing.release()
        except SteadyhandError as error:
            notes.append(f"the pause on the old primary ends by itself: {error}")
        passage.phase("release", started)
        if standing.rewrite_error:
            notes.append(f"the old primary could not write its configuration file: {standing.rewrite_error}")
        return self._judged(standing, self._proof, promoted, notes)

    def _judged(self, standing: StandingFence, proof: Proof, promoted: str, notes: list[str]) -> Passed:
        if not proof.lossless:
            notes.insert(0, f"{proof.bytes_after_fence} bytes were written past the fence and may be lost")
        elif proof.only_pings_after_fence:
            notes.insert(
                0, "the old primary sent pings after the fence: a full synchronisation follows, nothing is lost"
            )
        return self._passed(standing, DONE if proof.lossless else UNKNOWN, tuple(notes), promoted)

    def _inheritance(self, fence: Fence, promoted: str) -> Proof:
        info = self._passage.urgent.ask_node(promoted, lambda node: node.info("replication"))
        return Proof(fence, info.get("master_replid2", ""), whole(info, "second_repl_offset", 0) - 1)

    def _undo(self, standing: StandingFence, promoted: str) -> Passed:
        """The promoted node lacks bytes: make it a replica again before any client has heard of it."""
        old = announced_or_raise(self._passage.plan.primary)
        reason = f"{promoted} was promoted without all bytes of the primary"
        try:
            self._passage.urgent.node(promoted).call("REPLICAOF", old.host, old.port)
            self._passage.urgent.sentinel(self._leader).call("RESET", self._passage.group)
        except SteadyhandError as error:
            return self._lifted(standing, UNKNOWN, f"{reason}, and it could not be taken back: {error}")
        return self._lifted(standing, REFUSED, f"{reason}; it is a replica of the old primary again")

    def _lifted(self, standing: StandingFence, outcome: str, reason: str) -> Passed:
        """Let clients write on the old primary again."""
        notes: tuple[str, ...] = ()
        try:
            standing.lift()
        except SteadyhandError as error:
            notes = (f"the pause ends by itself, but the old primary could not be told so: {error}",)
        return self._passed(standing, outcome, (reason, *notes))

    def _passed(self, standing: StandingFence, outcome: str, reasons: tuple[str, ...], promoted: str = "") -> Passed:
        pause = int((self._passage.clock.now() - standing.raised_at) * 1000)
        return Passed(outcome, reasons, promoted, self._fence, self._proof, pause)

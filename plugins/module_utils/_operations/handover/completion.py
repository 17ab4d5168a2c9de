# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the promotion to the end: prove, demote the old primary, bring everybody over, let clients go on.

A promotion of which no client has been told is taken back where the old primary cannot be demoted without a loss. Once a
Sentinel has named the new primary there is no way back: then it is carried on to the end, and what cannot be proven is
reported as unknown, with the bytes that are missing.
"""

from __future__ import annotations

from dataclasses import replace

from ..._model.borrowed import NODE, Borrowed
from ..._model.errors import OutcomeUnknown, Refused, SteadyhandError
from ..._model.handover import DONE, REFUSED, UNKNOWN, Fence, Proof
from ..._model.preflight import announced_or_raise
from ..._model.replies import whole
from .adoption import await_adoption, repoint
from .fence import LEAST_FOR_DEMOTING, PING_PERIOD, StandingFence
from .passage import Passage, Passed
from .promotion import Request
from .withdrawal import TooLate, take_back

# Seconds of the fence that are kept for releasing clients when the wait for the Sentinels is given up.
KEPT_FOR_RELEASE = 0.5


class Completion:
    """The second half of one passage: ``promoted`` says of itself that it leads, or a Sentinel names it."""

    def __init__(
        self, passage: Passage, standing: StandingFence, fence: Fence, promoted: str, leader: str, request: Request
    ) -> None:
        self._passage = passage
        self._standing = standing
        self._fence = fence
        self._promoted = promoted
        self._leader = request.answered[-1] if request.answered else leader
        self._request = request
        self._old = passage.plan.primary.name
        self._address = announced_or_raise(next(m for m in passage.plan.electable if m.name == promoted))
        self._proof: Proof | None = None
        self._final_offset: int | None = None
        self._fence_stood = False
        self._notes = [f"{name} began a failover of its own, which was called off" for name in request.called_off]

    def run(self) -> Passed:
        """Carry it through. Clients are released, or the pause ends by itself."""
        passage = self._passage
        started = passage.clock.now()
        trouble = self._trouble()
        taken_back = self._taken_back(trouble) if trouble else None
        if taken_back is not None:
            return taken_back
        unseen = False
        try:
            self._final_offset = self._standing.demote(self._address)
        except Refused as refusal:
            return self._taken_back(str(refusal)) or self._with_two_primaries(str(refusal))
        except OutcomeUnknown as error:
            self._notes.append(str(error))
        except SteadyhandError as error:
            # The pause is not lifted: what this node acknowledged from now on would be lost. It ends by itself, and about
            # ten seconds later Sentinel demotes the node.
            self._notes.append(f"{self._old} was not seen to step down: {error}")
            unseen = True
        self._fence_stood = self._standing.stands
        self._notes += repoint(passage, self._promoted, self._address)
        # Not before: with min-replicas-to-write the new primary takes no write until its replicas have come over.
        trouble = self._cross_out()
        started = passage.phase("demote", started)
        self._await_adoption()
        if trouble:
            trouble = self._cross_out()
            self._notes += [trouble] if trouble else []
        started = passage.phase("adopt", started)
        if not unseen:
            self._release()
        passage.phase("release", started)
        return self._judged()

    def _trouble(self) -> str:
        """Why the old primary should rather keep its role; an empty text when nothing stands against its demotion."""
        try:
            proof = self._proof = self._inheritance()
        except SteadyhandError as error:
            return f"{self._promoted} was promoted and does not answer: {error}"
        if not proof.inherits_everything:
            return f"{self._promoted} was promoted without all bytes of {self._old}{_missing(proof)}"
        if self._standing.seconds_left >= LEAST_FOR_DEMOTING:
            return ""
        try:
            now = self._standing.raise_again()
        except SteadyhandError:
            # Whatever it is, the demotion meets it too, and says it.
            return ""
        if now.replication_id != self._fence.replication_id or now.offset == self._fence.offset:
            # A restarted primary may have come back with less than the promoted node has: it must not be made to lead.
            return ""
        took = now.offset - self._fence.offset
        return f"the fence ended before {self._promoted} was seen to lead, and {self._old} took {took} bytes since"

    def _inheritance(self) -> Proof:
        info = self._passage.urgent.ask_node(self._promoted, lambda node: node.info("replication"))
        return Proof(self._fence, info.get("master_replid2", ""), whole(info, "second_repl_offset", 0) - 1)

    def _taken_back(self, reason: str) -> Passed | None:
        """Take the promotion back and let clients go on with the old primary; None when it is too late for that."""
        try:
            left = take_back(self._passage, self._promoted, self._request)
        except TooLate as error:
            self._notes.append(f"{reason}; there was no way back: {error}")
            return None
        except SteadyhandError as error:
            return self._lifted(UNKNOWN, f"{reason}; taking the promotion back did not end well: {error}")
        if left:
            return self._lifted(UNKNOWN, f"{reason}; clients go on with {self._old}, {left}")
        return self._lifted(REFUSED, f"{reason}; {self._promoted} is a replica of {self._old} again")

    def _lifted(self, outcome: str, reason: str) -> Passed:
        notes = self._standing.lift_or_say()
        return Passed(outcome, (reason, *notes), "", self._fence, self._proof, self._standing.held_ms)

    def _with_two_primaries(self, refusal: str) -> Passed:
        """The old primary does not obey, and the new one is known: keep clients away from the old one."""
        self._notes.append(f"{self._old} is a primary beside {self._promoted} until Sentinel demotes it")
        self._notes += repoint(self._passage, self._promoted, self._address)
        # While its writes are held: whoever looks for the primary before every Sentinel knows the new one comes back.
        self._await_adoption()
        try:
            self._standing.send_clients_away()
        except SteadyhandError as error:
            self._notes.append(f"its clients could not be sent away: {error}")
        return self._passed(UNKNOWN, refusal)

    def _cross_out(self) -> str:
        """Strike off the ledger what the demotion returned: left there, it tells the next run of a loss.

        Returns what went wrong with that.
        """
        proof = self._whole_proof()
        if proof is None or not proof.lossless or self._standing.rewrite_error:
            return ""
        ledger = self._passage.ledger
        ledger.keeper = self._promoted
        try:
            ledger.strike(Borrowed(NODE, self._old, PING_PERIOD), self._passage.urgent)
        except SteadyhandError as error:
            return f"the ledger on {self._promoted} could not be written at once: {error}"
        return ""

    def _await_adoption(self) -> None:
        deadline = self._standing.expires_at - KEPT_FOR_RELEASE
        self._notes += await_adoption(self._passage, self._leader, self._address, deadline)

    def _release(self) -> None:
        try:
            self._standing.release()
        except SteadyhandError as error:
            self._notes.append(f"the pause on the old primary ends by itself: {error}")
        if self._standing.rewrite_error:
            self._notes.append(
                f"the old primary could not write its configuration file: {self._standing.rewrite_error}"
            )

    def _whole_proof(self) -> Proof | None:
        if self._proof is None:
            return None
        return replace(self._proof, final_offset=self._final_offset, fence_stood=self._fence_stood)

    def _judged(self) -> Passed:
        if self._proof is None:
            try:
                self._proof = self._inheritance()
            except SteadyhandError as error:
                return self._passed(UNKNOWN, f"without a word from {self._promoted} there is no proof: {error}")
        proof = self._proof = self._whole_proof()
        if proof is None or not proof.lossless:
            return self._passed(UNKNOWN, f"it is not proven that nothing was lost{_missing(proof)}")
        return self._passed(DONE)

    def _passed(self, outcome: str, *reasons: str) -> Passed:
        return Passed(
            outcome, (*reasons, *self._notes), self._promoted, self._fence, self._proof, self._standing.held_ms
        )


def _missing(proof: Proof | None) -> str:
    """The bytes that the old primary acknowledged and the new one has not, as far as they can be counted."""
    if proof is None:
        return ""
    if proof.inherited_id != proof.fence.replication_id:
        return ": it follows another history"
    end = proof.fence.offset if proof.final_offset is None else proof.final_offset
    missing = end - proof.inherited_offset
    return f": {missing} bytes are missing" if missing > 0 else ""

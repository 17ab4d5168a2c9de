# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hand-over by a Valkey Sentinel that coordinates it: SENTINEL FAILOVER ... COORDINATED (Valkey 9.1.1 and later).

The Sentinel itself pauses the primary and has it exchange roles with the replica by FAILOVER. Ours are the choice, the
moment, the nudging of the replica's acknowledgement, the proof from both sides, and the way out of every abort: the
engine's own would leave writes paused for the failover time-out.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..._model.address import Address
from ..._model.errors import OutcomeUnknown, Refused, SteadyhandError, Unreachable
from ..._model.handover import DONE, REFUSED, UNKNOWN, Fence, Proof
from ..lock import holder
from .adoption import await_adoption, repoint
from .alignment import BEST_AGE_COORDINATED, align
from .nudging import NUDGE, Nudger
from .passage import Passage, Passed
from .promotion import NotPromoted, PrimaryEnded, call_off, what_sentinels_do
from .side import Side, if_answering
from .swap import prove, send_clients_on, take_up_again

FAILOVER_TIMEOUT = "failover-timeout"
# Milliseconds. It is the longest pause that the Sentinel asks for, and until when it gives up by itself.
BORROWED_FAILOVER_TIMEOUT_MS = 5000
# Seconds after which a primary that has not begun to step down is left as it is, and the Sentinel stopped.
BEGIN_WITHIN = 3.0
ADOPT_WITHIN = 3.0
AT_REST_POLL = 0.1


class CoordinatedDriver:
    """One passage that the Sentinel coordinates."""

    name = "coordinated"

    def __init__(self, passage: Passage) -> None:
        self._passage = passage
        plan = passage.plan
        self._old = Side.of(plan.primary)
        self._new = Side.of(plan.chosen)
        self._held_since: float | None = None
        self._leader = ""
        self._answered = False
        self._notes: list[str] = []

    def run(self) -> Passed:
        """Borrow the time-out, wait for the moment, ask, nudge, prove, see it adopted, release."""
        passage = self._passage
        try:
            replication_id = self._prepare()
            started = passage.clock.now()
            self._ask()
        except SteadyhandError as error:
            return self._ended(REFUSED, (str(error),))
        try:
            self._await_exchange()
        except NotPromoted as error:
            return self._ended(REFUSED, (str(error),))
        except SteadyhandError as error:
            return self._ended(UNKNOWN, (str(error), *self._until_at_rest()))
        proof = None
        try:
            proof = prove(passage.urgent, passage.clock, replication_id, self._old, self._new)
        except SteadyhandError as error:
            # The roles are exchanged: whatever cannot be read, clients must be sent on.
            self._notes.append(f"there is no proof: {error}")
        started = passage.phase("exchange", started)
        notes = self._notes + repoint(passage, self._new.name, self._new.address)
        notes += await_adoption(passage, self._leader, self._new.address, passage.clock.now() + ADOPT_WITHIN)
        started = passage.phase("adopt", started)
        notes += filter(None, [send_clients_on(passage.urgent, self._old.name)])
        passage.phase("release", started)
        if proof is None or not proof.lossless:
            notes += self._until_at_rest()
            return self._ended(UNKNOWN, tuple(notes), self._new.name, proof.fence if proof else None, proof)
        return self._ended(DONE, tuple(notes), self._new.name, proof.fence, proof)

    def _ask(self) -> None:
        """Ask the Sentinel. Raises CommandRefused or AccessDenied when it declined; its answer may be lost, and it acts."""
        try:
            self._passage.urgent.sentinel(self._leader).call("FAILOVER", self._passage.group, "COORDINATED")
            self._answered = True
        except Unreachable as error:
            self._passage.urgent.forget(self._leader)
            self._notes.append(f"the answer of {self._leader} was lost: {error}")

    def _until_at_rest(self) -> list[str]:
        """Wait until no Sentinel is in the middle of it, so that the time-out that it was lent is not returned before.

        It gives up by itself after that time-out. Returns what is to be said of one that has not.
        """
        deadline = self._passage.clock.now() + 2 * BORROWED_FAILOVER_TIMEOUT_MS / 1000.0
        while True:
            _promoted, failing_over = what_sentinels_do(self._passage)
            if not failing_over:
                return []
            if self._passage.clock.now() > deadline:
                return [f"{', '.join(sorted(failing_over))} is failing over still"]
            self._passage.clock.sleep(AT_REST_POLL)

    def _prepare(self) -> str:
        """Everything that disturbs no client. Returns the replication id of the primary. Raises SteadyhandError."""
        passage = self._passage
        if not passage.sentinel_timeouts:
            raise Refused("the coordinated hand-over", ["no Sentinel's failover-timeout is known"])
        for name, before in passage.sentinel_timeouts.items():
            if before > BORROWED_FAILOVER_TIMEOUT_MS:
                passage.ledger.borrow_parameter(name, FAILOVER_TIMEOUT, str(before), str(BORROWED_FAILOVER_TIMEOUT_MS))
        passage.open_nodes()
        began = passage.clock.now()
        self._leader, passage.aligned = align(passage.urgent, passage.clock, passage.plan.chosen, BEST_AGE_COORDINATED)
        passage.phase("align", began)
        primary = passage.urgent.node(self._old.name)
        record = holder(primary, passage.group)
        if record is None or record.owner != passage.lock_owner:
            raise Refused("the hand-over did not begin", [f"the maintenance lock is {record or 'gone'}"])
        return primary.info("replication")["master_replid"]

    def _await_exchange(self) -> None:
        """Nudge until the roles are exchanged.

        Raises NotPromoted when nothing has changed and nothing can any more; any other error means that this is open.
        """
        passage, clock = self._passage, self._passage.clock
        began = clock.now()
        with Nudger(passage.urgent.targets) as nudge:
            while True:
                old, new = self._word_of(self._old), self._word_of(self._new)
                old_role = old.get("role", "")
                if self._held_since is None and (
                    old_role == "slave" or old.get("master_failover_state", "no-failover") != "no-failover"
                ):
                    self._held_since = clock.now()
                if old_role == "slave" and self._chosen_otherwise(old):
                    continue
                if new.get("role") == "master" and old_role == "slave":
                    return
                if clock.now() - began > BEGIN_WITHIN:
                    self._give_up(old_role, new.get("role", ""))
                nudge(self._new.name)
                clock.sleep(NUDGE)

    def _word_of(self, side: Side) -> dict[str, str]:
        """What a node says of its replication, or nothing: it is silent or busy, and the exchange goes on all the same."""
        try:
            return if_answering(self._passage.urgent, side.name)
        except SteadyhandError:
            return {}

    def _chosen_otherwise(self, old: Mapping[str, str]) -> bool:
        """Go on with the replica that the primary steps down for, where the Sentinel found the wanted one dead.

        It is as good: the engine lets nobody take over who lacks a byte. To call the Sentinel off now would have it forget
        whom it promoted.
        """
        followed = Address.of(old["master_host"], old["master_port"])
        for member in self._passage.plan.electable:
            if member.announced == followed and member.name != self._new.name:
                self._notes.append(f"the Sentinel chose {member.name}, not {self._new.name}")
                self._new = Side.of(member)
                return True
        return False

    def _give_up(self, old_role: str, new_role: str) -> None:
        """Stop the Sentinel first, then the engine's own exchange. Always raises."""
        passage = self._passage
        if new_role == "master":
            raise OutcomeUnknown(f"{self._new.name} leads, and {self._old.name} was not seen to follow it")
        try:
            promoted = call_off(passage, self._leader, self._answered)
        except NotPromoted:
            take_up_again(passage.urgent, self._old.name)
            if self._word_of(self._new).get("role") != "slave":
                raise OutcomeUnknown(f"{self._new.name} was not seen to follow {self._old.name} again") from None
            raise
        except PrimaryEnded:
            raise
        except OutcomeUnknown as error:
            # The replica or the Sentinel is silent. Clients wait, so the old primary leads on; what the other does when it
            # goes on is for Sentinel to put right, and for people to know.
            take_up_again(passage.urgent, self._old.name)
            raise OutcomeUnknown(f"{error}; {self._old.name} leads on") from error
        said = old_role or "nothing"
        raise OutcomeUnknown(f"{promoted} was promoted in the last moment; {self._old.name} says {said}")

    def _ended(
        self,
        outcome: str,
        reasons: tuple[str, ...],
        promoted: str = "",
        fence: Fence | None = None,
        proof: Proof | None = None,
    ) -> Passed:
        now = self._passage.clock.now()
        held = None if self._held_since is None else int((now - self._held_since) * 1000)
        return Passed(outcome, reasons, promoted, fence, proof, held)

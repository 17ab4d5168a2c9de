# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hand-over without Sentinels: the roles are exchanged, and a hook of the user's moves the traffic.

Traffic is moved while writes are still held on the old primary: by a command within one call, or by tasks between two
calls. When that fails, the roles are exchanged back in the same way, and clients that waited are served by the old primary
as if nothing had happened. From the exchange on nothing is written to the new primary until clients are let go: the paused
old one would not apply it, and so could not take its role back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from ..._model.address import Address
from ..._model.borrowed import NODE, Borrowed
from ..._model.errors import OutcomeUnknown, Refused, SteadyhandError
from ..._model.handover import DONE, HANDED_BACK, REFUSED, ROUTING, UNKNOWN, Fence, Proof
from ..._model.replies import whole
from ..._model.routing import Routing
from ..lock import unix_ms
from .adoption import follow
from .fence import PING_PERIOD
from .ledger import note_routing, strike_routing
from .passage import Passage, Passed
from .side import Side, if_answering, replication
from .swap import prove, send_clients_on, swap
from .swap_by_hand import swap_by_hand

# Milliseconds of the pause besides what routing may take.
OWN_SHARE_MS = 5000
Route = Callable[[Address, Address], None]
"""Moves the traffic from the first address to the second. Raises Refused when it could not."""


class BareDriver:
    """One passage without Sentinels. Without a ``route``, the traffic is moved after `run`, and `release` or `hand_back`
    follows. ``route_seconds`` is the longest time that moving it takes. ``routing``: what was written down before."""

    name = "bare"

    def __init__(
        self, passage: Passage, route: Route | None, route_seconds: float, routing: Routing | None = None
    ) -> None:
        self._passage = passage
        self._route = route
        self.pause_ms = pause_ms(route_seconds)
        self._old = Side.of(passage.plan.primary)
        self._new = Side.of(passage.plan.chosen)
        self._routing = routing or Routing(self._old.name, self._new.name)
        self._began = passage.clock.now()

    def run(self) -> Passed:
        """Exchange, prove, bring everybody over, route, release; or up to where others route."""
        passage = self._passage
        try:
            self._open()
        except SteadyhandError as error:
            return self._passed(REFUSED, (str(error),))
        started = self._began = passage.clock.now()
        try:
            fence, proof = self._swap(self._old, self._new, self.pause_ms)
        except Refused as error:
            return self._passed(REFUSED, (*error.reasons, *self._strike_everything_of_new()))
        except SteadyhandError as error:
            return self._passed(UNKNOWN, (str(error), *self._let_go()))
        started = passage.phase("exchange", started)
        # The others follow through the old primary meanwhile; clients wait for them only where writes need them, or where
        # this process is not there to bring them over afterwards.
        early = self._route is None or self._writes_need_replicas
        notes = self._bring_over(self._new) if early else ()
        if self._route is None and proof.lossless:
            return self._passed(ROUTING, notes, self._new.name, fence, proof)
        if self._route is not None and proof.lossless:
            try:
                self._route(self._old.address, self._new.address)
            except Refused as error:
                return self._back(self._route, fence, proof, error)
        started = passage.phase("route", started)
        notes += tuple(filter(None, [send_clients_on(passage.urgent, self._old.name)]))
        started = passage.phase("release", started)
        released = self._passed(DONE if proof.lossless else UNKNOWN, (), self._new.name, fence, proof)
        if proof.lossless:
            notes += self._strike(self._new)
        if not early:
            notes += self._bring_over(self._new)
        passage.phase("repoint", started)
        return replace(released, reasons=notes)

    def release(self) -> Passed:
        """Let the clients of the old primary go, after their traffic was moved in whatever way; prove once more."""
        passage = self._passage
        started = passage.clock.now()
        notes = tuple(filter(None, [send_clients_on(passage.urgent, self._old.name)]))
        passage.phase("release", started)
        try:
            notes += self._how_long_clients_waited()
            notes += self._bring_over(self._new)
            inherited = passage.urgent.ask_node(self._new.name, lambda node: node.info("replication"))
            history = inherited.get("master_replid2", "")
            if not history.strip("0"):
                # Two nodes that have never changed roles agree on this, and it proves nothing.
                raise OutcomeUnknown(f"{self._new.name} took over from nobody")
            proof = prove(passage.urgent, passage.clock, history, self._old, self._new)
        except SteadyhandError as error:
            # Traffic was moved all the same: there is nothing left to end.
            notes += self._strike(self._new)
            if self._new.name == self._routing.old:
                return self._passed(
                    DONE, (f"{self._new.name} leads as before, so that nothing is to be proven", *notes)
                )
            reason = f"the proof cannot be read from the servers any more; that of the first call stands ({error})"
            return self._passed(UNKNOWN, (reason, *notes), self._new.name)
        notes += self._strike(self._new)
        if not proof.lossless:
            return self._passed(UNKNOWN, ("the proof does not hold", *notes), self._new.name, proof.fence, proof)
        return self._passed(DONE, notes, self._new.name, proof.fence, proof)

    def hand_back(self) -> Passed:
        """Exchange the roles back and let clients write on the old primary. It stays written down until traffic is back."""
        try:
            fence, proof, notes = self._swapped_back()
        except SteadyhandError as error:
            note = f"{self._new.name} leads with everything; handing the role back failed: {error}"
            return self._passed(UNKNOWN, (note,), self._new.name)
        if not proof.lossless:
            return self._passed(UNKNOWN, ("handing back was not proven lossless", *notes), self._old.name, fence, proof)
        return self._passed(HANDED_BACK, notes, self._old.name, fence, proof)

    def _open(self) -> None:
        """Open connections, and write down what is about to happen. Raises SteadyhandError, with nothing changed."""
        passage = self._passage
        since_ms = passage.urgent.ask_node(self._old.name, unix_ms)
        passage.urgent.ask_node(self._new.name, lambda node: node.call("PING"))
        for side in (self._old, self._new):
            # Of both: by the time at which the new primary's would be borrowed for handing back, nothing may be written.
            if side.by_hand:
                passage.ledger.note(Borrowed(NODE, side.name, PING_PERIOD), side.ping_period)
        self._routing = replace(self._routing, since_ms=since_ms, until_ms=since_ms + self.pause_ms)
        note_routing(passage.urgent, self._old.name, self._routing)

    def _how_long_clients_waited(self) -> tuple[str, ...]:
        """Set the beginning of the pause by what was written down; says for how long clients were refused after its end."""
        routing = self._routing
        if routing.old != self._old.name or not routing.since_ms:
            return ()
        now_ms = self._passage.urgent.ask_node(self._old.name, unix_ms)
        self._began = self._passage.clock.now() - (min(now_ms, routing.until_ms) - routing.since_ms) / 1000.0
        refused = (now_ms - routing.until_ms) / 1000
        return (
            (f"clients of {self._old.name} were refused for up to {refused:.0f} s: the pause had ended",)
            if refused > 0
            else ()
        )

    def _swap(self, old: Side, new: Side, milliseconds: int) -> tuple[Fence, Proof]:
        return (swap_by_hand if old.by_hand else swap)(self._passage, old, new, milliseconds)

    def _strike(self, leader: Side) -> tuple[str, ...]:
        return strike_routing(self._passage.urgent, leader.name, self._routing)

    def _strike_everything_of_new(self) -> tuple[str, ...]:
        """Cross out what was written down only in case of a way back, when there was not even a way there."""
        notes = self._strike(self._old)
        if self._new.by_hand:
            try:
                self._passage.ledger.strike(Borrowed(NODE, self._new.name, PING_PERIOD))
            except SteadyhandError as error:
                notes += (f"the ledger on {self._old.name} could not be written: {error}",)
        return notes

    @property
    def _writes_need_replicas(self) -> bool:
        """Whether the new primary would refuse writes with the old one as its only replica."""
        return whole(self._passage.plan.chosen.facts.settings, "min-replicas-to-write") > 1

    def _let_go(self) -> tuple[str, ...]:
        """After an exchange whose end was not seen: let clients write where somebody leads, as far as that can be told.

        No client has been told of the new primary yet. So where it does not answer, the old one leads on with everything.
        """
        urgent, old = self._passage.urgent, self._old.name
        try:
            state = urgent.ask_node(old, replication)
            if state["role"] == "slave" and not if_answering(urgent, self._new.name):
                urgent.ask_node(old, lambda node: node.transaction([("REPLICAOF", "NO", "ONE"), ("CONFIG", "REWRITE")]))
                state = urgent.ask_node(old, replication)
            if state.get("master_failover_state", "no-failover") != "no-failover":
                return (f"{old} is still exchanging roles; its pause ends by itself",)
            urgent.ask_node(old, lambda node: node.call("CLIENT", "UNPAUSE"))
        except SteadyhandError as error:
            return (f"the pause on {old} ends by itself: {error}",)
        if state["role"] != "master":
            return (f"{self._new.name} leads, and traffic was not moved to it",)
        return (f"{old} leads with everything; {self._new.name} may take itself for a primary",)

    def _bring_over(self, leader: Side) -> tuple[str, ...]:
        """Let every other replica follow the one that leads, and write down all roles."""
        notes = []
        for member in (self._passage.plan.primary, *self._passage.plan.attached):
            exchanged = member.name in (self._old.name, self._new.name)
            try:
                if exchanged:
                    self._passage.urgent.ask_node(member.name, lambda node: node.call("CONFIG", "REWRITE"))
                else:
                    note = self._passage.urgent.ask_node(member.name, partial(follow, leader.address))
                    notes += [note] if note else []
            except SteadyhandError as error:
                notes.append(f"{member.name} was not brought over or not written down: {error}")
        return tuple(notes)

    def _swapped_back(self) -> tuple[Fence, Proof, tuple[str, ...]]:
        """Exchange the roles back and end both pauses. Raises SteadyhandError."""
        urgent = self._passage.urgent
        notes: tuple[str, ...] = ()
        try:
            fence, proof = self._swap(self._new, self._old, OWN_SHARE_MS)
        except Refused as refusal:
            notes = self._made_able_to_catch_up(refusal)
            fence, proof = self._swap(self._new, self._old, OWN_SHARE_MS)
        notes += self._bring_over(self._old)
        for side in (self._new, self._old):
            urgent.ask_node(side.name, lambda node: node.call("CLIENT", "UNPAUSE"))
        return fence, proof, notes

    def _made_able_to_catch_up(self, refusal: Refused) -> tuple[str, ...]:
        """End the pause of the old primary where it stands in its way; what that did to its clients, as notes.

        Some traffic was moved already then: what the new primary took, the old one applies only without its pause.
        """
        urgent = self._passage.urgent
        wanted = whole(urgent.ask_node(self._new.name, replication), "master_repl_offset")
        if whole(urgent.ask_node(self._old.name, replication), "slave_repl_offset") >= wanted:
            return (f"the first attempt to hand the role back failed: {'; '.join(refusal.reasons)}",)
        urgent.ask_node(self._old.name, lambda node: node.call("CLIENT", "UNPAUSE"))
        return (f"{self._new.name} took writes already; clients that waited at {self._old.name} were refused",)

    def _back(self, route: Route, fence: Fence, proof: Proof, why: Refused) -> Passed:
        """Routing failed: hand the role back, losing nothing, and let the waiting clients write on the old primary."""
        reasons = (f"traffic could not be moved: {'; '.join(why.reasons)}",)
        leader = self._new.name
        try:
            _fence, back, notes = self._swapped_back()
            leader = self._old.name
            if not back.lossless:
                raise OutcomeUnknown("handing back was not proven lossless")
            route(self._new.address, self._old.address)
        except SteadyhandError as error:
            note = f"{leader} leads with everything; handing back or routing back failed too: {error}"
            return self._passed(UNKNOWN, (*reasons, note), leader, fence, proof)
        notes += self._strike(self._old)
        return self._passed(REFUSED, (*reasons, "the role was handed back, nothing is lost", *notes))

    def _passed(
        self,
        outcome: str,
        reasons: tuple[str, ...],
        promoted: str = "",
        fence: Fence | None = None,
        proof: Proof | None = None,
    ) -> Passed:
        pause = int((self._passage.clock.now() - self._began) * 1000)
        return Passed(outcome, reasons, promoted, fence, proof, pause)


def pause_ms(route_seconds: float) -> int:
    """For how many milliseconds writes may be held at most, when moving the traffic may take so many seconds."""
    return OWN_SHARE_MS + int(route_seconds * 1000)

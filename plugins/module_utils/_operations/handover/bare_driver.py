# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hand-over without Sentinels: the engine exchanges the roles, and a command of the user's moves the traffic.

Traffic is moved while writes are still held on the old primary. When that fails, the roles are exchanged back in the same
way, and clients that waited are served by the old primary as if nothing had happened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..._engine.node import Node
from ..._model.address import Address
from ..._model.errors import Refused, SteadyhandError
from ..._model.handover import DONE, REFUSED, UNKNOWN, Fence, Proof
from ..._model.preflight import announced_or_raise
from ..._model.replies import whole
from .passage import Passage, Passed
from .swap import Side, send_clients_on, swap

# Milliseconds of the pause besides what routing may take.
OWN_SHARE_MS = 5000
Route = Callable[[Address, Address], None]
"""Moves the traffic from the first address to the second. Raises Refused when it could not."""


class BareDriver:
    """One passage without Sentinels. ``route_seconds`` is the longest time that ``route`` takes."""

    name = "bare"

    def __init__(self, passage: Passage, route: Route, route_seconds: float) -> None:
        self._passage = passage
        self._route = route
        self._pause_ms = OWN_SHARE_MS + int(route_seconds * 1000)
        plan = passage.plan
        self._old = Side(plan.primary.name, announced_or_raise(plan.primary))
        self._new = Side(plan.chosen.name, announced_or_raise(plan.chosen))
        self._began = passage.clock.now()

    def run(self) -> Passed:
        """Exchange, prove, bring everybody over, route, release."""
        passage = self._passage
        started = self._began = passage.clock.now()
        try:
            fence, proof = swap(passage, self._old, self._new, self._pause_ms)
        except Refused as error:
            return self._passed(REFUSED, error.reasons)
        except SteadyhandError as error:
            return self._passed(UNKNOWN, (str(error), *self._let_go()))
        started = passage.phase("exchange", started)
        # The others follow through the old primary meanwhile; clients wait for them only where writes need them.
        notes = self._bring_over() if self._writes_need_replicas else ()
        if proof.lossless:
            try:
                self._route(self._old.address, self._new.address)
            except Refused as error:
                return self._back(fence, proof, error)
        started = passage.phase("route", started)
        notes += tuple(filter(None, [send_clients_on(passage.urgent, self._old.name)]))
        started = passage.phase("release", started)
        released = self._passed(DONE if proof.lossless else UNKNOWN, (), self._new.name, fence, proof)
        if not self._writes_need_replicas:
            notes += self._bring_over()
        passage.phase("repoint", started)
        return replace(released, reasons=notes)

    @property
    def _writes_need_replicas(self) -> bool:
        """Whether the new primary would refuse writes with the old one as its only replica."""
        return whole(self._passage.plan.chosen.facts.settings, "min-replicas-to-write") > 1

    def _let_go(self) -> tuple[str, ...]:
        """End the pause after an exchange whose end was not seen, where the old node has stepped down or never did."""
        urgent = self._passage.urgent
        try:
            state = urgent.ask_node(self._old.name, lambda node: node.info("replication"))
            if state["role"] == "slave" or state.get("master_failover_state") == "no-failover":
                urgent.ask_node(self._old.name, lambda node: node.call("CLIENT", "UNPAUSE"))
                return ()
            return (f"{self._old.name} is still exchanging roles; its pause ends by itself",)
        except SteadyhandError as error:
            return (f"the pause on {self._old.name} ends by itself: {error}",)

    def _bring_over(self, name: str = "") -> tuple[str, ...]:
        """Let every other replica follow the new primary, and write down all roles."""
        leader = self._old if name else self._new
        address = leader.address

        def follow(node: Node) -> None:
            node.transaction([("REPLICAOF", address.host, address.port), ("CONFIG", "REWRITE")])

        notes = []
        for member in (self._passage.plan.primary, *self._passage.plan.attached):
            exchanged = member.name in (self._old.name, self._new.name)
            try:
                if exchanged:
                    self._passage.urgent.ask_node(member.name, lambda node: node.call("CONFIG", "REWRITE"))
                else:
                    self._passage.urgent.ask_node(member.name, follow)
            except SteadyhandError as error:
                notes.append(f"{member.name} was not brought over or not written down: {error}")
        return tuple(notes)

    def _back(self, fence: Fence, proof: Proof, why: Refused) -> Passed:
        """Routing failed: hand the role back, losing nothing, and let the waiting clients write on the old primary."""
        urgent = self._passage.urgent
        reasons = (f"traffic could not be moved: {'; '.join(why.reasons)}",)
        try:
            _fence, back = swap(self._passage, self._new, self._old, OWN_SHARE_MS)
            notes = self._bring_over(self._old.name)
            urgent.ask_node(self._new.name, lambda node: node.call("CLIENT", "UNPAUSE"))
            urgent.ask_node(self._old.name, lambda node: node.call("CLIENT", "UNPAUSE"))
            self._route(self._new.address, self._old.address)
        except SteadyhandError as error:
            note = f"{self._new.name} leads with everything; handing back or routing back failed too: {error}"
            return self._passed(UNKNOWN, (*reasons, note), self._new.name, fence, proof)
        if not back.lossless:
            return self._passed(UNKNOWN, (*reasons, "handing back was not proven lossless"), "", fence, back)
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

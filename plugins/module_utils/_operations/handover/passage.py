# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every driver is given and what it returns: one passage of the role from one node to another."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..._engine.group import GroupConnections
from ..._model.handover import Fence, Proof
from ..._model.preflight import Preflight
from ..clock import Clock
from .ledger import Ledger


@dataclass
class Passage:
    """One passage under way. ``urgent`` are connections with a short time-out; ``phases`` collects milliseconds.

    ``sentinel_timeouts``: the failover-timeout of each Sentinel in milliseconds, by its name.
    """

    urgent: GroupConnections
    clock: Clock
    plan: Preflight
    ledger: Ledger
    lock_owner: str
    phases: dict[str, int] = field(default_factory=dict)
    aligned: bool | None = None
    sentinel_timeouts: dict[str, int] = field(default_factory=dict)

    @property
    def group(self) -> str:
        return self.urgent.targets.name

    def open_nodes(self) -> None:
        """Open the connections to the primary and to all that could lead beforehand. Raises Unreachable or AccessDenied.

        So no login falls into the time in which clients wait. Nor is a connection lost before it stands: Sentinel sends all
        clients away from a node whose role it changes and from one that it points to the new primary. One that stood then
        is opened again; one in the middle of its TLS handshake looks like a node that does not answer.
        """
        for member in (self.plan.primary, *self.plan.electable):
            self.urgent.ask_node(member.name, lambda node: node.call("PING"))

    def phase(self, name: str, started: float) -> float:
        """Note how long a phase took that began at ``started``; returns the present moment."""
        now = self.clock.now()
        self.phases[name] = int((now - started) * 1000)
        return now


@dataclass(frozen=True)
class Passed:
    """How a passage ended: an outcome of `_model.handover`, its reasons or notes, and the numbers seen."""

    outcome: str
    reasons: tuple[str, ...]
    new_primary: str = ""
    fence: Fence | None = None
    proof: Proof | None = None
    pause_ms: int | None = None

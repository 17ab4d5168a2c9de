# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After somebody leads: bringing the other replicas over, and seeing every Sentinel name the new primary."""

from __future__ import annotations

from functools import partial

from ..._engine.node import Node
from ..._model.address import Address
from ..._model.errors import SteadyhandError
from .passage import Passage
from .promotion import POLL, announcements, ask

# Seconds after which a Sentinel that promoted and did not adopt is given up: it looks each second.
PATIENCE = 1.6


def follow(address: Address, node: Node) -> None:
    """Have a node copy the one at that address, also after its next restart."""
    node.transaction([("REPLICAOF", address.host, address.port), ("CONFIG", "REWRITE")])


def repoint(passage: Passage, promoted: str, address: Address) -> list[str]:
    """Bring the other replicas over without waiting for Sentinel: the new primary may need them to accept writes."""
    urgent = passage.urgent
    names = [member.name for member in passage.plan.electable if member.name != promoted]
    ends = urgent.side_by_side([partial(urgent.ask_node, name, partial(follow, address)) for name in names])
    return [f"{name} is left to Sentinel: {end}" for name, end in zip(names, ends) if isinstance(end, SteadyhandError)]


def await_adoption(passage: Passage, leader: str, address: Address, deadline: float) -> list[str]:
    """Wait until every Sentinel that answers names the new primary; ask another when the first is lost.

    Another Sentinel promotes the same node, because every Sentinel saw its borrowed priority. Returns notes. After the
    ``deadline`` it is waited for no longer than another Sentinel needs: without one that adopts the new primary, clients
    would not find it before the next automatic failover.
    """
    others = [target.name for target in passage.urgent.targets.sentinels if target.name != leader]
    started = passage.clock.now()
    notes: list[str] = []
    while True:
        named = announcements(passage.urgent)
        pending = [name for name, said in named.items() if said != address]
        adopted = address in named.values()
        if adopted and not pending:
            return notes
        waited = passage.clock.now() - started
        if others and not adopted and (leader not in named or waited > PATIENCE):
            notes.append(_ask_another(passage, others))
            others, deadline = [], max(deadline, passage.clock.now() + PATIENCE)
        elif passage.clock.now() > deadline and (adopted or not others):
            return [*notes, "not every Sentinel named the new primary while writes were held: " + ", ".join(pending)]
        passage.clock.sleep(POLL)


def _ask_another(passage: Passage, names: list[str]) -> str:
    refused = []
    for name in names:
        try:
            if ask(passage, name):
                return f"the first Sentinel did not finish; {name} was asked to adopt the new primary"
            refused.append(f"{name} did not answer")
        except SteadyhandError as error:
            refused.append(str(error))
    return "the first Sentinel did not finish, and no other took over: " + "; ".join(refused)

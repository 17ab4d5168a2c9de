# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After somebody leads: bringing the other replicas over, and seeing every Sentinel name the new primary."""

from __future__ import annotations

from functools import partial

from ..._engine.node import Node
from ..._model.address import Address
from ..._model.errors import SteadyhandError, Unreachable
from .passage import Passage
from .promotion import POLL

# Seconds after which a Sentinel that promoted and did not adopt is given up: it looks each second.
PATIENCE = 1.6


def repoint(passage: Passage, promoted: str, address: Address) -> list[str]:
    """Bring the other replicas over without waiting for Sentinel: the new primary may need them to accept writes."""

    def follow(node: Node) -> None:
        node.transaction([("REPLICAOF", address.host, address.port), ("CONFIG", "REWRITE")])

    notes = []
    for member in passage.plan.electable:
        if member.name != promoted:
            try:
                passage.urgent.ask_node(member.name, follow)
            except SteadyhandError as error:
                notes.append(f"{member.name} is left to Sentinel: {error}")
    return notes


def await_adoption(passage: Passage, leader: str, address: Address, deadline: float) -> list[str]:
    """Wait until every Sentinel that answers names the new primary; ask another when the first is lost.

    Another Sentinel promotes the same node, because every Sentinel saw its borrowed priority. Returns notes.
    """
    names = [sentinel.name for sentinel in passage.urgent.targets.sentinels]
    others = [name for name in names if name != leader]
    started = passage.clock.now()
    notes: list[str] = []
    while True:
        named = passage.urgent.side_by_side([partial(_named_by, passage, name) for name in names])
        pending = [name for name, said in zip(names, named) if said != address and not isinstance(said, Unreachable)]
        if not pending and address in named:
            return notes
        if others and address not in named and passage.clock.now() - started > PATIENCE:
            notes.append(_ask_another(passage, others))
            others = []
        if passage.clock.now() > deadline:
            return [*notes, "not every Sentinel named the new primary while writes were held: " + ", ".join(pending)]
        passage.clock.sleep(POLL)


def _named_by(passage: Passage, name: str) -> Address:
    host, port = passage.urgent.ask_sentinel(name, lambda asked: asked.call("GET-MASTER-ADDR-BY-NAME", passage.group))
    return Address.of(host, port)


def _ask_another(passage: Passage, names: list[str]) -> str:
    refused = []
    for name in names:
        try:
            passage.urgent.sentinel(name).call("FAILOVER", passage.group)
        except SteadyhandError as error:
            refused.append(str(error))
        else:
            return f"the first Sentinel did not finish; {name} was asked to adopt the new primary"
    return "the first Sentinel did not finish, and no other took over: " + "; ".join(refused)

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After somebody leads: bringing the other replicas over, and seeing every Sentinel name the new primary."""

from __future__ import annotations

from functools import partial

from ..._engine.group import GroupConnections
from ..._engine.node import Node
from ..._engine.sentinel import Sentinel
from ..._model.address import Address
from ..._model.errors import CommandRefused, SteadyhandError
from ..._model.preflight import announced_or_raise
from ..._model.replies import parse_pairs
from ..._model.sentinel import parse_primary, parse_replica
from .passage import Passage
from .promotion import POLL, announcements, named_by
from .rivals import PROBE_TIMEOUT

# Seconds after which a Sentinel that promoted and did not adopt is given up: it looks each second.
PATIENCE = 1.6
# Seconds until a Sentinel that lost its connections to the new primary has them again: it tries once a second.
RECONNECTS_WITHIN = 1.5


def follow(address: Address, node: Node) -> str:
    """Have a node copy the one at that address, also after its next restart.

    Returns a note where its file could not be written. Raises what the node answers when it does not obey.
    """
    obeyed, rewritten = node.transaction([("REPLICAOF", address.host, address.port), ("CONFIG", "REWRITE")])
    if isinstance(obeyed, SteadyhandError):
        raise obeyed
    return f"{node.target.name} follows, and did not write that down: {rewritten}" if _failed(rewritten) else ""


def _failed(reply: object) -> bool:
    return isinstance(reply, SteadyhandError)


def repoint(passage: Passage, promoted: str, address: Address) -> list[str]:
    """Bring the other replicas over without waiting for Sentinel: the new primary may need them to accept writes."""
    urgent = passage.urgent
    names = [member.name for member in passage.plan.electable if member.name != promoted]
    ends = urgent.side_by_side([partial(urgent.ask_node, name, partial(follow, address)) for name in names])
    return [f"{name} is left to Sentinel: {end}" if _failed(end) else str(end) for name, end in zip(names, ends) if end]


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
            notes.append(_ask_another(passage, others, address))
            others, deadline = [], max(deadline, passage.clock.now() + PATIENCE)
        elif passage.clock.now() > deadline and (adopted or not others):
            return [*notes, "not every Sentinel named the new primary while writes were held: " + ", ".join(pending)]
        passage.clock.sleep(POLL)


def _ask_another(passage: Passage, names: list[str], address: Address) -> str:
    """Ask the others in turn until one goes on. What was heard from them is old: the first one was waited for meanwhile.

    On connections of their own, on which nothing is waited for for long. Only one that is connected to the new primary is
    asked: a promotion closes the connections of every Sentinel to it, one whose two connections did not end in the same
    moment comes back a second later only, and would promote another replica until then (seen on 7.0).
    """
    deadline = passage.clock.now() + RECONNECTS_WITHIN
    with GroupConnections(passage.urgent.targets, PROBE_TIMEOUT) as probe:
        while True:
            refused = []
            for name in names:
                try:
                    if named_by(probe.sentinel(name), passage.group) != announced_or_raise(passage.plan.primary):
                        return f"the first Sentinel was not heard of any more; {name} had named the new primary already"
                    if _is_connected(probe.sentinel(name), passage.group, address):
                        _ask_one(probe.sentinel(name), passage.group, address)
                        return f"the first Sentinel did not finish; {name} was asked to adopt the new primary"
                    refused.append(f"{name} is not connected to it")
                except SteadyhandError as error:
                    probe.forget(name)
                    refused.append(str(error))
            if passage.clock.now() >= deadline:
                return "the first Sentinel did not finish, and no other took over: " + "; ".join(refused)
            passage.clock.sleep(POLL)


def _is_connected(sentinel: Sentinel, group: str, address: Address) -> bool:
    """Whether a Sentinel can choose the replica at that address."""
    entries = [parse_replica(parse_pairs(reply)) for reply in sentinel.call("REPLICAS", group)]
    return any(entry.address == address and not entry.down for entry in entries)


def _ask_one(sentinel: Sentinel, group: str, address: Address) -> None:
    """Ask one Sentinel to fail over, and call it off at once where it had adopted the new primary just before.

    It would fail over from the new one then, without a fence. Raises what it declined with.
    """
    asked, reply = sentinel.connection.pipeline([("SENTINEL", "FAILOVER", group), ("SENTINEL", "MASTER", group)])
    if isinstance(reply, list):
        entry = parse_primary(parse_pairs(reply))
        if entry.address == address and entry.failover_in_progress:
            sentinel.call("RESET", group)
            return
    if isinstance(asked, CommandRefused) and asked.reply.startswith("INPROG"):
        return
    if isinstance(asked, SteadyhandError):
        raise asked

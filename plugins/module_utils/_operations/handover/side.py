# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One of the two nodes that exchange their roles, and what it says of its replication."""

from __future__ import annotations

from dataclasses import dataclass

from ..._engine.group import GroupConnections
from ..._engine.node import Node
from ..._model.address import Address
from ..._model.drivers import failover_holds_clients_back
from ..._model.errors import Unreachable
from ..._model.group import Member
from ..._model.preflight import announced_or_raise
from .fence import PING_PERIOD

# Milliseconds that a replica has to catch up behind the pause, before the exchange is given up.
SYNC_TIMEOUT_MS = 1500


@dataclass(frozen=True)
class Side:
    """Its inventory name, the address by which the other knows it, and its ping period.

    ``by_hand``: whether its own FAILOVER would let clients go before they are routed.
    """

    name: str
    address: Address
    ping_period: str
    by_hand: bool = False

    @classmethod
    def of(cls, member: Member) -> Side:
        """A member that passed the preflight."""
        facts = member.facts
        by_hand = not failover_holds_clients_back(facts.engine, facts.version)
        return cls(member.name, announced_or_raise(member), facts.settings[PING_PERIOD], by_hand)


def replication(node: Node) -> dict[str, str]:
    """INFO replication of a node."""
    return node.info("replication")


def if_answering(urgent: GroupConnections, name: str) -> dict[str, str]:
    """INFO replication, or nothing from a node that does not answer: the other side decides what that means."""
    try:
        return urgent.ask_node(name, replication)
    except Unreachable:
        urgent.forget(name)
        return {}

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last look before writes are held: what has changed since the preflight is found out before any client feels it.

The preflight is up to half a minute old by then (priorities, the right moment). One round trip to everybody, side by side.
"""

from __future__ import annotations

from functools import partial

from ..._engine.node import Node
from ..._engine.sentinel import Sentinel
from ..._model.errors import SteadyhandError
from ..._model.preflight import announced_or_raise
from ..._model.replies import parse_info, parse_pairs, yes
from ..._model.sentinel import parse_primary
from .passage import Passage


def why_not_now(passage: Passage) -> list[str]:
    """Everything that stands against holding writes at this moment; an empty list when nothing does."""
    urgent = passage.urgent
    replicas = [member.name for member in passage.plan.electable]
    sentinels = [target.name for target in urgent.targets.sentinels]
    found = urgent.side_by_side(
        [
            partial(urgent.ask_node, passage.plan.primary.name, partial(_primary_trouble, passage)),
            *(partial(urgent.ask_node, name, partial(_replica_trouble, passage)) for name in replicas),
            *(partial(urgent.ask_sentinel, name, partial(_sentinel_trouble, passage)) for name in sentinels),
        ]
    )
    return [str(one) for one in found if isinstance(one, SteadyhandError) or one]


def _primary_trouble(passage: Passage, node: Node) -> str:
    fields = node.info("replication")
    if fields.get("role") != "master" or fields.get("master_replid") != passage.plan.primary.facts.replication_id:
        return f"{node.target.name} is not the primary that it was at the beginning"
    return ""


def _replica_trouble(passage: Passage, node: Node) -> str:
    fields = node.info("replication")
    same_history = fields.get("master_replid") == passage.plan.primary.facts.replication_id
    if fields.get("role") != "slave" or fields.get("master_link_status") != "up" or not same_history:
        return f"{node.target.name} is no connected replica of {passage.plan.primary.name} any more"
    return ""


def _sentinel_trouble(passage: Passage, sentinel: Sentinel) -> str:
    reply, info = sentinel.connection.pipeline([("SENTINEL", "MASTER", passage.group), ("INFO", "sentinel")])
    for answer in (reply, info):
        if isinstance(answer, SteadyhandError):
            raise answer
    entry, name = parse_primary(parse_pairs(reply)), sentinel.target.name
    if entry.failover_in_progress:
        return f"{name} is failing over by itself ({entry.failover_state})"
    if entry.down or entry.address != announced_or_raise(passage.plan.primary):
        return f"{name} sees another primary, or none: {entry.address}, {','.join(sorted(entry.flags))}"
    return f"{name} is in TILT" if yes(parse_info(info), "sentinel_tilt") else ""

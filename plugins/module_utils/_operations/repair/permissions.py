# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking the servers beforehand whether we may run what a repair needs, so that it does not end in its middle."""

from __future__ import annotations

from ..._engine.group import GroupConnections
from ..._model.monitoring import AUTH_PASSWORD, AUTH_USER
from ..._model.permissions import COLLECTION, COLLECTION_ON_SENTINEL, part_of
from ..._model.repair.step import DEMOTE, MONITOR, REPOINT, RepairPlan
from ..handover.permissions import denied
from ..logins import require_let_in


def missing_for_repair(connections: GroupConnections, plan: RepairPlan) -> list[str]:
    """What the servers that the plan changes would refuse us."""
    group, missing = connections.targets.name, []
    changed = {step.subject for step in plan.steps}
    on_sentinel = [command for one in part_of(COLLECTION_ON_SENTINEL, group).permissions for command in one.commands]
    for sentinel in [target for target in connections.targets.sentinels if target.name in changed]:
        connection = connections.sentinel(sentinel.name).connection
        missing += denied(connection, sentinel.name, sentinel.login.user, on_sentinel)
    for step in plan.steps:
        if step.kind in (DEMOTE, REPOINT):
            node = connections.node(step.subject)
            needed = [
                command
                for one in part_of(COLLECTION, group).permissions
                if (one.repair and step.kind == DEMOTE) or not (one.repair or one.exchange)
                for command in one.commands
            ]
            missing += denied(node.connection, step.subject, node.target.login.user, needed)
    return missing


def require_sentinels_let_in(connections: GroupConnections, plan: RepairPlan) -> None:
    """A Sentinel that gets the group with a login that nodes do not take holds them for down. Raises Refused."""
    logins = {
        (step.options.get(AUTH_USER), step.options[AUTH_PASSWORD])
        for step in plan.steps
        if step.kind == MONITOR and AUTH_PASSWORD in step.options
    }
    require_let_in(connections, f"the Sentinels of {connections.targets.name} are not repaired", list(logins))

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module failover_end does."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from .._engine.group import GroupConnections
from .._engine.targets import targets_from
from .._model.errors import BadInput, OutcomeUnknown, Refused
from .._model.handover import DONE, HANDED_BACK, REFUSED, UNKNOWN
from .._model.health import group_problems
from .._model.problems import judge
from .._operations.clock import SystemClock
from .._operations.handover.interruptions import uninterrupted
from .._operations.handover.routing_end import RoutingEnd, RoutingWish
from .failover import EMPTY_RESULT as FAILOVER_RESULT
from .failover import PLANNED, URGENT_TIMEOUT, route_from, route_options
from .group import limits_from
from .lock import lock_from
from .module import Task
from .results import group_result

EMPTY_RESULT: dict[str, Any] = {key: FAILOVER_RESULT[key] for key in ("outcome", "reasons", "evidence", "view")}


def end_options() -> dict[str, dict[str, Any]]:
    """Argument spec of what only this module takes."""
    return {
        "routed": {"type": "bool", "default": True},
        **route_options(),
        "settle_timeout": {"type": "float", "default": 120.0},
    }


def body(task: Task) -> None:
    """Let clients go where their traffic is, or hand the role back where it could not be moved."""
    params, lock = task.params, lock_from(task.params)
    if lock is None:
        raise BadInput("lock is required: that of the call of failover, or of this run")
    if params["route_command"] and not params["routed"]:
        raise BadInput("route_command moves traffic to the present primary: it does not go with routed=false")
    targets = targets_from(params)
    wish = RoutingWish(
        lock=lock,
        moved=params["routed"],
        route=route_from(params),
        limits=limits_from(params),
        accept=tuple(params["accept"]),
        settle_timeout=params["settle_timeout"],
        keep_lock=not params["lock"]["release"],
    )
    urgent_connections = GroupConnections(targets, URGENT_TIMEOUT)
    with GroupConnections(targets, params["connect_timeout"]) as connections, urgent_connections as urgent:
        end = RoutingEnd(connections, urgent, SystemClock(), wish)
        if task.check_mode:
            end.plan()
            task.result.update(outcome=PLANNED, changed=True)
            return
        task.result.update(outcome=UNKNOWN, changed=True)
        with uninterrupted():
            result = end.run()
        task.result.update(
            outcome=result.outcome,
            reasons=list(result.reasons),
            evidence=asdict(result.evidence),
            changed=result.outcome != REFUSED,
        )
        view = connections.observe()
    task.result["view"] = group_result(view, judge(group_problems(view, limits_from(params)), params["accept"]))
    if result.outcome == REFUSED:
        raise Refused(f"the routing of group {params['group']} was not ended, nothing is changed", result.reasons)
    if result.outcome not in (DONE, HANDED_BACK):
        raise OutcomeUnknown(
            "the outcome of the hand-over of group {} is unknown, do not stop any of its nodes: {}".format(
                params["group"], "; ".join(result.reasons)
            )
        )

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module failover does."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from .._engine.group import GroupConnections, GroupTargets
from .._engine.host import read_host
from .._engine.routing import CommandRoute
from .._engine.targets import targets_from
from .._model.candidate import Preference
from .._model.drivers import AUTO, DRIVERS
from .._model.errors import BadInput, ConditionTimeout, OutcomeUnknown, Refused
from .._model.group import GroupView
from .._model.handover import DONE, REFUSED, ROUTING, UNKNOWN, Evidence, HandOverResult
from .._model.health import group_problems
from .._model.lock import LockWish
from .._model.problems import judge
from .._operations.clock import SystemClock
from .._operations.handover.conductor import Conductor, HandOverWish
from .._operations.handover.interruptions import uninterrupted
from .._operations.waiting import Patience, Settled, wait_until_healthy
from .._operations.watching import watch
from .group import limits_from
from .lock import kept_lock, lock_from, lock_keeper
from .module import Task
from .results import UNSEEN_GROUP, group_result
from .safe_restart import question_from
from .wait_for_health import predict

PLANNED = "planned"
NOT_NEEDED = "not_needed"
EMPTY_RESULT: dict[str, Any] = {
    "outcome": REFUSED,
    "reasons": [],
    "evidence": asdict(Evidence()),
    "unseen": [],
    "view": dict(UNSEEN_GROUP),
    "forecast": None,
    "missing": [],
}
# During the fence no reply may take longer than this, in seconds: a second of silence is half of the pause.
URGENT_TIMEOUT = 1.0


def body(task: Task) -> None:
    """Hand over unless it is not needed; then judge the restart that is asked about."""
    targets = targets_from(task.params)
    _require_known(task.params, [node.name for node in targets.nodes])
    task.result["reasons"] = []
    with GroupConnections(targets, task.params["connect_timeout"]) as connections:
        view = _healthy_view(task, connections)
        _report_view(task, view)
        away_from = task.params["away_from"]
        if away_from is not None and view.primary is not None and view.primary.name != away_from:
            task.result["outcome"] = NOT_NEEDED
        else:
            _hand_over(task, targets, connections, view)
        routing = task.result["outcome"] == ROUTING
        if task.params["safe_to_restart"] is not None and not task.check_mode and not routing:
            limits, accept = limits_from(task.params), task.params["accept"]
            watched = watch(connections.observe, SystemClock(), 1.0, limits, accept)
            task.result["view"] = group_result(watched.view, watched.judgement)
            settled = Settled(watched.view, watched.judgement, 0.0, watched.write_rate)
            predict(task, connections, settled, question_from(task.params), kept_lock(task.params))


def _require_known(params: Mapping[str, Any], known: list[str]) -> None:
    """Raises BadInput for a name that no node has: misspelt, it would be a hand-over that is silently not needed, or one to
    the very node that was excluded."""
    for option in ("target", "away_from", "never", "safe_to_restart"):
        given = params[option] or []
        for name in [given] if isinstance(given, str) else given:
            if name not in known:
                raise BadInput(f"{option}: {name} is none of the nodes: {', '.join(known)}")


def _healthy_view(task: Task, connections: GroupConnections) -> GroupView:
    """The group as it is; with O(wait_timeout) once it is healthy, or as it is when that time is over."""
    params = task.params
    if not params["wait_timeout"]:
        return connections.observe()
    patience = Patience(params["wait_timeout"], interval=0.25, stable_for=1.0)
    keep_lock = lock_keeper(task, connections, None if task.check_mode else lock_from(params), "reasons")
    try:
        return wait_until_healthy(
            connections.observe,
            SystemClock(),
            patience,
            limits_from(params),
            params["accept"],
            each_time=keep_lock,
        ).view
    except ConditionTimeout as error:
        task.result["reasons"] += error.missing
        _report_view(task, connections.observe())
        raise


def _hand_over(task: Task, targets: GroupTargets, connections: GroupConnections, view: GroupView) -> None:
    params = task.params
    given = lock_from(params)
    if params["route_later"] and given is None:
        raise BadInput("route_later needs lock: it must outlive this task, until failover_end gives it back")
    # Without a lock of a surrounding run, the hand-over holds one of its own.
    own = LockWish(f"{socket.gethostname()}-{os.getpid()}", "failover", 120)
    wish = HandOverWish(
        lock=given or own,
        preference=_preference(params),
        limits=limits_from(params),
        accept=tuple(params["accept"]),
        settle_timeout=params["settle_timeout"],
        keep_lock=given is not None and not params["lock"]["release"],
        driver=params["driver"],
        route=route_from(params),
        route_seconds=params["route_timeout"],
        disk_free=_disk_free(view, params["safe_to_restart"]),
        route_later=params["route_later"],
    )
    with GroupConnections(targets, URGENT_TIMEOUT) as urgent:
        conductor = Conductor(connections, urgent, SystemClock(), wish)
        if task.check_mode:
            _plan(task, conductor)
            return
        # Until it says how it ended: whatever stops this process meanwhile, nobody may take it for a refusal.
        task.result.update(outcome=UNKNOWN, changed=True)
        with uninterrupted():
            result = conductor.run()
    task.result.update(
        outcome=result.outcome,
        reasons=[*result.reasons, *task.result["reasons"]],
        evidence=asdict(result.evidence),
        unseen=list(result.unseen),
        changed=result.outcome != REFUSED,
    )
    _report_view(task, connections.observe())
    _require_done(task, result)


def _disk_free(view: GroupView, here: str | None) -> dict[str, int]:
    """Bytes that are free for the data of the node that runs on this machine, where one is said to."""
    node = view.member(here) if here is not None else None
    free = read_host(node.facts).disk_free if node is not None else None
    return {node.name: free} if node is not None and free is not None else {}


def _preference(params: Mapping[str, Any]) -> Preference:
    options = params["node_options"]
    names = {option["address"]: option["name"] or option["address"] for option in options}
    return Preference(
        target=params["target"],
        zone=params["prefer_zone"],
        never=tuple(params["never"]),
        zones={names[option["address"]]: option["zone"] for option in options if option["zone"]},
        machines={names[option["address"]]: option["machine"] for option in options if option["machine"]},
        primaries_per_zone=params["primaries_per_zone"],
        primaries_per_machine=params["primaries_per_machine"],
    )


def route_from(params: Mapping[str, Any]) -> CommandRoute | None:
    """The command that moves traffic, by the parameters."""
    command = params["route_command"]
    return CommandRoute(params["group"], command, params["route_timeout"]) if command else None


def route_options() -> dict[str, dict[str, Any]]:
    """Argument spec of what moves the traffic of a group without Sentinels."""
    return {
        "route_command": {"type": "list", "elements": "str"},
        "route_timeout": {"type": "float", "default": 15.0},
    }


def failover_options() -> dict[str, dict[str, Any]]:
    """Argument spec of what only this module takes."""
    return {
        "target": {"type": "str"},
        "away_from": {"type": "str"},
        "prefer_zone": {"type": "str"},
        "never": {"type": "list", "elements": "str", "default": []},
        "primaries_per_zone": {"type": "dict", "default": {}},
        "primaries_per_machine": {"type": "dict", "default": {}},
        "driver": {"type": "str", "choices": list(DRIVERS), "default": AUTO},
        **route_options(),
        "route_later": {"type": "bool", "default": False},
        "settle_timeout": {"type": "float", "default": 120.0},
        "wait_timeout": {"type": "float", "default": 0.0},
    }


def _plan(task: Task, conductor: Conductor) -> None:
    view, plan, reasons = conductor.plan()
    task.result["reasons"] += reasons
    if plan is None:
        raise Refused(f"the hand-over of group {view.name} was refused", reasons)
    task.result.update(outcome=PLANNED, changed=True, unseen=list(plan.unseen))
    _report_diff(task, plan.primary.name, plan.chosen.name)


def _require_done(task: Task, result: HandOverResult) -> None:
    group = task.params["group"]
    if result.outcome == REFUSED:
        raise Refused(f"the hand-over of group {group} was refused, nothing is changed", result.reasons)
    if result.outcome not in (DONE, ROUTING):
        raise OutcomeUnknown(
            "the outcome of the hand-over of group {} is unknown, do not stop any of its nodes: {}".format(
                group, "; ".join(result.reasons)
            )
        )
    _report_diff(task, result.evidence.old_primary, result.evidence.new_primary)


def _report_diff(task: Task, before: str, after: str) -> None:
    if task.diff_mode:
        task.result["diff"] = {"before": {"primary": before}, "after": {"primary": after}}


def _report_view(task: Task, view: GroupView) -> None:
    judgement = judge(group_problems(view, limits_from(task.params)), task.params["accept"])
    task.result["view"] = group_result(view, judgement)

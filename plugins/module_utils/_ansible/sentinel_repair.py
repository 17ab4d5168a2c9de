# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module sentinel_repair does."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from .._engine.copy import snapshots_in
from .._engine.group import GroupConnections, GroupTargets
from .._engine.targets import targets_from
from .._model.errors import BadInput, Refused, SteadyhandError
from .._model.group import GroupView
from .._model.health import group_problems
from .._model.lock import LockWish
from .._model.monitoring import AUTH_PASSWORD, AUTH_USER, QUORUM, described
from .._model.problems import judge
from .._model.repair.copies import data_copies
from .._model.repair.step import MONITOR, REMOVE, SET, RepairWish, Step
from .._operations.clock import SystemClock
from .._operations.handover.interruptions import uninterrupted
from .._operations.repair.conductor import RepairConductor
from .group import limits_from
from .lock import lock_from
from .module import Task
from .results import UNSEEN_GROUP, group_result
from .sentinel_options import quorum_from, watching_from, watching_options

DONE = "done"
NOT_NEEDED = "not_needed"
PLANNED = "planned"
REFUSED = "refused"
STOPPED = "stopped"
EMPTY_RESULT: dict[str, Any] = {
    "outcome": REFUSED,
    "reasons": [],
    "plan": [],
    "done": [],
    "left": [],
    "copies": [],
    "saved": [],
    "view": dict(UNSEEN_GROUP),
}
_SECRETS = (AUTH_USER, AUTH_PASSWORD)


def repair_options() -> dict[str, dict[str, Any]]:
    """Argument spec of what only this module takes, and of how Sentinels watch."""
    return {
        **watching_options(),
        "choose": {"type": "str"},
        "save_to": {"type": "path"},
        "settle_timeout": {"type": "float", "default": 120.0},
    }


def body(task: Task) -> None:
    """Observe, plan, and carry the plan out step by step, unless it is only asked for."""
    params, targets = task.params, targets_from(task.params)
    # The module process is new each time, but a list in the constant would be shared by what imports it.
    task.result.update({key: [] for key in ("reasons", "plan", "done", "left", "copies", "saved")})
    with GroupConnections(targets, params["connect_timeout"]) as connections:
        view = connections.observe()
        _report(task, view)
        conductor = _conductor(task, targets, connections, view)
        try:
            if task.check_mode:
                conductor.plan()
            else:
                with uninterrupted():
                    conductor.run()
        except SteadyhandError as error:
            progress = conductor.progress
            task.result["outcome"] = STOPPED if progress.begun else REFUSED
            task.result["reasons"] = list(error.reasons) if isinstance(error, Refused) else [str(error)]
            task.result["changed"] = progress.begun
            _report_progress(task, conductor)
            _report(task, connections.observe())
            if view.primaries and task.result["copies"]:
                error = _with_copies(error, task.result["copies"], view)
            raise error
        _report_progress(task, conductor)
        plan, done = conductor.progress.plan, [step for step, _seen in conductor.progress.done]
        # What healed by itself after the plan was made is in it, and was not done.
        steps = list(plan.steps) if task.check_mode and plan is not None else done
        task.result["changed"] = bool(steps)
        task.result["outcome"] = (PLANNED if task.check_mode else DONE) if steps else NOT_NEEDED
        before = view
        view = connections.observe()
        _report(task, view)
        if task.diff_mode:
            task.result["diff"] = _diff(before, view, steps, task.check_mode)


def _with_copies(error: SteadyhandError, copies: list[dict[str, Any]], view: GroupView) -> SteadyhandError:
    """The refusal with what there is to choose between, because the message is what people read first."""
    if not isinstance(error, Refused):
        return error
    shown = [str(copy) for copy in data_copies(view)]
    what = str(error).partition(": ")[0]
    return Refused(what, [*error.reasons, *shown]) if copies else error


def _conductor(task: Task, targets: GroupTargets, connections: GroupConnections, view: GroupView) -> RepairConductor:
    params = task.params
    given = lock_from(params)
    own = LockWish(f"{socket.gethostname()}-{os.getpid()}", "sentinel_repair", 300)
    options = watching_from(params)
    if params["quorum"] is not None:
        options[QUORUM] = str(quorum_from(params, len(targets.sentinels)))
    names = [node.name for node in targets.nodes]
    if params["choose"] is not None and params["choose"] not in names:
        raise BadInput(f"choose: {params['choose']} is none of the nodes: {', '.join(names)}")
    largest = max((member.facts.memory.used for member in view.primaries), default=0)
    save = snapshots_in(params["save_to"], largest) if len(view.primaries) > 1 else None
    wish = RepairWish(
        parameters={name: value for name, value in options.items() if name not in _SECRETS},
        secrets={name: value for name, value in options.items() if name in _SECRETS},
        needs_login=_needs_login(params, view),
        choose=params["choose"],
        can_save=save is not None,
        accept=tuple(params["accept"]),
    )
    keep = given is not None and not params["lock"]["release"]
    return RepairConductor(connections, SystemClock(), wish, given or own, keep, params["settle_timeout"], save)


def _needs_login(params: Mapping[str, Any], view: GroupView) -> bool:
    """Whether Sentinels need a password for the nodes: we do, or the nodes have one for everybody."""
    ours = [params["login_password"], *(option["login_password"] for option in params["node_options"])]
    return any(ours) or any("requirepass" in member.facts.secrets_set for member in view.members)


def _report(task: Task, view: GroupView) -> None:
    judgement = judge(group_problems(view, limits_from(task.params)), task.params["accept"])
    task.result["view"] = group_result(view, judgement)
    if len(view.primaries) > 1:
        task.result["copies"] = [
            {**asdict(copy), "replicas": list(copy.replicas), "named_by": list(copy.named_by)}
            for copy in data_copies(view)
        ]


def _report_progress(task: Task, conductor: RepairConductor) -> None:
    progress = conductor.progress
    if progress.plan is not None:
        task.result["plan"] = [step_result(step) for step in progress.plan.steps]
        task.result["left"] = list(progress.plan.left)
    task.result["done"] = [{**step_result(step), "seen": seen} for step, seen in progress.done]
    task.result["saved"] = [asdict(saved) for saved in progress.saved]
    task.result["reasons"] += progress.notes


def step_result(step: Step) -> dict[str, str]:
    """A step as data: its options stay out, for a secret may be among them."""
    return {
        "kind": step.kind,
        "subject": step.subject,
        "action": step.action,
        "before": step.before,
        "after": step.after,
    }


def _diff(before: GroupView, after: GroupView, steps: Sequence[Step], check_mode: bool) -> dict[str, Any]:
    """How each Sentinel watches the group, and the steps to it."""
    had = {account.name: _described(before, account.name) for account in before.sentinels}
    has = {account.name: _described(after, account.name) for account in after.sentinels}
    for step in [step for step in steps if check_mode and step.subject in has]:
        has[step.subject] = _foreseen(has.get(step.subject, {}), step)
    numbered = [
        f"{number}. {step.action}. Before: {step.before}. After: {step.after}." for number, step in enumerate(steps, 1)
    ]
    return {"before": {"sentinels": had, "steps": []}, "after": {"sentinels": has, "steps": numbered}}


def _described(view: GroupView, name: str) -> dict[str, str]:
    account = next(account for account in view.sentinels if account.name == name)
    return described(account.facts.primary, {}) if account.facts is not None else {"unknown": account.error}


def _foreseen(has: Mapping[str, str], step: Step) -> dict[str, str]:
    if step.kind == REMOVE:
        return {}
    shown = {name: value for name, value in step.options.items() if name not in _SECRETS}
    if step.kind == MONITOR:
        return {"address": str(step.address), **shown}
    return {**has, **shown} if step.kind == SET else dict(has)

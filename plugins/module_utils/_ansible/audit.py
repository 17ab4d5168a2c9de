# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module audit does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._engine.fleet import Fleet
from .._engine.group import GroupTargets
from .._engine.targets import targets_from
from .._model.address import Address
from .._model.audit.host_look import HostLook
from .._model.audit.scene import NODE, SENTINEL, Place
from .._model.audit.whole import EXIT_CODES, Audit, Audited
from .._model.errors import BadInput
from .._model.problems import SEVERITIES, UNKNOWN, VERDICTS, unacceptable
from .._operations.auditing import AuditWish, Described, audit_until_settled
from .._operations.clock import SystemClock
from .group import group_options, limits_from
from .login import login_options, sentinel_login_options
from .module import Task
from .results import group_result, problem_result

EMPTY_RESULT: dict[str, Any] = {
    "severity": UNKNOWN,
    "verdict": UNKNOWN,
    "exit_code": EXIT_CODES[UNKNOWN],
    "counts": dict.fromkeys(SEVERITIES, 0),
    "groups": [],
    "others": [],
    "waited": 0.0,
}
# What is given once for all groups.
_SHARED = ("accept", "connect_timeout", "max_lag")
_OF_A_SERVER = {"address": {"type": "str", "required": True}, "name": {"type": "str"}, "zone": {"type": "str"}}
_LOGINS = {**login_options(), **sentinel_login_options()}


def audit_options() -> dict[str, dict[str, Any]]:
    """Argument spec of the module."""
    common = group_options()
    return {
        "groups": {"type": "list", "elements": "dict", "required": True, "options": _options_of_a_group()},
        "complete": {"type": "bool", "default": False},
        "watch_seconds": {"type": "float", "default": 1.0},
        "settle_timeout": {"type": "float", "default": 0.0},
        **{name: common[name] for name in (*_SHARED, *_LOGINS)},
    }


def _options_of_a_group() -> dict[str, dict[str, Any]]:
    """Those of a module that speaks of one group. A login option that is not given is the one of all groups."""
    own = {name: option for name, option in group_options().items() if name not in (*_SHARED, *_LOGINS)}
    logins = {
        name: {key: value for key, value in option.items() if key != "default"} for name, option in _LOGINS.items()
    }
    return {
        **own,
        "label": {"type": "str"},
        "sentinel_options": {"type": "list", "elements": "dict", "default": [], "options": _OF_A_SERVER},
        "files": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "name": {"type": "str", "required": True},
                "kind": {"type": "str", "choices": [NODE, SENTINEL], "default": NODE},
                "path": {"type": "str", "default": ""},
                "differing": {"type": "list", "elements": "str", "default": []},
                "unwritable": {"type": "str", "default": ""},
                "error": {"type": "str", "default": ""},
            },
        },
        **logins,
    }


def body(task: Task) -> None:
    """Look at everybody, compare, report."""
    params = task.params
    wrong = unacceptable(params["accept"])
    if wrong:
        raise BadInput("accept: " + "; ".join(wrong))
    if not params["groups"]:
        raise BadInput("groups: there is none, so nothing would be audited")
    described = [_described(group) for group in params["groups"]]
    labels = [one.label for one in described]
    for label in labels:
        if labels.count(label) > 1:
            raise BadInput(f"groups: {label} is described twice; give each its own label")
    targets = [_targets(params, group) for group in params["groups"]]
    wish = AuditWish(
        limits_from(params), params["accept"], params["complete"], params["watch_seconds"], params["settle_timeout"]
    )
    with Fleet(targets, params["connect_timeout"]) as fleet:
        watched = audit_until_settled(fleet.observe, described, SystemClock(), wish)
    task.result.update(audit_result(watched.audit), waited=watched.waited)


def _targets(params: Mapping[str, Any], group: Mapping[str, Any]) -> GroupTargets:
    own = {name: value for name, value in group.items() if value is not None}
    try:
        return targets_from({**{name: params[name] for name in _LOGINS}, **own})
    except BadInput as error:
        raise BadInput(f"groups: {_label(group)}: {error}") from error


def _label(group: Mapping[str, Any]) -> str:
    return str(group["label"] or group["group"])


def _described(group: Mapping[str, Any]) -> Described:
    servers = [(NODE, one) for one in group["node_options"]] + [(SENTINEL, one) for one in group["sentinel_options"]]
    return Described(
        _label(group),
        {
            (kind, name): Place(one.get("zone") or "", one.get("machine") or "")
            for kind, one in servers
            for name in ([one["name"]] if one.get("name") else [one["address"], str(Address.parse(one["address"]))])
        },
        {
            (one["kind"], one["name"]): HostLook(one["path"], tuple(one["differing"]), one["unwritable"], one["error"])
            for one in group["files"]
        },
    )


def audit_result(found: Audit) -> dict[str, Any]:
    """The keys of EMPTY_RESULT but for ``waited``."""
    groups = [audited_result(one) for one in found.groups]
    others = [problem_result(problem) for problem in found.others.problems]
    every = [problem for one in groups for problem in one["problems"]] + others
    return {
        "severity": found.severity,
        "verdict": max((one.judgement.verdict for one in found.groups), key=VERDICTS.index),
        "exit_code": EXIT_CODES[found.severity],
        "counts": {severity: sum(one["severity"] == severity for one in every) for severity in SEVERITIES},
        "groups": groups,
        "others": others,
    }


def audited_result(one: Audited) -> dict[str, Any]:
    """One group as data."""
    return {
        "label": one.group.label,
        "severity": one.judgement.problems[0].severity if one.judgement.problems else "none",
        "not_looked_at": list(one.not_looked_at),
        **group_result(one.group.view, one.judgement),
    }

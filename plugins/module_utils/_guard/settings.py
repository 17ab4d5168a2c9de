# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guard is told about its node: a file of JSON that only root reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._engine.group import GroupTargets
from .._engine.routing import CommandRoute
from .._engine.targets import targets_from
from .._model.errors import BadInput
from .._operations.stopping import StopRule
from .manager import KINDS

KEYS: Mapping[str, tuple[type, ...]] = {
    "group": (dict,),
    "limit_seconds": (dict,),
    "never": (list,),
    "node": (str,),
    "route_command": (list,),
    "route_timeout": (int, float),
    "sentinel": (str,),
    "service": (str,),
    "stable_seconds": (int, float),
}
REQUIRED = ("group", "limit_seconds", "node", "service")


@dataclass(frozen=True)
class GuardSettings:
    """The settings of one guard. ``limit_seconds``: for how long a stop of each kind may be held; ``timeout`` in seconds."""

    targets: GroupTargets
    rule: StopRule
    limit_seconds: Mapping[str, float]
    timeout: float


def read_settings(path: str) -> GuardSettings:
    """Read the file. Raises BadInput that names the file and what is wrong with it; its values are not repeated."""
    try:
        with open(path, encoding="utf-8") as stream:
            given = json.load(stream)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}. Run this as root") from error
    except ValueError as error:
        raise BadInput(f"{path} is no JSON: {error}") from error
    try:
        return settings_from(given)
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from error


def settings_from(given: Any) -> GuardSettings:
    """The settings from the content of the file. Raises BadInput."""
    if not isinstance(given, dict):
        raise BadInput("an object is expected")
    wrong = [f"{name} is missing" for name in REQUIRED if name not in given]
    wrong += [f"{name} is no setting of the guard" for name in given if name not in KEYS]
    wrong += [
        f"{name} has a wrong type"
        for name, kinds in KEYS.items()
        if name in given and not isinstance(given[name], kinds)
    ]
    if not wrong:
        limits = given["limit_seconds"]
        wrong += [
            f"limit_seconds.{kind} must be a number above 0" for kind in KINDS if not _is_positive(limits.get(kind))
        ]
        wrong += [f"group.{name} is missing" for name in ("group", "nodes") if name not in given["group"]]
    if wrong:
        raise BadInput("; ".join(wrong))
    group = given["group"]
    targets = targets_from(group)
    if given["node"] not in [node.name for node in targets.nodes]:
        raise BadInput("node: {} is none of {}".format(given["node"], ", ".join(node.name for node in targets.nodes)))
    if given.get("sentinel") and given["sentinel"] not in [sentinel.name for sentinel in targets.sentinels]:
        raise BadInput("sentinel: {} is none of the group's Sentinels".format(given["sentinel"]))
    command, seconds = given.get("route_command"), float(given.get("route_timeout", 15.0))
    rule = StopRule(
        node=given["node"],
        service=given["service"],
        accept=tuple(group.get("accept") or ()),
        never=tuple(given.get("never") or ()),
        sentinel=given.get("sentinel", ""),
        stable_for=float(given.get("stable_seconds", StopRule.stable_for)),
        route=CommandRoute(targets.name, command, seconds) if command else None,
        route_seconds=seconds,
    )
    return GuardSettings(
        targets, rule, {kind: float(limits[kind]) for kind in KINDS}, float(group.get("connect_timeout", 3.0))
    )


def _is_positive(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0

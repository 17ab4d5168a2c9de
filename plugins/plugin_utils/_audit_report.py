# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an inventory to one call of the module audit, and from its results to a report for people and for scripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.results import UNSEEN_GROUP, problem_result
from ansible_collections.steadyhand.redis.plugins.module_utils._model.audit.scene import NODE, SENTINEL
from ansible_collections.steadyhand.redis.plugins.module_utils._model.audit.whole import (
    BETWEEN,
    EXIT_CODES,
    is_at_least,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._model.problems import (
    HEALTHY,
    SEVERITIES,
    UNKNOWN,
    VERDICTS,
    Problem,
)
from ansible_collections.steadyhand.redis.plugins.plugin_utils import _inventory

NEVER = "never"
# What tells that the place of the look was bad, and not, or not only, the group.
_OUT_OF_REACH = ("node_unreachable", "sentinel_unreachable")


def arguments(
    run_groups: Sequence[Mapping[str, Any]], groups: _inventory.Groups, hostvars: Any, files: Mapping[str, Any]
) -> dict[str, Any]:
    """Arguments of the module audit for these groups, and of file_info for each of their ``nodes`` and ``sentinels``. They hold
    passwords.

    ``files``: by kind and inventory name, what file_info returned there.
    """
    labels = {group["label"] for group in run_groups}
    sets = {group["sentinel_hosts"] for group in run_groups}
    every = [group for group in _inventory.redis_groups(groups, hostvars) if group.sentinel_hosts in sets]
    described = [_inventory.describe(group, groups, hostvars) for group in run_groups]
    return {
        "audit": {
            "groups": [_group(group, one, files) for group, one in zip(run_groups, described)],
            "complete": all(group.label in labels for group in every),
        },
        "nodes": {
            host: {**arguments, "service": one["nodes"][host]["service"]}
            for one in described
            for host, arguments in one["node_arguments"].items()
        },
        "sentinels": {host: found["arguments"] for one in described for host, found in one["sentinels"].items()},
    }


def _group(group: Mapping[str, Any], described: Mapping[str, Any], files: Mapping[str, Any]) -> dict[str, Any]:
    sentinels = described["sentinels"]
    servers = [(NODE, host) for host in group["hosts"]] + [(SENTINEL, host) for host in sentinels]
    return {
        **described["arguments"],
        "label": group["label"],
        "sentinel_options": [
            {"address": one["address"], "name": host, "zone": one["zone"]} for host, one in sentinels.items()
        ],
        "files": [
            {"name": host, "kind": kind, **files[kind][host]} for kind, host in servers if host in files.get(kind, {})
        ],
    }


def out_of_reach(result: Mapping[str, Any], run_groups: Sequence[Mapping[str, Any]]) -> list[str]:
    """The labels of the groups of which something could not be reached from where the audit ran, or nothing was audited."""
    seen = {group["label"]: group for group in result.get("groups") or ()}
    return [group["label"] for group in run_groups if group["label"] not in seen or _distance(seen[group["label"]]) > 0]


def _distance(group: Mapping[str, Any]) -> int:
    return sum(problem["code"] in _OUT_OF_REACH for problem in group["problems"])


def report(
    run_groups: Sequence[Mapping[str, Any]], together: Mapping[str, Any], alone: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """The whole audit: for each group the better of two looks at it.

    ``together``: the result of the one call for all groups. ``alone``, by label: of a call for one group from a host of its own.
    """
    everywhere = {group["label"]: group for group in together.get("groups") or ()}
    found = [_better(group, everywhere.get(group["label"]), alone.get(group["label"]) or {}) for group in run_groups]
    others = list(together.get("others") or ())
    problems = [problem for group in found for problem in group["problems"]] + others
    severity = _worst(problems)
    return {
        "severity": severity,
        "verdict": max((group["verdict"] for group in found), key=VERDICTS.index),
        "exit_code": EXIT_CODES[severity],
        "counts": {one: sum(problem["severity"] == one for problem in problems) for one in SEVERITIES},
        "groups": found,
        "others": others,
    }


def _better(group: Mapping[str, Any], first: Mapping[str, Any] | None, own: Mapping[str, Any]) -> dict[str, Any]:
    mine = next(iter(own.get("groups") or ()), None)
    if mine is None:
        return dict(first) if first is not None else _unseen(group, own)
    if first is None:
        return dict(mine)
    if _distance(mine) >= _distance(first):
        return dict(first)
    codes = {(problem["code"], problem["subject"]) for problem in mine["problems"]}
    kept = [
        problem
        for problem in first["problems"]
        if problem["code"] in BETWEEN and (problem["code"], problem["subject"]) not in codes
    ]
    return _with_problems(mine, [*mine["problems"], *kept])


def _with_problems(group: Mapping[str, Any], problems: list[dict[str, Any]]) -> dict[str, Any]:
    ranked = sorted(problems, key=lambda one: (-SEVERITIES.index(one["severity"]), one["code"], one["subject"]))
    verdicts = [HEALTHY, *(problem["verdict"] for problem in ranked)]
    return {
        **group,
        "problems": ranked,
        "severity": _worst(ranked),
        "verdict": max(verdicts, key=VERDICTS.index),
    }


def _unseen(group: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    hosts = ", ".join(group["hosts"])
    if own.get("failed"):
        said = str(own.get("msg", "")).rstrip(".")
        problem = Problem(
            "not_observed", group["label"], f"the audit from {hosts} failed: {said}", "Mend that, and run again"
        )
    else:
        said = str(own.get("msg", "they were not asked")).rstrip(".")
        problem = Problem(
            "hosts_unreachable",
            group["label"],
            f"Ansible reaches none of {hosts}: {said}",
            "Make one of them reachable",
        )
    unseen = {**UNSEEN_GROUP, "group": group["group"], "label": group["label"], "not_looked_at": []}
    return {**unseen, "problems": [problem_result(problem)], "severity": UNKNOWN}


def _worst(problems: Iterable[Mapping[str, Any]]) -> str:
    return max((problem["severity"] for problem in problems), key=SEVERITIES.index, default="none")


def why_failed(found: Mapping[str, Any], fail_from: str) -> str:
    """Why the run is to fail: the labels of what is at least as bad as the limit. Empty where nothing is."""
    if fail_from == NEVER:
        return ""
    names = [group["label"] for group in found["groups"] if is_at_least(group["severity"], fail_from)]
    if is_at_least(_worst(found["others"]), fail_from):
        names.append("what the Sentinels watch beside the inventory")
    what = "Not healthy, or advice is given" if fail_from == SEVERITIES[0] else "Not healthy"
    return f"{what}: {', '.join(names)}." if names else ""

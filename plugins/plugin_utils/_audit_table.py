# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of an audit as a table that fits a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.steadyhand.redis.plugins.module_utils._model.problems import SEVERITIES

# What Ansible puts around a line of a list (eight spaces, quotes, a comma) comes to 100 columns with it.
WIDTH = 88
_MARGIN = 10
_MOST_SUBJECTS = 6

Problem = Mapping[str, Any]


def lines(report: Mapping[str, Any]) -> list[str]:
    """The groups, then what is wrong with them, worst first. What is said alike of many groups is said once."""
    found = [*_groups(report["groups"]), ""]
    problems = [(group["label"], problem) for group in report["groups"] for problem in group["problems"]]
    problems += [("", problem) for problem in report["others"]]
    if problems:
        found.append("SEVERITY  CODE (SUBJECT)")
        for alike in _folded(problems):
            found += _problem(alike)
    counts = ", ".join(f"{report['counts'][one]} {one}" for one in reversed(SEVERITIES) if report["counts"][one])
    found.append(f"Problems: {counts or 'none'}. Severity: {report['severity']} ({report['exit_code']}).")
    found += _accepted(report["groups"])
    found += _unseen(report["groups"])
    return found


def _groups(groups: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    row = "{:<24} {:<9} {:<18} {}"
    yield row.format("GROUP", "VERDICT", "PRIMARY", "REPLICAS (BYTES BEHIND)")
    for group in groups:
        behind = [
            "{} ({})".format(one["name"], "?" if one["lag_bytes"] is None else one["lag_bytes"])
            for one in group["members"]
            if one["role"] == "replica"
        ]
        head = row.format(group["label"], group["verdict"], group["primary"] or "none", "").rstrip()
        yield from _wrapped(f"{head:<54}", ", ".join(behind))
        if group["last_handover"]:
            yield from _wrapped("  ", "last hand-over: " + _last(group["last_handover"]))
        if group["maintenance"]:
            yield from _wrapped("  ", "under maintenance: " + _held(group["maintenance"]))


def _last(last: Mapping[str, Any]) -> str:
    said = "{} {}, {} to {}".format(
        last["outcome"], last["ended_at"] or last["begun_at"], last["old_primary"], last["new_primary"] or "nobody"
    )
    if last["outcome"] == "done":
        return said
    return f"{said}, by {last['owner']}" + (": " + "; ".join(last["reasons"]) if last["reasons"] else "")


def _held(held: Mapping[str, Any]) -> str:
    said = f"{held['owner']} since {held['since']} for {held['purpose']}"
    ends = held["ends_in_seconds"]
    return said if ends is None else f"{said}, which ends in {ends} s unless it is renewed"


def _folded(problems: Sequence[tuple[str, Problem]]) -> list[list[tuple[str, Problem]]]:
    """Problems that differ in nothing but their subjects, together; worst first."""
    alike: dict[tuple[str, ...], list[tuple[str, Problem]]] = {}
    for label, problem in problems:
        key = tuple(problem[name] for name in ("severity", "code", "evidence", "outlook", "when"))
        alike.setdefault(key, []).append((label, problem))
    return sorted(alike.values(), key=lambda many: (-SEVERITIES.index(many[0][1]["severity"]), many[0][1]["code"]))


def _problem(alike: Sequence[tuple[str, Problem]]) -> Iterator[str]:
    problem = alike[0][1]
    of_one = {label for label, _problem in alike}
    subjects = list(dict.fromkeys(one["subject"] for _label, one in alike))
    shown = ", ".join(subjects[:_MOST_SUBJECTS])
    if len(subjects) > _MOST_SUBJECTS:
        shown += f" and {len(subjects) - _MOST_SUBJECTS} more"
    place = ""
    if len(of_one) == 1 and subjects != list(of_one) and "" not in of_one:
        place = f" in {alike[0][0]}"
    yield from _wrapped(f"{problem['severity']:<{_MARGIN}}", f"{problem['code']} ({shown}){place}")
    for name, text in (
        ("seen", problem["evidence"]),
        ("will", problem["outlook"]),
        ("when", problem["when"]),
        ("repair", problem["remedy"]),
    ):
        yield from _wrapped(f"  {name:<{_MARGIN - 2}}", text)


def _accepted(groups: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for group in groups:
        for problem in group["accepted"]:
            yield from _wrapped("", f"accepted: {problem['code']} ({problem['subject']}): {problem['evidence']}.")


def _unseen(groups: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    said: dict[str, list[str]] = {}
    for group in groups:
        for sentence in group["not_looked_at"]:
            said.setdefault(sentence, []).append(group["label"])
    for sentence, _labels in said.items():
        yield from _wrapped("", f"not looked at: {sentence}.")


def _wrapped(head: str, text: str) -> list[str]:
    """The text behind the head, and below it where it needs more lines than one."""
    indent = " " * min(len(head), _MARGIN) if head.strip() else head
    wrapped = textwrap.wrap(
        text,
        WIDTH,
        initial_indent=head if len(head) < WIDTH - 20 else "",
        subsequent_indent=indent or "  ",
        break_on_hyphens=False,
    )
    return [line.rstrip() for line in wrapped] or [head.rstrip()]

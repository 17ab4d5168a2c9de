# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of an audit: which of two looks counts, what is said of a group that nobody saw, and a table that fits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.audit import audit_result
from ansible_collections.steadyhand.redis.plugins.module_utils._model.audit.whole import audit
from ansible_collections.steadyhand.redis.plugins.module_utils._model.health import Limits
from ansible_collections.steadyhand.redis.plugins.module_utils._model.last_handover import LastHandOver
from ansible_collections.steadyhand.redis.plugins.module_utils._model.lock import HeldLock, LockRecord
from ansible_collections.steadyhand.redis.plugins.plugin_utils import _audit_report as reports
from ansible_collections.steadyhand.redis.plugins.plugin_utils import _audit_table as table
from unit.audit_builders import FIRST, SECOND, scene
from unit.audit_cases import CASES
from unit.builders import with_account, with_node

GROUPS = [
    {"label": FIRST, "group": FIRST, "hosts": ["a", "b", "c"]},
    {"label": SECOND, "group": SECOND, "hosts": ["x", "y", "z"]},
]
OUT_OF_REACH = scene(second=lambda view: with_account(view, "z", facts=None, error="timed out", declared=None))


def result(made: Any, only: str | None = None, accept: Sequence[str] = ()) -> dict[str, Any]:
    """What the module returns, of all groups or of one."""
    found: dict[str, Any] = json.loads(json.dumps(audit_result(audit(made, Limits(), accept))))
    return {**found, "groups": [group for group in found["groups"] if only in (None, group["label"])]}


def codes(report: dict[str, Any]) -> list[str]:
    """What is wrong, by group."""
    return [f"{group['label']}: {problem['code']}" for group in report["groups"] for problem in group["problems"]]


def test_a_group_that_was_seen_whole_needs_no_second_look() -> None:
    assert reports.out_of_reach(result(scene()), GROUPS) == []
    assert reports.out_of_reach(result(OUT_OF_REACH), GROUPS) == [SECOND]
    assert reports.out_of_reach({}, GROUPS) == [FIRST, SECOND]


def test_the_look_that_reaches_more_counts() -> None:
    far, near = result(OUT_OF_REACH), result(scene(), SECOND)
    assert "presence-2: node_unreachable" in codes(reports.report(GROUPS, far, {}))
    better = reports.report(GROUPS, far, {SECOND: near})
    assert (codes(better), better["severity"], better["verdict"]) == ([], "none", "healthy")
    assert "presence-2: node_unreachable" in codes(reports.report(GROUPS, far, {SECOND: result(OUT_OF_REACH, SECOND)}))


def test_what_only_all_groups_together_show_is_not_lost_by_a_nearer_look() -> None:
    made = CASES["a replica has gone over to another group"].make()
    far = result(made)
    far["groups"][1]["problems"].append({**far["groups"][1]["problems"][0], "code": "node_unreachable", "subject": "y"})
    report = reports.report(GROUPS, far, {SECOND: result(scene(), SECOND)})
    assert codes(report) == ["presence-1: foreign_replica_attached", "presence-2: replica_of_other_group"]
    assert (report["groups"][1]["severity"], report["groups"][1]["verdict"]) == ("unsafe", "unsafe")


@pytest.mark.parametrize(
    ("own", "code", "said"),
    [
        ({"msg": "no route.", "failed": False}, "hosts_unreachable", "Ansible reaches none of x, y, z: no route"),
        ({"msg": "no redis", "failed": True}, "not_observed", "the audit from x, y, z failed: no redis"),
        ({}, "hosts_unreachable", "Ansible reaches none of x, y, z: they were not asked"),
    ],
)
def test_a_group_that_nobody_saw_is_unknown(own: dict[str, Any], code: str, said: str) -> None:
    report = reports.report(GROUPS, {}, {FIRST: result(scene(), FIRST), SECOND: own})
    (problem,) = report["groups"][1]["problems"]
    assert (problem["code"], problem["evidence"], problem["acceptable"]) == (code, said, False)
    assert (report["severity"], report["exit_code"], report["verdict"]) == ("unknown", 4, "unknown")
    assert any(line.startswith(f"unknown   {code} ({SECOND})") for line in table.lines(report))


@pytest.mark.parametrize(
    ("title", "fail_from", "failure"),
    [
        ("two well-tuned groups", "advice", ""),
        ("two nodes in one zone", "degraded", ""),
        ("two nodes in one zone", "advice", "Not healthy, or advice is given: presence-1."),
        ("all nodes in one zone", "degraded", "Not healthy: presence-1."),
        ("all nodes in one zone", "unsafe", ""),
        ("a replica has gone over to another group", "unsafe", "Not healthy: presence-1, presence-2."),
        ("a replica has gone over to another group", "unknown", ""),
        ("the primary is silent", "unknown", "Not healthy: presence-1."),
        ("the primary is silent", "never", ""),
        (
            "a group that only Sentinels know",
            "advice",
            "Not healthy, or advice is given: what the Sentinels watch beside the inventory.",
        ),
    ],
)
def test_from_a_severity_on_the_run_fails(title: str, fail_from: str, failure: str) -> None:
    report = reports.report(GROUPS, result(CASES[title].make()), {})
    assert reports.why_failed(report, fail_from) == failure


@pytest.mark.parametrize("title", CASES)
def test_the_table_fits_a_terminal_and_leaves_nothing_out(title: str) -> None:
    report = reports.report([{**group} for group in _groups_of(title)], result(CASES[title].make()), {})
    lines = table.lines(report)
    assert max(map(len, lines)) <= table.WIDTH
    text = " ".join(" ".join(lines).split())
    for group in report["groups"]:
        for problem in group["problems"]:
            for name in ("severity", "code", "subject", "evidence", "outlook", "when", "remedy"):
                assert " ".join(problem[name].split()) in text, name


def _groups_of(title: str) -> list[dict[str, Any]]:
    labels = [group.label for group in CASES[title].make().groups]
    return [{**group, "label": label} for group, label in zip(GROUPS, labels, strict=True)]


def test_what_is_alike_in_many_groups_is_said_once() -> None:
    one = result(CASES["no limit"].make())["groups"][0]
    many = [
        {**one, "label": f"group-{n}", "problems": [{**p, "subject": f"group-{n}"} for p in one["problems"]]}
        for n in range(100)
    ]
    groups = [{"label": group["label"], "group": "g", "hosts": ["a"]} for group in many]
    lines = table.lines(reports.report(groups, {"groups": many}, {}))
    assert sum("maxmemory_unset" in line for line in lines) == 1
    assert "group-5 and 94 more" in " ".join(line.strip() for line in lines)
    assert "Problems: 100 advice. Severity: advice (1)." in lines


def test_the_table_shows_the_last_hand_over_the_lock_and_what_is_accepted() -> None:
    made = scene(
        first=lambda view: with_node(
            view,
            "a",
            last_handover=LastHandOver(
                "unknown", "me", "a roll", "2026-11-24T10:00:00Z", "2026-11-24T10:01:00Z", "b", "", ("it broke",)
            ),
            lock=HeldLock(LockRecord("run-7", "a roll", "2026-11-24T10:00:00Z"), 871),
            loading=True,
        )
    )
    text = "\n".join(table.lines(reports.report(GROUPS, result(made, accept=["node_loading"]), {})))
    assert "last hand-over: unknown 2026-11-24T10:01:00Z, b to nobody, by me: it broke" in text
    assert "under maintenance: run-7 since 2026-11-24T10:00:00Z for a roll, which ends in 871 s" in text
    assert "accepted: node_loading (a): it is loading its data set." in text

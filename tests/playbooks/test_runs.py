# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every playbook checks before it touches a group, and what audit and failover do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lab.lab import Lab

from .run import play

PLAYBOOKS = ["audit", "failover", "push_config", "repair_sentinels", "rolling_restart"]

# What is wrong stands first in the message, not behind what Ansible was doing.
REFUSED = {
    "a part of a group": (
        ("--limit", "group-1-a"),
        "the limit tears Redis groups apart: group-1 (group-1-b, group-1-c would be left out)",
    ),
    "no Redis node": (("--limit", "sentinels"), "no Redis node is in this run"),
    "tags": (("--tags", "restart"), "This playbook has no tags"),
    "too few forks": (("--forks", "1", "-e", "redis_serial=2"), "The widest wave has 2 groups"),
    "no waves": (("-e", "redis_serial=all"), "redis_serial is 'all'"),
    "a moment that cannot be meant": (
        ("-e", "redis_roll_since=yesterday"),
        "One of these cannot be meant: redis_roll_since=yesterday",
    ),
    "a switch that is none": (("-e", "redis_return_primary=later"), "redis_return_primary is 'later'"),
    "a code that does not exist": (
        ("-e", "redis_accept=stale-entry"),
        "redis_accept: 'stale-entry' is no problem code",
    ),
    "a zone that no node is in": (
        ("-e", "redis_prefer_zone=x"),
        "redis_prefer_zone is x, and no node of this run has it as its redis_zone. There are: a, b, c.",
    ),
}

# Beside the inventory of the lab.
BAD_INVENTORIES = {
    "a host in two groups": (
        "redis: {children: {group_3: {hosts: {another: {}}}, group_4: {hosts: {another: {}}}}}",
        "host another: which Redis group is it in? It is in 2 of the child groups of 'redis'",
    ),
    "Sentinels that are not there": (
        "all: {hosts: {group-1-a: {redis_sentinel_hosts: watch}, group-1-b: {redis_sentinel_hosts: watch}, group-1-c: {redis_sentinel_hosts: watch}}}",
        "Redis group group-1: the inventory group 'watch', which should hold its Sentinels, does not exist",
    ),
    "a name that Sentinels take for a pattern": (
        "all: {hosts: {group-2-a: {redis_group: 'group-*'}}}",
        "host group-2-a: 'group-*' cannot be the name of a group: '*' is a pattern",
    ),
    "no port": ("all: {hosts: {group-2-b: {redis_port: redis}}}", "host group-2-b: redis_port is 'redis'"),
    "a wish that is neither yes nor no": (
        "all: {hosts: {group-2-b: {redis_never_primary: maybe}}}",
        "host group-2-b: redis_never_primary is 'maybe'",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), REFUSED.values(), ids=REFUSED)
def test_a_run_that_makes_no_sense_is_refused(lab: Lab, arguments: tuple[str, ...], message: str) -> None:
    run = play(lab, "rolling_restart", None, *arguments)
    assert run.code != 0
    assert run.failure().startswith(message)
    assert sum(run.module_runs().values()) == 0


@pytest.mark.parametrize(("text", "message"), BAD_INVENTORIES.values(), ids=BAD_INVENTORIES)
def test_an_inventory_that_makes_no_sense_is_refused(lab: Lab, tmp_path: Path, text: str, message: str) -> None:
    beside = tmp_path / "beside.yml"
    beside.write_text(text, encoding="utf-8")
    run = play(lab, "audit", None, "-i", str(beside))
    assert run.code != 0
    assert run.failure().startswith(message)
    assert "Traceback" not in run.output
    assert sum(run.module_runs().values()) == 0


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_a_limit_that_matches_nothing_is_an_error(lab: Lab, playbook: str) -> None:
    assert play(lab, playbook, None, "--limit", "nobody").code != 0


def test_audit_shows_a_table_and_fails_for_what_is_not_healthy(lab: Lab, tmp_path: Path) -> None:
    good = play(lab, "audit", None, "--check")
    assert good.code == 0, good.failure()
    assert good.changes == []
    assert good.said("All 2 groups are healthy.")
    assert sum(good.module_runs().values()) == 1, "one call sees everything"

    replica = lab.replicas_of("group-2")[0]
    file = tmp_path / "report.json"
    shaped = {"redis_audit_file": str(file), "redis_audit_files": "true", "redis_audit_fail_from": "unsafe"}
    with replica.changed("replica-read-only", "no"):
        bad = play(lab, "audit")
        accepted = play(lab, "audit", {"redis_accept": "replica_writable"})
        tolerated = play(lab, "audit", shaped, "--check")
    assert bad.code != 0
    assert bad.failure() == "Not healthy: group-2."
    assert f"degraded  replica_writable ({replica.name}) in group-2" in bad.output
    assert accepted.code == 0, accepted.failure()
    assert f"accepted: replica_writable ({replica.name})" in accepted.output
    assert tolerated.code == 0, tolerated.failure()
    assert tolerated.changes == []
    report = json.loads(file.read_text(encoding="utf-8"))
    found = {(group["label"], one["code"], one["subject"]) for group in report["groups"] for one in group["problems"]}
    assert ("group-2", "replica_writable", replica.name) in found
    # What only their hosts know.
    assert ("group-2", "settings_not_persisted", replica.name) in found
    assert [group["not_looked_at"] for group in report["groups"]] == [[], []]
    assert (report["severity"], report["exit_code"], report["counts"]["unsafe"]) == ("degraded", 2, 0)


@pytest.mark.parametrize(
    "wish", [{"redis_audit_fail_from": "bad"}, {"redis_audit_format": "xml"}, {"redis_audit_file": "report.json"}]
)
def test_a_wish_for_an_audit_that_cannot_be_meant_is_refused(lab: Lab, wish: dict[str, str]) -> None:
    run = play(lab, "audit", wish)
    assert run.code != 0
    ((name, value),) = wish.items()
    assert f"{name}={value}" in run.failure()
    assert sum(run.module_runs().values()) == 0


def test_an_unsafe_group_is_refused_and_nothing_else_begins(lab: Lab) -> None:
    run_ids = {node.name: node.run_id() for node in lab.nodes}
    replica = lab.replicas_of("group-2")[0]
    replica.process.freeze()
    try:
        run = play(lab, "rolling_restart")
    finally:
        replica.process.thaw()
    assert run.code != 0
    assert f"group-2 is unknown, nothing of it is changed: node_unreachable ({replica.name})" in run.failure(
        "group-2-a"
    )
    assert run.said("group-1 is not begun, because the line was stopped by group-2")
    assert {node.name: node.run_id() for node in lab.nodes} == run_ids


def test_a_group_is_seen_from_another_host_where_the_first_cannot_be_reached(lab: Lab) -> None:
    lab.cut_off("group-1-a")
    try:
        seen = play(lab, "audit")
        for node in lab.nodes_of("group-1")[1:]:
            lab.cut_off(node.name)
        from_elsewhere = play(lab, "audit")
        unseen = play(lab, "audit", None, "--limit", "group_1")
    finally:
        for node in lab.nodes_of("group-1"):
            lab.join(node.name)
    for run in (seen, from_elsewhere):
        assert run.code == 0, run.failure()
        assert sum(run.module_runs().values()) > 1, "of those that were tried the first did not answer"
    assert unseen.code != 0
    assert unseen.failure() == "Not healthy: group-1."
    assert "hosts_unreachable (group-1)" in unseen.output


def test_a_wrong_password_is_named_as_such(lab: Lab) -> None:
    run = play(lab, "audit", {"redis_login_password": "wrong"}, "--limit", "group_1")
    assert run.code != 0
    assert "node_denied (group-1-a)" in run.output
    assert "Traceback" not in run.output


def test_failover_moves_the_primary_to_the_target(lab: Lab) -> None:
    target = lab.replicas_of("group-1")[-1].name
    without_limit = play(lab, "failover", {"redis_target": target})
    assert without_limit.code != 0
    assert f"redis_target is {target}" in without_limit.failure()

    planned = play(lab, "failover", {"redis_target": target}, "--limit", "group_1", "--check")
    assert planned.code == 0, planned.failure()
    assert lab.primary_of("group-1").name != target

    done = play(lab, "failover", {"redis_target": target}, "--limit", "group_1")
    assert done.code == 0, done.failure()
    assert lab.primary_of("group-1").name == target
    again = play(lab, "failover", {"redis_target": target}, "--limit", "group_1")
    assert again.code == 0, again.failure()
    assert again.said(f"{target} is the primary already")
    assert again.changes == []

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""push_config on real servers over ssh."""

from __future__ import annotations

import json
from functools import partial

import pytest
import redis
from lab.lab import Lab
from lab.node import DataNode
from lab.waiting import wait_until

from .run import Run, play

pytestmark = pytest.mark.long
LIMITS = "client-output-buffer-limit"
LONG = 60.0


def push(lab: Lab, settings: object, *arguments: str) -> Run:
    """Run it."""
    return play(lab, "push_config", {"redis_settings": settings}, *arguments)


def values(lab: Lab, name: str) -> set[str]:
    """The running values on all nodes."""
    return {node.config(name) for node in lab.nodes}


def run_ids(lab: Lab) -> dict[str, str]:
    """Of all nodes."""
    return {node.name: node.run_id() for node in lab.nodes}


def test_live_settings_need_no_restart_and_a_second_run_changes_nothing(lab: Lab) -> None:
    before, primaries = run_ids(lab), [lab.primary_of(group) for group in lab.groups]
    wanted = {"repl-backlog-size": "3mb", LIMITS: "replica 512mb 128mb 60"}

    planned = push(lab, wanted, "--check", "--diff")
    assert planned.code == 0, planned.failure()
    assert values(lab, "repl-backlog-size") == {"1048576"}
    for node in lab.nodes:
        assert planned.said(f"{node.name}: set live") or planned.said(f"{node.name} (primary): set live")
    assert "+repl-backlog-size" in planned.output.replace(" ", "").replace('"', "")

    first = push(lab, wanted)
    assert first.code == 0, first.failure()
    assert values(lab, "repl-backlog-size") == {str(3 * 1024**2)}
    for node in lab.nodes:
        assert "slave 536870912 134217728 60" in node.config(LIMITS)
        assert "repl-backlog-size 3mb" in (node.directory / "redis.conf").read_text(encoding="utf-8")

    # Set by hand and in no file: the next restart would lose it, so that "it runs already" is not the end of it.
    for node in lab.nodes:
        with node.client() as client:
            client.config_set("repl-backlog-size", "5mb")
    wanted["repl-backlog-size"] = "5mb"
    planned = push(lab, wanted, "--check")
    assert planned.said(
        f"{lab.nodes[0].name}{' (primary)' if lab.nodes[0] in primaries else ''}: save in its file repl-backlog-size"
    )
    assert planned.changes
    saved = push(lab, wanted)
    assert saved.code == 0, saved.failure()
    for node in lab.nodes:
        assert "repl-backlog-size 5mb" in (node.directory / "redis.conf").read_text(encoding="utf-8")

    second = push(lab, wanted)
    assert second.code == 0, second.failure()
    assert second.changes == []
    assert run_ids(lab) == before


def test_settings_that_need_a_restart_are_rolled_where_they_differ(lab: Lab) -> None:
    """As a survey hands them over: everything is text. One group only, so that the other shows that it was left alone."""
    before = run_ids(lab)
    primary = lab.primary_of("group-1").name
    run = play(
        lab,
        "push_config",
        {
            "redis_settings": '{"tcp-backlog": 301}',
            "redis_serial": "1, 100%",
            "redis_accept": "",
            "redis_accept_full_sync": "no",
        },
        "--limit",
        "group_1",
    )
    assert run.code == 0, run.failure()
    for node in lab.nodes:
        changed = node.group == "group-1"
        assert (node.run_id() != before[node.name]) is changed
        assert (node.config("tcp-backlog") == "301") is changed
    assert lab.primary_of("group-1").name != primary
    again = push(lab, {"tcp-backlog": 301}, "--limit", "group_1")
    assert again.code == 0, again.failure()
    assert again.changes == []


def test_live_settings_cure_a_group_with_accepted_problems_and_only_good_replicas_count(lab: Lab) -> None:
    """A replica that has lost its primary is still a replica that answers, and no good one."""
    sick = lab.replicas_of("group-1")[0]
    accept = {"redis_accept": ["replica_link_down", "replica_syncing"]}
    with sick.changed("masterauth", "wrong"), lab.primary_of("group-1").client() as primary:
        primary.execute_command("CLIENT", "KILL", "TYPE", "replica")
        wait_until(lambda: None if _links_up(primary) == 1 else "not one link", LONG, "one good replica")
        refused = push(lab, {"min-replicas-to-write": 2}, "--limit", "group_1", "-e", json.dumps(accept))
        cured = push(lab, {"repl-backlog-size": "6mb"}, "--limit", "group_1", "-e", json.dumps(accept))
    assert refused.code != 0
    assert "min-replicas-to-write would be 2, the group has 1 good replicas" in refused.failure()
    assert {node.config("min-replicas-to-write") for node in lab.nodes} == {"0"}
    assert cured.code == 0, cured.failure()
    assert cured.said("accepted: replica_link_down")
    assert {node.config("repl-backlog-size") for node in lab.nodes_of("group-1")} == {str(6 * 1024**2)}


def test_a_full_synchronisation_is_asked_about_before_anything_is_changed_and_made_when_accepted(lab: Lab) -> None:
    """Nodes that load an append-only file: in check mode too, and before what could be set live is set."""
    nodes = lab.nodes_of("group-2")
    _switch_append_file(nodes, "yes")
    before, backlogs = run_ids(lab), values(lab, "repl-backlog-size")
    primary = lab.primary_of("group-2")
    wanted = {"repl-backlog-size": "7mb", "tcp-backlog": 305}
    limit = ("--limit", "group_2")
    try:
        with primary.client() as client:
            client.set("kept", "yes")
        for run in (
            push(lab, wanted, *limit, "--check"),
            push(lab, wanted, *limit),
            play(lab, "rolling_restart", None, *limit, "--check"),
        ):
            assert run.code != 0
            assert "nothing of group-2 is changed" in run.failure()
            assert all(f"{node.name} (it loads its append-only file" in run.failure() for node in nodes)
        assert values(lab, "repl-backlog-size") == backlogs
        accepted = push(lab, wanted, *limit, "-e", "redis_accept_full_sync=yes")
        assert accepted.code == 0, accepted.failure()
        for node in nodes:
            assert node.run_id() != before[node.name]
            assert (node.config("repl-backlog-size"), node.config("tcp-backlog")) == (str(7 * 1024**2), "305")
            assert accepted.said(f"{node.name} will come back by a full synchronisation: it loads its append-only file")
            with node.client() as client:
                assert client.get("kept") == "yes"
        assert lab.primary_of("group-2").name != primary.name
    finally:
        _switch_append_file(nodes, "no")


def _switch_append_file(nodes: list[DataNode], value: str) -> None:
    """On or off, with the file made where it is on."""
    for node in nodes:
        with node.client() as client:
            client.config_set("appendonly", value)
            client.config_rewrite()
    for node in nodes:
        wait_until(partial(_rewriting, node), LONG, f"the append-only file of {node.name}")


def _rewriting(node: DataNode) -> str | None:
    return "it is being made" if node.info("persistence")["aof_rewrite_in_progress"] else None


def _links_up(primary: redis.Redis) -> int:
    """How many replicas are connected to it and in sync."""
    found = primary.info("replication")
    return sum(1 for name, one in found.items() if name.startswith("slave") and one.get("state") == "online")


def test_a_node_that_is_cut_off_is_named_and_the_others_are_restored(lab: Lab) -> None:
    """Cut off right after it got its live settings; it is the first to be restarted, so the roll fails there."""
    before, backlog = run_ids(lab), values(lab, "repl-backlog-size")
    lost: list[str] = []

    def cut(line: str) -> None:
        if not lost and " has repl-backlog-size now" in line:
            lost.append(line.split("group-1: ")[1].split()[0])
            lab.cut_off(lost[0])

    try:
        run = play(
            lab, "push_config", {"redis_settings": {"repl-backlog-size": "9mb", "tcp-backlog": 302}}, on_line=cut
        )
    finally:
        for name in lost:
            lab.join(name)
    assert run.code != 0
    (name,) = lost
    failure = run.failure("group-1-a")
    assert f"could not be put back: {name};" in failure
    assert "To undo" in failure
    for node in lab.nodes:
        assert (node.config("repl-backlog-size") == str(9 * 1024**2)) is (node.name == name)
        if node.name != name:
            assert {node.config("repl-backlog-size")} <= backlog
            assert f"put back: {node.name}" in failure or node.name in failure or node.group == "group-2"
    assert run_ids(lab) == before, "nothing was restarted"
    mended = push(lab, {"repl-backlog-size": backlog.pop()})
    assert mended.code == 0, mended.failure()


def test_every_bad_setting_is_named_before_anything_is_changed(lab: Lab) -> None:
    before = run_ids(lab)
    bad = {
        "repl-backlog-sise": "1mb",  # misspelt
        "repl-backlog-ttl": "many",  # a value that the engine refuses
        "replicaof": "a 1",  # not to be pushed
        "maxmemory": "1kb",  # would evict everything
        "min-replicas-to-write": 9,  # would refuse every write
    }
    run = push(lab, bad)
    assert run.code != 0
    for name in bad:
        assert name in run.failure()
    assert "Traceback" not in run.output
    assert run.changes == []
    assert run_ids(lab) == before


def test_a_value_that_the_engine_caps_stops_the_line_with_what_it_makes_of_it(lab: Lab) -> None:
    before, frequencies = run_ids(lab), values(lab, "hz")
    run = push(lab, {"hz": 1000, "tcp-backlog": 303})
    assert run.code != 0
    assert "hz was set to '1000' and reads back as '500': ask for that" in run.failure("group-1-a")
    assert values(lab, "hz") == frequencies
    assert run_ids(lab) == before, "nothing was restarted"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({}, "There is nothing to push", id="nothing"),
        pytest.param("hz 20", "redis_settings is a text: it must be a mapping", id="no mapping"),
    ],
)
def test_what_is_no_setting_at_all_is_refused_before_anything_is_changed(
    lab: Lab, settings: object, message: str
) -> None:
    before = run_ids(lab)
    run = push(lab, settings)
    assert run.code != 0
    assert message in run.failure()
    assert "Traceback" not in run.output
    assert run.changes == []
    assert run_ids(lab) == before

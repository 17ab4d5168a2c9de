# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""rolling_restart on real servers over ssh."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from lab.lab import Lab
from lab.traffic.load import Load
from lab.traffic.traffic import Traffic

from .run import play

LabFactory = Callable[..., Lab]

pytestmark = pytest.mark.long
BUDGET = 2 * 3 + 2
"""Module runs for a group of three: two for each node, two for the group."""


def seconds_reckoned_with(messages: list[str]) -> list[tuple[str, int]]:
    """Which node was thought to be away for how long, in the order of the forecasts."""
    found = re.findall(r"(\S+) will come back by .*? bytes will be written in (\d+) s", "\n".join(messages))
    return [(name, int(seconds)) for name, seconds in found]


def test_every_node_is_restarted_once_the_primary_last_no_write_is_lost_and_no_node_is_due_again(lab: Lab) -> None:
    old_primaries = {group: lab.primary_of(group).name for group in lab.groups}
    run_ids = {node.name: node.run_id() for node in lab.nodes}
    traffic = Traffic.start(lab, Load(value_size=100, writes_per_second=100.0, messages_per_second=5.0))
    try:
        run = play(lab, "rolling_restart", {"redis_serial": [2]})
    finally:
        report = traffic.stop()
    assert run.code == 0, run.failure()
    assert sum(effect.acknowledged for effect in report.effects) > 0
    assert report.check(lab) == []

    restarts = [result for result in run.results if "restarted " in result.message and "is next" not in result.message]
    for group in lab.groups:
        names = [node.name for node in lab.nodes_of(group)]
        assert all(lab.node(name).run_id() != run_ids[name] for name in names)
        order = [
            found[1] for result in restarts if (found := re.match(rf"{group}: restarted (\S+) \(", result.message))
        ]
        assert sorted(order) == sorted(names)
        assert order[-1] == old_primaries[group]
        by_start = sorted(names, key=lambda name: lab.node(name).process.started_at())
        assert by_start == order
        assert lab.primary_of(group).name != old_primaries[group]
    assert all(runs <= BUDGET for runs in run.module_runs().values()), run.module_runs()
    # How each comes back is said, also of the old primary, with what could not be checked; and no estimate is below the wish.
    for node in lab.nodes:
        (said,) = [text for text in run.messages if f"{node.name} will come back by a partial synchronisation" in text]
        assert "(not checked: the node's command line" in said
        ((_name, seconds),) = seconds_reckoned_with([said])
        assert seconds >= 30

    # What was restarted since then is skipped, by each node's own uptime; the moment is the one that was printed.
    since = re.search(r"redis_roll_since=(\S+)", "".join(run.messages))
    assert since is not None
    run_ids = {node.name: node.run_id() for node in lab.nodes}
    again = play(lab, "rolling_restart", {"redis_roll_since": since[1], "redis_serial": 2})
    assert again.code == 0, again.failure()
    assert all(again.said(f"{group}: no node needs a restart") for group in lab.groups)
    assert again.changes == []
    assert {node.name: node.run_id() for node in lab.nodes} == run_ids


def test_check_mode_shows_the_plan_and_changes_nothing(lab: Lab) -> None:
    run_ids = {node.name: node.run_id() for node in lab.nodes}
    run = play(lab, "rolling_restart", None, "--check")
    assert run.code == 0, run.failure()
    for group in lab.groups:
        primary = lab.primary_of(group).name
        (plan,) = [message for message in run.messages if message.startswith(f"{group}: restart ")]
        assert plan.index(f"hand over from {primary}, then restart {primary}") > max(
            plan.index(f"restart {node.name}") for node in lab.replicas_of(group)
        )
    assert run.changes == []
    assert {node.name: node.run_id() for node in lab.nodes} == run_ids


def test_a_failing_group_stops_another_between_two_of_its_nodes(lab: Lab) -> None:
    """group-1 fails while group-2's first node is still restarting: group-2 finishes that node and restarts no more."""
    run_ids = {node.name: node.run_id() for node in lab.nodes}
    primaries = {group: lab.primary_of(group).name for group in lab.groups}
    switches = [node.directory / "restart-fails" for node in lab.nodes_of("group-1")]
    delays = [node.directory / "restart-delay" for node in lab.nodes_of("group-2")]
    for switch in switches:
        switch.touch()
    for delay in delays:
        delay.write_text("15", encoding="ascii")
    try:
        run = play(lab, "rolling_restart", {"redis_serial": "2"})
        down = [node for node in lab.nodes if not node.process.is_running()]
    finally:
        for file in (*switches, *delays):
            file.unlink()
        for node in lab.nodes:
            if not node.process.is_running():
                node.start()
    assert run.code != 0
    (victim,) = down
    assert victim.group == "group-1"
    assert f"Node in hand: {victim.name} (while it was being restarted)" in run.failure("group-1-a")
    assert "The lock is given back." in run.failure("group-1-a")
    assert "ansible-playbook" in run.failure("group-1-a")
    restarted = {node.name for node in lab.nodes if node.run_id() != run_ids[node.name]} - {victim.name}
    assert len(restarted) == 1
    assert all(name.startswith("group-2") for name in restarted)
    (stopped,) = [message for message in run.messages if message.startswith("group-2: stopped after")]
    assert "the line was stopped by group-1" in stopped
    assert "redis_roll_since" in stopped
    lab.wait_converged()
    assert {group: lab.primary_of(group).name for group in lab.groups} == primaries


def test_a_node_that_ansible_cannot_reach_stops_the_line_before_anything_is_changed(lab: Lab) -> None:
    run_ids = {node.name: node.run_id() for node in lab.nodes}
    lab.cut_off("group-2-c")
    try:
        run = play(lab, "rolling_restart")
    finally:
        lab.join("group-2-c")
    assert run.code != 0
    assert "Ansible cannot reach group-2-c, nothing of group-2 is changed" in run.failure("group-2-a")
    assert run.said("group-1 is not begun, because the line was stopped by group-2")
    assert {node.name: node.run_id() for node in lab.nodes} == run_ids


def test_groups_on_the_same_machines_take_turns(lab_factory: LabFactory) -> None:
    """All nodes on one machine: no two of them are away at the same time, and still every one is restarted."""
    lab = lab_factory(groups=2, replicas=2, one_machine=True, ssh=True, secured=True)
    # Whichever group comes first: so slow that the other one, which waits for it, is told.
    slow = {lab.replicas_of(group)[0].name for group in lab.groups}
    for node in lab.nodes:
        (node.directory / "restart-delay").write_text("20" if node.name in slow else "2", encoding="ascii")
    run = play(lab, "rolling_restart", {"redis_serial": 2, "redis_handovers_at_once": 1, "redis_restart_seconds": 1})
    assert run.code == 0, run.failure()
    for group in lab.groups:
        reckoned = seconds_reckoned_with([text for text in run.messages if text.startswith(f"{group}: ")])
        first, *others = dict.fromkeys(name for name, _seconds in reckoned)
        assert {seconds for name, seconds in reckoned if name == first} == {1}
        assert len(others) == 2
        assert min(seconds for name, seconds in reckoned if name != first) >= 2, "what was seen of the node before"
    waiting = r"^(group-\d) .*is waiting for its turn at a restart on machine .*taken by (?!\1)group-\d"
    assert re.search(waiting, run.output, re.MULTILINE)
    absences = []
    for node in lab.nodes:
        (line,) = (node.directory / "restarts").read_text(encoding="ascii").splitlines()
        absences.append(tuple(map(float, line.split())))
    absences.sort()
    for (_stopped, started), (next_stopped, _started) in pairwise(absences):
        assert started <= next_stopped

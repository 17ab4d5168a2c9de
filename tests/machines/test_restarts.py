# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes that are restarted by the service manager."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import ExitStack

import pytest
from hosts.hosts import Hosts
from hosts.node import HostedNode
from lab.traffic.checker import wait_until_caught_up
from lab.traffic.load import Load
from lab.traffic.traffic import Traffic
from lab.waiting import wait_until
from playbooks.run import play, play_command

from .seen import assert_restarted_once, changed_unit, nothing_restarts, starts_of, units

pytestmark = pytest.mark.long
MEGABYTES = 60
"""10^6 bytes: more than a second of loading by the usual rate (_model/restart.py), and no burden."""
SAVE_MICROSECONDS = 3_000_000
LOAD = Load(value_size=100, writes_per_second=100.0, messages_per_second=5.0)


@pytest.mark.timeout(600)
def test_every_service_is_restarted_once_the_old_primary_last_no_write_is_lost_and_none_is_due_again(
    hosts: Hosts,
) -> None:
    old_primary, before = hosts.primary, units(hosts)
    starts = {node.name: starts_of(node) for node in hosts.nodes}
    traffic = Traffic.start(hosts, LOAD)
    try:
        run = play(hosts, "rolling_restart")
    finally:
        report = traffic.stop()
    assert run.code == 0, run.failure()
    assert sum(effect.acknowledged for effect in report.effects) > 0
    assert report.check(hosts) == []

    after = units(hosts)
    assert_restarted_once(before, after)
    assert {node.name: starts_of(node) - starts[node.name] for node in hosts.nodes} == dict.fromkeys(starts, 1)
    assert max(after, key=lambda name: after[name].active_since) == old_primary.name
    assert hosts.primary.name != old_primary.name
    # Every line of its log names the role that the server had: S for a replica (server.c, serverLogRaw).
    roles_when_stopped = re.findall(r"^\d+:([MS]) .*User requested shutdown", old_primary.log(), re.MULTILINE)
    assert roles_when_stopped[-1] == "S"
    hosts.wait_converged()

    printed = re.search(r"To continue: (ansible-playbook .*redis_roll_since=.*)", "\n".join(run.messages))
    assert printed is not None
    with nothing_restarts(hosts):
        again = play_command(hosts, printed[1])
    assert again.code == 0, again.failure()
    assert again.changes == []
    assert again.said("group-1: no node needs a restart")


def test_a_service_that_does_not_come_up_stops_the_line_with_what_its_journal_says_but_for_passwords(
    hosts: Hosts,
) -> None:
    """The server refuses its file and prints the line, which holds a password. `play` looks for those in all output."""
    before, primary = units(hosts), hosts.primary.name
    unit, conf_file = hosts.distribution.unit, f"/etc/{hosts.distribution.engine}/broken.conf"
    with ExitStack() as changed:
        for node in hosts.replicas:
            node.machine.run(
                f"install -m 640 -g {node.distribution.user} /dev/stdin {conf_file} <<'END'\nrequirepas {node.password}\nEND"
            )
            start = f"ExecStart={node.distribution.program} {conf_file} --supervised systemd --daemonize no"
            changed.enter_context(changed_unit(node, "ExecStart=", start))
        run = play(hosts, "rolling_restart")
    (stopped,) = [node for node in hosts.nodes if node.role_if_reachable() is None]
    assert "requirepas " in stopped.machine.run(f"journalctl --no-pager --unit={unit}")
    stopped.start()
    assert run.code != 0
    failure = run.failure("group-1-a")
    assert f"{unit} did not start on {stopped.name}" in failure
    assert "Bad directive or wrong number of arguments | " in failure
    assert f"journalctl --unit={unit}" in failure
    assert f"Node in hand: {stopped.name} (while it was being restarted)" in failure
    assert "The lock is given back." in failure
    assert "redis_roll_since" in failure
    assert "Traceback" not in run.output
    after = units(hosts)
    assert [name for name in after if after[name].invocation != before[name].invocation] == [stopped.name]
    assert hosts.primary.name == primary


def test_a_machine_that_is_off_is_refused_before_anything_is_changed(hosts: Hosts) -> None:
    victim = hosts.replicas[0]
    others = [node for node in hosts.nodes if node.name != victim.name]
    before = {node.name: node.unit() for node in others}
    victim.machine.stop()
    try:
        run = play(hosts, "rolling_restart")
        after = {node.name: node.unit() for node in others}
    finally:
        victim.machine.start()
    assert run.code != 0
    assert f"node_unreachable ({victim.name})" in run.failure()
    assert "nothing of it is changed" in run.failure()
    assert run.changes == []
    assert after == before


def test_without_privileges_on_the_machines_an_audit_works_and_a_change_is_refused_with_what_it_needs(
    hosts: Hosts,
) -> None:
    settings = {"redis_settings": {"tcp-backlog": 301}}
    with nothing_restarts(hosts):
        rolled = play(hosts, "rolling_restart", {"ansible_become": False})
        pushed = play(hosts, "push_config", {"ansible_become": False, **settings})
        audit = play(hosts, "audit", {"ansible_become": False})
    assert audit.code == 0, audit.failure()
    for run in (rolled, pushed):
        assert run.code != 0
        assert hosts.distribution.conf_file in run.failure()
        assert "become" in run.failure()


def test_a_restart_for_which_the_unit_leaves_too_little_time_is_refused_with_the_numbers(hosts: Hosts) -> None:
    """The data set would load in about a second by the usual rate; the save is slow, because the engine is told so."""
    primary, replicas = hosts.primary, hosts.replicas
    keys = [f"filler:{number}" for number in range(MEGABYTES * 10)]
    with primary.client(timeout=60.0) as client, client.pipeline(transaction=False) as pipeline:
        for key in keys:
            pipeline.set(key, b"f" * 100_000)
        pipeline.execute()
    wait_until_caught_up(primary, replicas)
    for node in replicas:
        with node.client(timeout=60.0) as client:
            client.config_set("rdb-key-save-delay", SAVE_MICROSECONDS // client.dbsize())
            client.bgsave()
    try:
        wait_until(lambda: _why_not_saved(replicas), 60.0, "saves", interval=0.2)
        with ExitStack() as changed, nothing_restarts(hosts):
            for node in replicas:
                changed.enter_context(changed_unit(node, "TimeoutStartSec=1", "TimeoutStopSec=4"))
            run = play(hosts, "rolling_restart")
    finally:
        for node in replicas:
            with node.client() as client:
                client.config_set("rdb-key-save-delay", 0)
        with primary.client(timeout=60.0) as client:
            client.unlink(*keys)
    assert run.code != 0
    for numbers in (
        r"loading \d{8} bytes may take 1\.\d s, but its unit is killed after 1 s: raise the unit's TimeoutStartSec",
        r"may take \d+\.\d s \(its last save took \d+ s, .* its unit is killed after 4 s: raise the unit's TimeoutStopSec",
    ):
        assert re.search(numbers, run.failure()), run.failure()


def _why_not_saved(nodes: Iterable[HostedNode]) -> str | None:
    for node in nodes:
        seen = node.info("persistence")
        if seen["rdb_bgsave_in_progress"] or seen["rdb_last_bgsave_time_sec"] < SAVE_MICROSECONDS // 1_000_000:
            return f"{node.name}: last save took {seen['rdb_last_bgsave_time_sec']} s"
    return None

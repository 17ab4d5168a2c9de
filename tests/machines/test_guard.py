# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever stops a node first reaches its guard, and no signal reaches the server before the group can do without it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from hosts.guarding import (
    IMPATIENT,
    PROGRAM,
    guard,
    impatient,
    journal,
    owned,
    settings_of,
    status,
    tried,
    unguard,
    unit_of,
    wait_until_armed,
    wait_until_down,
    wait_until_said,
)
from hosts.hosts import GROUP, SENTINEL_PORT, Hosts
from hosts.node import HostedNode, HostedSentinel
from hosts.process import HostedProcess
from lab.traffic.load import Load
from lab.traffic.traffic import Traffic
from lab.waiting import wait_until
from playbooks.run import play

from .seen import assert_restarted_once, units

pytestmark = pytest.mark.long
LOAD = Load(value_size=100, writes_per_second=100.0, messages_per_second=5.0)
OPTIONS = {"stop_seconds": 120, "stable_seconds": 3}


@pytest.fixture(scope="module")
def guarded(suite_hosts: Hosts) -> Iterator[Hosts]:
    """The group with guards."""
    suite_hosts.wait_converged()
    run = guard(suite_hosts, **OPTIONS)
    assert run.code == 0, run.failure()
    yield suite_hosts
    unguard(suite_hosts)


@pytest.fixture
def hosts(guarded: Hosts) -> Hosts:
    """The guarded group, whole, and no guard at work."""
    guarded.wait_converged()
    for node in guarded.nodes:
        wait_until(partial(_not_free, node), 120.0, f"{node.name} to be free", interval=0.5)
    return guarded


def _not_free(node: HostedNode) -> str | None:
    said = status(node)
    broken = said["guard"]["broken"]
    against = [reason for reason in said["reasons"] if not reason.startswith("it is the primary")]
    return None if not broken and not against else f"{broken} {against}"


def test_a_second_run_of_the_role_changes_nothing_and_its_files_are_for_root_alone(hosts: Hosts) -> None:
    before = units(hosts)
    run = guard(hosts, **OPTIONS)
    assert run.code == 0, run.failure()
    assert run.changes == []
    assert units(hosts) == before
    node = hosts.nodes[0]
    assert owned(settings_of(node), node) == "600 root"
    assert owned(PROGRAM, node) == "755 root"


def test_status_and_check_say_of_every_node_whether_it_may_be_stopped_and_show_no_password(hosts: Hosts) -> None:
    for node in hosts.nodes:
        said, checked = status(node), tried(node, f"{PROGRAM} check")
        leads = node.name == hosts.primary.name
        assert said["role"] == ("primary" if leads else "replica")
        assert said["may_stop"] is not leads
        assert said["guard"] == {"broken": [], "holds": True}
        assert checked.code == (1 if leads else 0), checked.output
        everything = checked.output + str(said) + journal(node) + node.machine.run("ps axww")
        assert not [secret for secret in hosts.secrets if secret in everything]


def test_a_primary_that_is_stopped_hands_over_first_and_loses_nothing(hosts: Hosts) -> None:
    old, unit = hosts.primary, hosts.distribution.unit
    traffic = Traffic.start(hosts, LOAD)
    try:
        stopped = tried(old, f"systemctl stop {unit}")
        assert old.role_if_reachable() is None
        old.start()
        hosts.wait_converged()
    finally:
        report = traffic.stop()
    assert stopped.code == 0, stopped.output
    assert report.check(hosts) == []
    assert hosts.primary.name != old.name
    roles = re.findall(r"^\d+:([MS]) .*User requested shutdown", old.log(), re.MULTILINE)
    assert roles[-1] == "S"
    assert "has taken over, nothing was lost" in journal(old)
    assert f"{unit} may stop" in journal(old)


def test_a_restart_of_a_replica_passes_once_the_group_does_without_it(hosts: Hosts) -> None:
    replica = hosts.replicas[0]
    before = replica.unit()
    restarted = tried(replica, f"systemctl restart {hosts.distribution.unit}")
    assert restarted.code == 0, restarted.output
    assert replica.unit().invocation != before.invocation
    wait_until_armed(replica)


def test_of_two_nodes_that_are_stopped_at_the_same_time_one_is_held_and_its_stop_called_off(hosts: Hosts) -> None:
    unit, both = hosts.distribution.unit, hosts.replicas
    with impatient(*both, seconds=3 * IMPATIENT), ThreadPoolExecutor(len(both)) as pool:
        ended = list(pool.map(lambda node: tried(node, f"systemctl stop {unit}"), both))
    down = [node for node in both if node.role_if_reachable() is None]
    (held,) = [node for node in both if node.name not in {one.name for one in down}]
    said = journal(held)
    for node in down:
        node.start()
    assert sorted(one.code == 0 for one in ended) == [False, True], ended
    assert len(down) == 1
    assert re.search("was called off after .* it goes on serving", said)
    wait_until_armed(held)


def test_an_unknown_role_is_held_and_an_operator_may_override_that_once_by_name_and_reason(hosts: Hosts) -> None:
    """The server stands still: it answers nobody."""
    replica, unit = hosts.replicas[0], hosts.distribution.unit
    before = replica.unit()
    replica.process.freeze()
    try:
        with impatient(replica):
            stopped = tried(replica, f"systemctl stop {unit}")
    finally:
        replica.process.thaw()
    assert stopped.code != 0
    assert replica.unit() == before
    assert "node_unreachable" in journal(replica)
    wait_until_armed(replica)
    replica.process.freeze()
    try:
        tried(replica, f"{PROGRAM} override --reason 'it hangs'")
        replica.machine.run(f"systemctl stop --no-block {unit}")
        wait_until_said(replica, "overridden")
        wait_until_down(
            replica
        )  # systemd sends SIGCONT after its SIGTERM (systemd.kill(5)), so it ends although it stood still
    except BaseException:
        replica.process.thaw()
        raise
    replica.start()
    assert "root has overridden the guard until" in journal(replica)
    assert "it hangs" in journal(replica)
    assert status(replica)["override"] == ""


def test_a_rolling_restart_of_guarded_nodes_passes_its_own_guards(hosts: Hosts) -> None:
    before = units(hosts)
    run = play(hosts, "rolling_restart")
    assert run.code == 0, run.failure()
    assert_restarted_once(before, units(hosts))
    assert "its restart was found safe by" in journal(hosts.replicas[0])


def test_the_lock_of_a_run_holds_the_stop_of_a_node_that_it_has_not_announced(hosts: Hosts) -> None:
    replica, unit = hosts.replicas[0], hosts.distribution.unit
    with hosts.primary.client() as primary:
        primary.set(f"steadyhand:lock:{GROUP}", '{"owner": "run-7", "purpose": "push_config", "since": "now"}', ex=600)
        try:
            with impatient(replica):
                stopped = tried(replica, f"systemctl stop {unit}")
        finally:
            primary.delete(f"steadyhand:lock:{GROUP}")
    assert stopped.code != 0
    assert replica.role_if_reachable() == "slave"
    assert "run-7 since now for push_config holds the lock" in journal(replica)


def test_a_stop_that_follows_at_once_on_one_that_was_called_off_is_held_like_that(hosts: Hosts) -> None:
    """A unit whose stop command has run is inactive for a moment: another one holds in its place."""
    (replica, other), unit = hosts.replicas, hosts.distribution.unit
    before, said = replica.unit(), journal(replica)
    other.process.freeze()
    try:
        with impatient(replica, seconds=1):
            asked = tried(replica, f"(for time in 1 2 3 4; do systemctl stop {unit} && exit 1; done; exit 0)")
    finally:
        other.process.thaw()
    assert asked.code == 0, asked.output
    assert asked.output.count("canceled") == 4
    assert journal(replica).removeprefix(said).count("was called off after 1 s") == 4
    assert replica.unit() == before
    wait_until_armed(replica)
    wait_until(
        lambda: None if not _is_relieved(replica) else "not stopped", 60.0, "the relief to be over", interval=0.3
    )
    assert status(replica)["guard"] == {"broken": [], "holds": True}


def _is_relieved(node: HostedNode) -> bool:
    return tried(node, f"systemctl is-active {unit_of(node)}-relief").output == "active"


def test_a_primary_that_hears_of_no_other_sentinel_stops_only_when_it_does_again(hosts: Hosts) -> None:
    """Their answers are dropped on the way to its machine. One stop is called off at its limit, the next one outlasts that."""
    old, unit = hosts.primary, hosts.distribution.unit
    others = [one.address for one in hosts.sentinels if one.machine != old.machine]
    before = journal(old)
    traffic = Traffic.start(hosts, LOAD)
    try:
        with old.machine.hears_nothing_of(SENTINEL_PORT):
            with impatient(old):
                called_off = tried(old, f"systemctl stop {unit}")
            said = journal(old).removeprefix(before)
            wait_until_armed(old)
            assert old.role_if_reachable() == "master"
            before = journal(old)
            old.machine.run(f"systemctl stop --no-block {unit}")
            wait_until_said(old, "against it: sentinel_unreachable", before)
        wait_until_down(old)
        old.start()
        hosts.wait_converged()
    finally:
        report = traffic.stop()
    assert called_off.code != 0
    for address in others:
        assert f"sentinel_unreachable ({address})" in said
    assert f"was called off after {IMPATIENT} s" in said
    assert report.check(hosts) == []
    assert hosts.primary.name != old.name


def test_a_primary_is_not_stopped_before_every_sentinel_has_its_sense_of_time_again(hosts: Hosts) -> None:
    """A clock that jumps is to a Sentinel what standing still is: TILT, in which it does nothing for 30 s."""
    old, unit = hosts.primary, hosts.distribution.unit
    sentinel = next(one for one in hosts.sentinels if one.machine != old.machine)
    process = HostedProcess(sentinel.machine.name, hosts.distribution.sentinel_unit)
    before = journal(old)
    process.freeze()
    time.sleep(2.5)  # its timer is late by more than the two seconds that it trusts
    process.thaw()
    wait_until(lambda: None if _is_in_tilt(sentinel) else "not in TILT", 10.0, "TILT")
    stopped = tried(old, f"systemctl stop {unit}")
    assert not _is_in_tilt(sentinel)
    old.start()
    hosts.wait_converged()
    assert stopped.code == 0, stopped.output
    assert f"against it: sentinel_tilt ({sentinel.address})" in journal(old).removeprefix(before)
    assert hosts.primary.name != old.name


def _is_in_tilt(sentinel: HostedSentinel) -> bool:
    with sentinel.client() as client:
        return bool(client.info("sentinel")["sentinel_tilt"])


def test_a_program_that_is_killed_while_it_holds_is_started_again(hosts: Hosts) -> None:
    _holds_on(hosts, "steadyhand-guard ")


def test_a_supervisor_that_is_killed_while_it_holds_is_followed_by_the_next(hosts: Hosts) -> None:
    _holds_on(hosts, "steadyhand-guard/hold ")


def _holds_on(hosts: Hosts, victim: str) -> None:
    """A stop that is held is held on, and called off in the end, when what has this on its command line is killed."""
    primary, other, unit = hosts.primary, hosts.replicas[0], hosts.distribution.unit
    before = journal(primary)
    other.process.freeze()
    try:
        with impatient(primary, seconds=3 * IMPATIENT):
            primary.machine.run(f"systemctl stop --no-block {unit}")
            wait_until_said(primary, "against it: ", before)
            primary.machine.run(f"pkill -KILL --full '{victim}'")
            wait_until_said(primary, "was called off after", before)
        assert primary.role_if_reachable() == "master"
    finally:
        other.process.thaw()
    wait_until_armed(primary)


def test_a_broken_guard_is_reported_by_itself_and_by_the_audit(hosts: Hosts) -> None:
    replica, file = hosts.replicas[0], settings_of(hosts.replicas[0])
    assert play(hosts, "audit", {"redis_guarded": True}).code == 0
    replica.machine.run(f"mv {file} {file}.away; echo '{{' > {file}")
    try:
        asked = tried(replica, f"{PROGRAM} status")
        unreadable = play(hosts, "audit", {"redis_guarded": True})
    finally:
        replica.machine.run(f"mv {file}.away {file}")
    assert (asked.code, file in asked.output) == (2, True)
    assert unreadable.code != 0
    assert f"Not guarded: {replica.name} " in unreadable.failure()
    assert file in unreadable.failure()
    replica.machine.run(f"systemctl stop {unit_of(replica)}")
    try:
        assert tried(replica, f"{PROGRAM} status").code == 1
        assert (
            f"{unit_of(replica)}.service is inactive: start it"
            in play(hosts, "audit", {"redis_guarded": True}).failure()
        )
    finally:
        replica.machine.run(f"systemctl start {unit_of(replica)}")
    assert status(replica)["guard"]["holds"] is True


def test_a_stop_that_cannot_be_judged_is_held_and_called_off(hosts: Hosts) -> None:
    """Its settings are lost. Nothing tells how long to hold then, so the stop must be a package's, which is short."""
    replica, unit = hosts.replicas[0], hosts.distribution.unit
    file = settings_of(replica)
    replica.machine.run(f"mv {file} {file}.away")
    try:
        stopped = tried(replica, _as_dpkg(f"systemctl stop {unit}"))
    finally:
        replica.machine.run(f"mv {file}.away {file}")
    assert stopped.code != 0
    assert replica.role_if_reachable() == "slave"
    assert "was called off after 60 s" in journal(replica)


def _as_dpkg(command: str) -> str:
    """A command that is run while the lock of dpkg is held, as by a package's own scripts."""
    held = "import fcntl, subprocess, sys; f = open('/var/lib/dpkg/lock', 'w'); fcntl.lockf(f, fcntl.LOCK_EX); sys.exit"
    return f"python3 -c \"{held}(subprocess.run('{command}'.split()).returncode)\""


def test_a_package_is_not_removed_while_its_node_must_not_stop(hosts: Hosts) -> None:
    replica, other = hosts.replicas
    package = "redis-server" if hosts.distribution.engine == "redis" else "valkey-server"
    other.process.freeze()
    try:
        removed = tried(replica, f"apt-get --yes remove {package}")
    finally:
        other.process.thaw()
    assert removed.code != 0
    assert f"{package} must not be changed now" in removed.output
    assert f"node_unreachable ({other.name})" in removed.output
    assert replica.role_if_reachable() == "slave"
    assert (
        replica.machine.run(f"dpkg-query --show --showformat='${{db:Status-Status}}' {package}").strip() == "installed"
    )


def test_a_primary_whose_machine_is_shut_down_hands_over_before_it_goes(hosts: Hosts) -> None:
    old = hosts.primary
    traffic = Traffic.start(hosts, LOAD)
    try:
        old.machine.shut_down()
        old.machine.start()
        hosts.wait_converged()
    finally:
        report = traffic.stop()
    assert report.check(hosts) == []
    assert hosts.primary.name != old.name
    roles = re.findall(r"^\d+:([MS]) .*User requested shutdown", old.log(), re.MULTILINE)
    assert roles[-1] == "S"


def test_without_its_guard_a_stop_goes_on_at_once_and_that_is_known_beforehand(hosts: Hosts) -> None:
    """What the guard cannot help. A replica: nothing is lost by it."""
    replica, unit = hosts.replicas[0], hosts.distribution.unit
    replica.machine.run(f"systemctl stop {unit_of(replica)}")
    assert "is inactive: start it" in status(replica)["guard"]["broken"][0]
    stopped = tried(replica, f"systemctl stop {unit}")
    assert stopped.code == 0
    assert replica.role_if_reachable() is None
    replica.start()
    wait_until_armed(replica)

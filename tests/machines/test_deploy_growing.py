# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A group of two that gets a third node, and machines that lack what a node needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hosts.hosts import GROUP
from hosts.node import HostedNode
from lab.convergence import why_not_converged
from lab.inventory import write_inventory
from lab.traffic.load import Load
from lab.traffic.traffic import Traffic
from lab.waiting import wait_until

from .blank import SETTINGS, Blank, deploy
from .seen import nothing_restarts

TIMEOUT = 120.0
"""Seconds until a failover has ended, or nodes have found one another, on a busy machine."""
OVERCOMMIT = Path("/proc/sys/vm/overcommit_memory")
HUGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")


class Growing(Blank):
    """Three machines, of which the inventory names nodes on two at first. Their kernel is that of this host, so each has files of
    its own in the places where a node's settings of the kernel are."""

    def start(self) -> None:
        """Read-only, as in most containers."""
        super().start()
        self.list_nodes(*self.nodes[:2])
        self.run(
            "".join(
                f"echo '{value}' > /var/tmp/{file.name}\nmount --bind /var/tmp/{file.name} {file}\n"
                for file, value in ((OVERCOMMIT, "0"), (HUGE_PAGES, "[always] madvise never"))
            )
        )
        self.set_kernel("ro")

    def list_nodes(self, *listed: HostedNode) -> None:
        """In the inventory."""
        inventory = self._inventory()
        group = inventory["redis"]["children"]["group_1"]
        group["hosts"] = {node.name: group["hosts"][node.name] for node in listed}
        write_inventory(self.directory, inventory)

    def set_kernel(self, mode: str) -> None:
        """Let the kernel be set (`rw`), or not (`ro`)."""
        self.run("".join(f"mount --options remount,bind,{mode} {file}\n" for file in (OVERCOMMIT, HUGE_PAGES)))

    def wait_pair(self) -> None:
        """Until the first two are whole, and every Sentinel knows it so."""
        wait_until(lambda: why_not_converged(self.nodes[:2], self.sentinels), TIMEOUT, "convergence of two")


@pytest.fixture(scope="module", params=["debian-12-redis"])
def suite_hosts(request: pytest.FixtureRequest) -> Iterator[Growing]:
    """Made once for the tests of this file."""
    kernel = [file.read_text() for file in (OVERCOMMIT, HUGE_PAGES)]
    with Growing(request.param, blank=True) as hosts:
        yield hosts
    assert [file.read_text() for file in (OVERCOMMIT, HUGE_PAGES)] == kernel, "this host's"


@pytest.fixture
def pair(suite_hosts: Growing) -> Growing:
    """Two nodes are deployed, with what the kernel is set to, and Sentinels on all machines."""
    if suite_hosts.nodes[0].role_if_reachable() is None:
        suite_hosts.set_kernel("rw")
        run = deploy(suite_hosts, {"redis_node_kernel": True})
        assert run.code == 0, run.failure()
        suite_hosts.wait_pair()
    return suite_hosts


@pytest.mark.timeout(1200)
def test_a_kernel_that_cannot_be_set_is_told_with_what_it_has_before_anything_is_started(suite_hosts: Growing) -> None:
    run = deploy(suite_hosts, {"redis_node_kernel": True})
    assert run.code != 0
    for node in suite_hosts.nodes[:2]:
        said = run.failure(node.name)
        assert f"{node.name}: the kernel was not set now: vm.overcommit_memory is 0 instead of 1" in said
        assert "transparent huge pages are always given" in said
        assert "Read-only file system" in said
        assert "redis_node_kernel to false" in said
        assert node.role_if_reachable() is None


@pytest.mark.timeout(1200)
def test_the_kernel_is_set_now_and_for_the_next_boot(pair: Growing) -> None:
    for node in pair.nodes[:2]:
        assert node.machine.run(f"cat {OVERCOMMIT}") == "1\n"
        assert node.machine.run(f"cat {HUGE_PAGES}").startswith("madvise")
        assert "vm.overcommit_memory = 1\n" in node.machine.run("cat /etc/sysctl.d/60-steadyhand-redis.conf")
        written = node.machine.run("cat /etc/tmpfiles.d/steadyhand-redis.conf")
        assert f"w {HUGE_PAGES} - - - - madvise\n" in written


@pytest.mark.timeout(1200)
def test_an_engine_that_the_sources_of_a_machine_do_not_have_is_named_and_leaves_nothing_behind(pair: Growing) -> None:
    # Sources without it that need no network.
    pair.run(
        "mkdir /srv/packages\n: > /srv/packages/Packages\nmv /etc/apt/sources.list.d /var/tmp\nmkdir /etc/apt/sources.list.d\n"
        "echo 'deb [trusted=yes] file:/srv/packages ./' > /etc/apt/sources.list.d/none.list\n"
    )
    try:
        with nothing_restarts(pair):
            run = deploy(pair, {"redis_node_engine": "valkey", "redis_service": "valkey-server"})
    finally:
        pair.run("rm -r /etc/apt/sources.list.d /srv/packages\nmv /var/tmp/sources.list.d /etc/apt\n")
    assert run.code != 0
    for node in pair.nodes[:2]:
        said = run.failure(node.name)
        assert said.startswith(f"{node.name}: valkey-server, valkey-tools, python3-redis could not be installed: ")
        assert "No package matching 'valkey-server'" in said
        assert "Check the sources of apt on this host (Debian 12 has Redis" in said
        assert node.machine.run("find /etc/systemd -path '*valkey*' -type f") == ""


@pytest.mark.timeout(1200)
def test_too_little_memory_or_disk_is_refused_with_the_numbers_and_nothing_is_changed_on_any_node(
    pair: Growing,
) -> None:
    new, data = pair.nodes[2], f"/var/lib/{pair.distribution.engine}"
    pair.list_nodes(*pair.nodes)
    new.machine.run(f"mount -t tmpfs -o size=512k,mode=750 tmpfs {data}\nchown {pair.distribution.user}: {data}\n")
    try:
        with nothing_restarts(pair):
            run = deploy(pair, {"redis_node_settings": {**SETTINGS, "maxmemory": "65536gb", "databases": 30}})
    finally:
        new.machine.run(f"umount {data}\n")
        pair.list_nodes(*pair.nodes[:2])
    assert run.code != 0
    assert run.changes == []
    for node in pair.nodes:
        assert re.search(
            rf"on {node.name}: maxmemory is 70368744177664 bytes and the machine has \d+", run.failure(node.name)
        )
    disk = re.search(
        r"a full synchronisation writes up to (\d+) bytes, and (\d+) are free beside the data", run.failure(new.name)
    )
    assert disk is not None
    assert int(disk[2]) <= 512 * 1024 < int(disk[1])


@pytest.mark.timeout(2400)
def test_a_new_node_copies_whoever_leads_now_while_users_write_and_the_others_are_left_alone(pair: Growing) -> None:
    pair.wait_pair()
    with pair.sentinels[0].client() as client:
        client.execute_command("SENTINEL", "FAILOVER", GROUP)
    wait_until(lambda: None if pair.nodes[1].role_if_reachable() == "master" else "not yet", TIMEOUT, "the failover")
    pair.wait_pair()

    pair.list_nodes(*pair.nodes)
    traffic = Traffic.start(pair, Load(value_size=100, writes_per_second=100.0, messages_per_second=5.0))
    before = [node.unit() for node in pair.nodes[:2]]
    try:
        run = deploy(pair, {"redis_node_kernel": True})
        pair.wait_converged()
        traffic.wait_for_writes(GROUP, 10)
    finally:
        report = traffic.stop()
    assert run.code == 0, run.failure()
    assert report.check(pair) == []
    assert all(effect.failed == 0 for effect in report.effects)
    assert pair.primary is pair.nodes[1]
    assert [node.unit() for node in pair.nodes[:2]] == before
    assert {change.host for change in run.changes} == {pair.nodes[2].name}


@pytest.mark.timeout(1200)
def test_nothing_is_begun_while_a_sentinel_cannot_be_asked_from_the_nodes(pair: Growing) -> None:
    silent = pair.sentinels[2]
    unit = pair.distribution.sentinel_unit
    silent.machine.run(f"systemctl kill --signal=STOP {unit}\n")
    try:
        run = deploy(pair, {"redis_node_settings": {**SETTINGS, "databases": 30}})
    finally:
        silent.machine.run(f"systemctl kill --signal=CONT {unit}\n")
    assert run.code != 0
    assert run.changes == []
    assert f"a Sentinel was deployed before and does not answer here ({silent.machine.address}:" in run.failure()

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings in the distribution's files and units."""

from __future__ import annotations

from typing import Any

import pytest
from hosts.hosts import Hosts
from playbooks.run import Run, play

from .seen import assert_restarted_once, changed_unit, nothing_restarts, units


def push(hosts: Hosts, settings: dict[str, Any], *arguments: str) -> Run:
    """Run push_config."""
    return play(hosts, "push_config", {"redis_settings": settings}, *arguments)


@pytest.mark.timeout(600)
def test_a_live_setting_restarts_nothing_another_is_rolled_through_the_service_manager_and_both_are_in_the_file(
    hosts: Hosts,
) -> None:
    with nothing_restarts(hosts):
        live = push(hosts, {"repl-backlog-size": "3mb"})
    assert live.code == 0, live.failure()
    for node in hosts.nodes:
        assert node.config("repl-backlog-size") == str(3 * 1024**2)
        assert "\nrepl-backlog-size 3mb\n" in node.conf()

    before, old_primary = units(hosts), hosts.primary.name
    rolled = push(hosts, {"databases": 20})
    assert rolled.code == 0, rolled.failure()
    assert_restarted_once(before, units(hosts))
    assert hosts.primary.name != old_primary
    for node in hosts.nodes:
        assert node.config("databases") == "20"
        assert "\ndatabases 20\n" in node.conf()
        owner = node.distribution.user
        status = node.machine.run(f"stat --format=%U:%G:%a {node.distribution.conf_file}")
        assert status.strip() == f"{owner}:{owner}:640", "as the package made it"

    with nothing_restarts(hosts):
        again = push(hosts, {"repl-backlog-size": "3mb", "databases": 20})
    assert again.code == 0, again.failure()
    assert again.changes == []


def test_a_setting_that_the_unit_or_an_include_overrides_is_refused_by_name(hosts: Hosts) -> None:
    node = hosts.replicas[0]
    conf_file, included = node.distribution.conf_file, f"/etc/{node.distribution.engine}/more.conf"
    start = f"ExecStart={node.distribution.program} {conf_file} --supervised systemd --daemonize no --databases 19"
    node.machine.run(
        f"cp --archive {conf_file} /var/tmp/kept.conf\n"
        f"echo 'tcp-keepalive 250' > {included}\n"
        f"echo 'include {included}' >> {conf_file}\n"
    )
    try:
        with nothing_restarts(hosts), changed_unit(node, "ExecStart=", start):
            run = push(hosts, {"databases": 21, "tcp-keepalive": 260, "supervised": "no"})
    finally:
        node.machine.run(f"cp --archive /var/tmp/kept.conf {conf_file}\nrm {included}\n")
    assert run.code != 0
    assert "databases: the server's command line sets it (--databases)" in run.failure()
    assert f"tcp-keepalive: the included file {included} sets it too" in run.failure()
    assert "supervised: it is agreed with the service manager" in run.failure()
    assert run.changes == []

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Incident A, 11 April 2022, on machines: the shutdown script of that day, and the guard in its place.

Both run at the same moment, before the service manager stops the server: the script asks for a failover and is content with
the answer OK. A machine has quick moments in which even that does no harm: the script gets a bounded number of rounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hosts.guarding import guard, unguard
from hosts.hosts import GROUP, Hosts
from hosts.node import HostedNode
from incidents.conftest import Record
from incidents.rehearsal import SETTINGS, Outcome, rehearse

ROUNDS = 4
UNIT = "april-2022"


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    """The group, with a backlog as large as what is written during a restart."""
    with Hosts("debian-12-redis") as hosts:
        for node in hosts.nodes:
            with node.client() as client:
                for name, value in SETTINGS.items():
                    client.config_set(name, value)
                client.config_rewrite()
        yield hosts


def restart_primary(hosts: Hosts) -> None:
    """What a person or a package does."""
    node = hosts.primary
    node.machine.run(f"systemctl restart {node.distribution.unit}")


@pytest.mark.timeout(900)
def test_the_script_of_that_day_harms_users_when_a_primary_is_restarted(hosts: Hosts, record: Record) -> None:
    outcomes: list[Outcome] = []
    with script_of_that_day(hosts):
        while len(outcomes) < ROUNDS:
            name = f"shutdown script of that day, systemctl restart (round {len(outcomes) + 1})"
            outcomes.append(record(rehearse(hosts, name, restart_primary)))
            if outcomes[-1].harm:
                return
    pytest.fail(f"no harm in {ROUNDS} rounds: {outcomes}")


@pytest.mark.timeout(900)
def test_the_guard_in_its_place_loses_nothing_and_never_shows_two_primaries(hosts: Hosts, record: Record) -> None:
    old = hosts.primary
    run = guard(hosts)
    assert run.code == 0, run.failure()
    try:
        outcome = record(rehearse(hosts, "steadyhand.redis.redis_guard, systemctl restart", restart_primary))
    finally:
        unguard(hosts)
    assert outcome.harm == []
    assert outcome.acknowledged > 0
    assert hosts.primary.name != old.name


@contextmanager
def script_of_that_day(hosts: Hosts) -> Iterator[None]:
    """Every node's machine runs it before its server is stopped, by a unit like that of the guard."""
    for node in hosts.nodes:
        node.machine.run(_installed(hosts, node))
    try:
        yield
    finally:
        for node in hosts.nodes:
            node.machine.run(
                f"rm /usr/local/sbin/{UNIT}\nsystemctl disable --quiet --now {UNIT}\nrm /etc/systemd/system/{UNIT}.service\n"
                "systemctl daemon-reload\n"
            )


def _installed(hosts: Hosts, node: HostedNode) -> str:
    engine, unit = node.distribution.engine, node.distribution.unit
    sentinel = next(one for one in hosts.sentinels if one.zone == node.zone)
    return f"""\
cat > /usr/local/sbin/{UNIT} <<'END'
#!/bin/sh
export REDISCLI_AUTH={node.password}
if [ "$({engine}-cli role | head -n 1)" = master ]; then
    REDISCLI_AUTH={sentinel.password} {engine}-cli -p {sentinel.port} sentinel failover {GROUP}
fi
END
chmod 700 /usr/local/sbin/{UNIT}
cat > /etc/systemd/system/{UNIT}.service <<'END'
[Unit]
PartOf={unit}.service
After={unit}.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
ExecStop=/usr/local/sbin/{UNIT}
[Install]
WantedBy={unit}.service
END
systemctl daemon-reload
systemctl --quiet enable --now {UNIT}
"""

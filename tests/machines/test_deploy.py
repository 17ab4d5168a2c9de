# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A group that is deployed on blank machines, by the roles, and what a later run does to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hosts.distribution import DISTRIBUTIONS
from hosts.hosts import Hosts
from playbooks.run import Run, play

from .seen import nothing_restarts

SETTINGS = {"maxmemory": "32mb", "repl-diskless-sync-delay": 0, "databases": 20, "min-replicas-to-write": 1}


@pytest.fixture(scope="module", params=DISTRIBUTIONS)
def suite_hosts(request: pytest.FixtureRequest) -> Iterator[Hosts]:
    """Machines on which nothing was deployed yet; the first test does it."""
    with Hosts(request.param, blank=True) as hosts:
        yield hosts


@pytest.fixture
def deployed(suite_hosts: Hosts) -> Hosts:
    """The group, deployed and whole."""
    if suite_hosts.nodes[0].role_if_reachable() is None:
        run = deploy(suite_hosts)
        assert run.code == 0, run.failure()
    suite_hosts.wait_converged()
    return suite_hosts


def deploy(hosts: Hosts, variables: dict[str, Any] | None = None, *arguments: str) -> Run:
    """Run the playbook."""
    engine = hosts.distribution.engine
    given = {
        "redis_node_engine": engine,
        "redis_sentinel_engine": engine,
        "redis_node_settings": SETTINGS,
        "redis_sentinel_down_after_milliseconds": 5000,
    }
    return play(hosts, "deploy", {**given, **(variables or {})}, *arguments)


@pytest.mark.timeout(900)
def test_a_group_is_deployed_on_blank_machines_and_a_second_run_changes_nothing(suite_hosts: Hosts) -> None:
    first = deploy(suite_hosts)
    assert first.code == 0, first.failure()
    suite_hosts.wait_converged()
    assert suite_hosts.primary is suite_hosts.nodes[0]
    for node in suite_hosts.nodes:
        assert node.config("databases") == "20", "what is read at the start, read by a node that is new"
        assert node.config("masterauth") == node.password
        assert node.config("maxmemory") == str(32 * 1024**2)

    with nothing_restarts(suite_hosts):
        second = deploy(suite_hosts)
    assert second.code == 0, second.failure()
    assert second.changes == []

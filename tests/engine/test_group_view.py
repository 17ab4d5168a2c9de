# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Seeing a group of real servers: by run id and announced address, whatever the way to reach them looks like."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.group import observe
from engine.engines import WITHOUT_TLS, every_engine, not_on
from engine.subjects import GROUP, judged, targets_of, wait_healthy
from lab.lab import Lab

LabFactory = Callable[..., Lab]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"secured": True}, id="acl-users-and-sentinel-passwords"),
        pytest.param({"host": "::1"}, id="ipv6"),
        pytest.param({"tls": True}, id="tls-only-with-client-certificates", marks=not_on(*WITHOUT_TLS)),
        pytest.param({"announce_host": "localhost"}, id="announced-hostnames"),
    ],
)
def test_a_group_is_seen_healthy_however_it_is_addressed(lab_factory: LabFactory, options: dict[str, object]) -> None:
    lab = lab_factory(groups=1, **options)
    settled = wait_healthy(lab)
    assert settled.view.primary is not None
    assert settled.view.primary.name == lab.primary_of(GROUP).name


@every_engine
def test_a_wrong_password_is_told_apart_from_a_silent_node(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, secured=True)
    wait_healthy(lab)
    replica = lab.replicas_of(GROUP)[0]
    with replica.client() as client:
        client.execute_command("ACL", "SETUSER", "maintenance", "resetpass", ">another")
    found = {(problem.code, problem.subject): problem.evidence for problem in judged(observe(targets_of(lab))).problems}
    assert ("node_denied", replica.name) in found
    assert "another" not in str(found)


def test_a_renamed_command_is_refused_by_name(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, settings={"rename-command": "CONFIG HIDDEN"})
    found = [problem for problem in judged(observe(targets_of(lab))).problems if problem.code == "node_denied"]
    assert len(found) == len(lab.nodes_of(GROUP))
    assert all("CONFIG" in problem.evidence and "renamed" in problem.evidence for problem in found)


def test_a_sentinel_address_that_is_a_data_node_is_named_as_such(shared_lab: Lab) -> None:
    targets = targets_of(shared_lab)
    wrong = type(targets)(
        targets.name,
        targets.nodes[1:],
        (*targets.sentinels[1:], type(targets.sentinels[0])("wrong", targets.nodes[0].address, targets.nodes[0].login)),
    )
    problems = judged(observe(wrong)).problems
    assert any(one.code == "sentinel_is_node" and "not a Sentinel" in one.evidence for one in problems), problems


def test_a_node_address_that_is_a_sentinel_is_named_as_such(shared_lab: Lab) -> None:
    targets = targets_of(shared_lab)
    sentinel = targets.sentinels[0]
    wrong = type(targets)(
        targets.name,
        (*targets.nodes[1:], replace(targets.nodes[0], address=sentinel.address, login=sentinel.login)),
        targets.sentinels[1:],
    )
    problems = judged(observe(wrong)).problems
    assert any(one.code == "node_is_sentinel" and "is a Sentinel" in one.evidence for one in problems), problems


def test_a_live_member_that_the_inventory_lacks_is_named(shared_lab: Lab) -> None:
    wait_healthy(shared_lab)
    targets = targets_of(shared_lab)
    missing = shared_lab.replicas_of(GROUP)[0]
    partial = type(targets)(
        targets.name, tuple(node for node in targets.nodes if node.name != missing.name), targets.sentinels
    )
    problems = judged(observe(partial)).problems
    said = [problem for problem in problems if problem.code == "unlisted_member"]
    assert any(str(missing.state.port) in problem.evidence for problem in said), problems


def test_two_primaries_are_named_as_such_at_once(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1)
    wait_healthy(lab)
    replica = lab.replicas_of(GROUP)[0]
    with replica.client() as client:
        client.execute_command("REPLICAOF", "NO", "ONE")
        judgement = judged(observe(targets_of(lab)))
    assert judgement.verdict == "unsafe"
    assert any(one.code == "two_primaries" and replica.name in one.evidence for one in judgement.problems)


@every_engine
def test_a_stopped_node_is_unknown_and_never_counted_as_a_replica(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1)
    wait_healthy(lab)
    replica = lab.replicas_of(GROUP)[0]
    replica.stop()
    view = observe(targets_of(lab))
    assert judged(view).verdict == "unknown"
    assert replica.name not in [member.name for member in view.replicas]


def test_the_engines_tools_are_those_that_the_lab_says(shared_lab: Lab) -> None:
    view = observe(targets_of(shared_lab))
    said = subprocess.run(
        [shared_lab.nodes[0].state.binary, "--version"], capture_output=True, text=True, check=True
    ).stdout
    assert all(member.facts.version in said for member in view.members)

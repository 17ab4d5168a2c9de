# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every driver over every kind of wire, by the module and under writers: TLS with client certificates and ACL users, IPv6,
announced hostnames.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.drivers import BARE, COORDINATED, SENTINEL
from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import DONE, Evidence, HandOverResult
from ansible_collections.steadyhand.redis.plugins.module_utils._model.lock import lock_key
from engine import engines
from engine.denials import denied_anywhere
from engine.engines import WITHOUT_TLS, not_on
from engine.faults.trial import LOAD, hurry, left_behind, proven
from engine.modules import group_arguments, run
from engine.subjects import GROUP
from engine.upgrades import engine_of, full_syncs
from lab.lab import Lab
from lab.traffic.traffic import Traffic

LabFactory = Callable[..., Lab]
Capture = pytest.CaptureFixture[str]
Wire = dict[str, Any]

COORDINATING = "valkey-9.1"
over_every_wire = pytest.mark.parametrize(
    "wire",
    [
        pytest.param({"tls": True, "secured": True}, id="tls-and-acl-users", marks=not_on(*WITHOUT_TLS)),
        pytest.param({"host": "::1"}, id="ipv6"),
        pytest.param({"announce_host": "localhost"}, id="announced-hostnames"),
    ],
)


def hand_over(lab: Lab, capsys: Capture, driver: str, **options: Any) -> HandOverResult:
    """By the module, while users write, until they write on the new primary; nothing that they wrote may be lost."""
    traffic = Traffic.start(lab, LOAD)
    result = run(capsys, "failover", {**group_arguments(lab), "wait_timeout": 90.0, "driver": driver, **options})
    traffic.wait_for_writes(GROUP, 20)
    report = traffic.stop()
    assert report.check(lab) == []
    return HandOverResult(result["outcome"], tuple(result["reasons"]), Evidence(**result["evidence"]))


def assert_handed_over(lab: Lab, capsys: Capture, driver: str, **options: Any) -> None:
    """One hand-over with its proof: whole afterwards, by partial synchronisations alone, and nothing left behind."""
    old, before = lab.primary_of(GROUP), full_syncs(lab)
    result = hand_over(lab, capsys, driver, **options)
    evidence = result.evidence
    assert (result.outcome, result.reasons, evidence.driver) == (DONE, (), driver)
    assert proven(result)
    assert (evidence.old_primary, evidence.full_syncs) == (old.name, 0)
    new = lab.primary_of(GROUP)
    assert new.name == evidence.new_primary != old.name
    # Every other node follows it by its announced address, and so say the Sentinels.
    lab.wait_converged()
    assert full_syncs(lab) == before
    assert new.info("stats")["sync_partial_ok"] >= len(lab.replicas_of(GROUP)) == 2
    host, port = new.announced
    for replica in lab.replicas_of(GROUP):
        assert f"replicaof {host} {port}" in replica.state.conf_file.read_text(encoding="utf-8").splitlines()
    assert left_behind(lab, GROUP) == []
    assert denied_anywhere(lab) == {}
    with new.client() as client:
        assert not client.exists(lock_key(GROUP))


@over_every_wire
def test_sentinels_pass_the_role_on_over_every_wire(lab_factory: LabFactory, capsys: Capture, wire: Wire) -> None:
    lab = lab_factory(groups=1, **wire)
    if engine_of(lab.nodes[0]) != "redis-6.2":  # its Sentinels cannot be told to look more often
        hurry(lab)
    assert_handed_over(lab, capsys, SENTINEL)


@pytest.mark.between(COORDINATING)
def test_sentinels_coordinate_it_over_tls_with_acl_users_and_announced_hostnames(
    lab_factory: LabFactory, capsys: Capture
) -> None:
    binary = engines.programs()[COORDINATING]
    lab = lab_factory(groups=1, binary=binary, tls=True, secured=True, announce_host="localhost")
    hurry(lab)
    assert_handed_over(lab, capsys, COORDINATED)


@over_every_wire
def test_nodes_without_sentinels_exchange_their_roles_over_every_wire(
    lab_factory: LabFactory, capsys: Capture, wire: Wire
) -> None:
    lab = lab_factory(groups=1, sentinels=0, **wire)
    pointer = lab.pointer_of(GROUP)
    assert_handed_over(lab, capsys, BARE, route_command=pointer.command, route_timeout=10.0)
    host, port = lab.primary_of(GROUP).announced
    assert pointer.file.read_text(encoding="utf-8") == f"{host} {port}\n"

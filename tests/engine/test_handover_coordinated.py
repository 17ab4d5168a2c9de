# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hand-over that Sentinels of Valkey 9.1 coordinate, on a real Valkey 9.1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.errors import Refused
from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import DONE, REFUSED
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover import coordinated_driver
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.alignment import align
from engine import engines
from engine.subjects import GROUP, conducting, wait_healthy
from lab.lab import Lab
from lab.state import Credentials
from lab.traffic.load import Load
from lab.traffic.traffic import Traffic

LabFactory = Callable[..., Lab]


@pytest.fixture
def lab(lab_factory: LabFactory) -> Lab:
    lab = lab_factory(groups=1, binary=engines.programs()["valkey-9.1"])
    wait_healthy(lab)
    return lab


def assert_nothing_is_borrowed(lab: Lab) -> None:
    for sentinel in lab.sentinels:
        assert f"failover-timeout {GROUP} 60000" in sentinel.state.conf_file.read_text()
    for node in lab.nodes_of(GROUP):
        assert node.config("replica-priority") == "100"
        assert node.info("clients")["paused_reason"] == "none"


def test_it_is_chosen_where_every_sentinel_can_and_loses_nothing_under_load(lab: Lab) -> None:
    old = lab.primary_of(GROUP)
    traffic = Traffic.start(lab, Load())
    try:
        with conducting(lab) as conductor:
            result = conductor.run()
    finally:
        report = traffic.stop()
    evidence = result.evidence
    assert (result.outcome, result.reasons, evidence.driver) == (DONE, (), "coordinated")
    # The proof comes from both sides: what the new primary inherited, and where the old one says it stopped.
    assert evidence.inherited_id == evidence.replication_id
    assert evidence.inherited_offset == evidence.final_offset
    assert lab.primary_of(GROUP).name == evidence.new_primary != old.name
    assert report.check(lab) == []
    assert_nothing_is_borrowed(lab)


def test_a_connection_to_every_node_stands_before_the_sentinel_is_asked(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is in the middle of its TLS handshake is lost when Sentinel sends the clients of its node away."""
    standing: dict[str, int] = {}

    def look(*_arguments: Any) -> Any:
        for node in lab.nodes_of(GROUP):
            with node.client() as client:
                # Sentinels give theirs a name, and the last command of a replica's is another.
                ours = [one for one in client.client_list() if one["cmd"] == "ping" and not one["name"]]
            standing[node.name] = len(ours)
        raise Refused("the test", ["seen enough"])

    monkeypatch.setattr(coordinated_driver, "align", look)
    with conducting(lab) as conductor:
        result = conductor.run()
    assert (result.outcome, result.reasons) == (REFUSED, ("the test: seen enough",))
    assert standing == {node.name: 1 for node in lab.nodes_of(GROUP)}


def test_the_stock_way_is_taken_where_the_sentinels_own_user_may_not_coordinate(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, secured=True, binary=engines.programs()["valkey-9.1"])
    wait_healthy(lab)
    for node in lab.nodes_of(GROUP):
        with node.client() as client:
            client.execute_command(
                "ACL", "SETUSER", Credentials.SENTINEL, "-failover", "-client|pause", "-client|unpause"
            )
    with conducting(lab) as conductor:
        _view, plan, reasons = conductor.plan()
    assert (plan.driver if plan else None, reasons) == ("sentinel", ())
    with conducting(lab, driver="coordinated") as conductor:
        refused = conductor.run()
    assert refused.outcome == REFUSED
    assert any("the Sentinels' user sentinel may not run FAILOVER TO" in reason for reason in refused.reasons)


def test_a_replica_that_freezes_leaves_no_pause_and_the_next_run_returns_what_it_owes(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = lab.primary_of(GROUP)
    target = lab.replicas_of(GROUP)[0]

    def frozen_after_alignment(*arguments: Any) -> Any:
        aligned = align(*arguments)
        target.process.freeze()
        return aligned

    monkeypatch.setattr(coordinated_driver, "align", frozen_after_alignment)
    try:
        with conducting(lab, target=target.name) as conductor:
            result = conductor.run()
    finally:
        target.process.thaw()
    assert result.outcome != DONE
    assert any(f"replica-priority of {target.name} is still borrowed" in reason for reason in result.reasons)
    with old.client(timeout=10.0) as client:
        assert client.set("after", "it")
    wait_healthy(lab, accept=("settings_borrowed",))
    assert lab.primary_of(GROUP).name == old.name
    monkeypatch.undo()
    with conducting(lab) as conductor:
        again = conductor.run()
    assert again.outcome == DONE
    assert again.reasons == (
        f"left behind by an earlier hand-over and returned: replica-priority of {target.name}: 100",
    )
    assert_nothing_is_borrowed(lab)

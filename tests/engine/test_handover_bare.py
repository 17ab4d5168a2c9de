# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hand-over without Sentinels: the engine exchanges the roles, a command of the user's moves the traffic."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.routing import CommandRoute
from ansible_collections.steadyhand.redis.plugins.module_utils._model.borrowed import ledger_key
from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import DONE, REFUSED
from ansible_collections.steadyhand.redis.plugins.module_utils._model.lock import lock_key
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover import swap
from engine.engines import every_engine, not_on
from engine.pointed import PointedWriter
from engine.subjects import GROUP, conducting, wait_healthy
from lab.lab import Lab

LabFactory = Callable[..., Lab]

# A stand-in for a virtual IP address: a file with the address that clients use.
POINT = """#!/bin/sh
echo "$STEADYHAND_NEW_HOST $STEADYHAND_NEW_PORT" > {pointer}.new && mv {pointer}.new {pointer}
"""
FAILS_FORWARD = """#!/bin/sh
[ "$STEADYHAND_NEW_PORT" = {old_port} ] && exit 0
echo the balancer says no >&2
exit 3
"""


@pytest.fixture
def lab(lab_factory: LabFactory) -> Lab:
    lab = lab_factory(groups=1, sentinels=0)
    wait_healthy(lab)
    return lab


def script(directory: Path, text: str) -> list[str]:
    path = directory / "route"
    path.write_text(text)
    path.chmod(0o755)
    return [str(path)]


@every_engine
def test_the_traffic_is_moved_and_no_acknowledged_write_is_lost(lab: Lab, tmp_path: Path) -> None:
    old = lab.primary_of(GROUP)
    pointer = tmp_path / "pointer"
    pointer.write_text(f"{old.state.host} {old.state.port}\n")
    route = CommandRoute(GROUP, script(tmp_path, POINT.format(pointer=pointer)), 10)
    with PointedWriter(pointer) as writer:
        writer.wait_for(500)
        with conducting(lab, route=route, route_seconds=10.0) as conductor:
            result = conductor.run()
        writer.wait_for(writer.acknowledged + 500)
    assert (result.outcome, result.reasons, result.evidence.driver) == (DONE, (), "bare")
    assert result.evidence.inherited_id == result.evidence.replication_id
    assert result.evidence.inherited_offset == result.evidence.final_offset
    new = lab.primary_of(GROUP)
    assert new.name == result.evidence.new_primary != old.name
    with new.client() as client:
        assert client.exists(*[f"key:{number}" for number in range(writer.acknowledged)]) == writer.acknowledged
        assert not client.exists(lock_key(GROUP), ledger_key(GROUP))
    assert f"replicaof {new.state.host} {new.state.port}" in old.state.conf_file.read_text()


@every_engine
def test_when_routing_fails_the_role_is_handed_back_and_waiting_clients_are_served(lab: Lab, tmp_path: Path) -> None:
    old = lab.primary_of(GROUP)
    pointer = tmp_path / "pointer"
    pointer.write_text(f"{old.state.host} {old.state.port}\n")
    route = CommandRoute(GROUP, script(tmp_path, FAILS_FORWARD.format(old_port=old.state.port)), 10)
    with PointedWriter(pointer) as writer:
        writer.wait_for(500)
        with conducting(lab, route=route, route_seconds=10.0) as conductor:
            result = conductor.run()
        writer.wait_for(writer.acknowledged + 500)
    assert result.outcome == REFUSED
    assert "the balancer says no" in result.reasons[0]
    assert "handed back, nothing is lost" in " ".join(result.reasons)
    assert lab.primary_of(GROUP).name == old.name
    wait_healthy(lab)
    with old.client() as client:
        assert client.exists(*[f"key:{number}" for number in range(writer.acknowledged)]) == writer.acknowledged


def test_without_a_way_to_route_a_bare_hand_over_is_refused(lab: Lab) -> None:
    with conducting(lab) as conductor:
        result = conductor.run()
    assert result.outcome == REFUSED
    assert any("name a command or tasks that route them" in reason for reason in result.reasons)


def test_a_bare_hand_over_past_sentinels_is_refused(shared_lab: Lab, tmp_path: Path) -> None:
    wait_healthy(shared_lab)
    route = CommandRoute(GROUP, script(tmp_path, "#!/bin/sh\n"), 10)
    with conducting(shared_lab, driver="bare", route=route) as conductor:
        result = conductor.run()
    assert result.outcome == REFUSED
    assert any("they would undo a hand-over that goes past them" in reason for reason in result.reasons)


@not_on("redis-6.2")  # by hand there: test_swap_by_hand.py
def test_a_replica_that_freezes_makes_the_engine_give_up_and_clients_go_on(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = lab.primary_of(GROUP)
    target = lab.replicas_of(GROUP)[0]
    begin = swap._begin

    def frozen_before(*arguments: Any) -> Any:
        # Between the last look of the preflight and the exchange: what no check can see.
        target.process.freeze()
        # Otherwise it may have acknowledged everything, and the engine exchanges the roles at once.
        with old.client() as client:
            client.set("not", "acknowledged")
        return begin(*arguments)

    monkeypatch.setattr(swap, "_begin", frozen_before)
    route = CommandRoute(GROUP, script(tmp_path, "#!/bin/sh\n"), 10)
    try:
        with conducting(lab, target=target.name, route=route) as conductor:
            result = conductor.run()
    finally:
        target.process.thaw()
    assert result.outcome == REFUSED
    assert "did not catch up in 1500 ms" in " ".join(result.reasons)
    assert lab.primary_of(GROUP).name == old.name
    with old.client(timeout=2.0) as client:
        assert client.set("after", "it")

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exchange of roles on Redis 6.2, whose own FAILOVER would let clients go before they are routed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import DONE, REFUSED, UNKNOWN
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover import bare_driver, swap_by_hand
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.fence import (
    BORROWED_PING_PERIOD,
    StandingFence,
)
from engine import engines
from engine.pointed import PointedWriter, hold_a_write, lost, point
from engine.subjects import GROUP, conducting, wait_healthy
from lab.lab import Lab

LabFactory = Callable[..., Lab]
ENGINE = "redis-6.2"
pytestmark = pytest.mark.between(ENGINE)


@pytest.fixture
def lab(lab_factory: LabFactory) -> Lab:
    lab = lab_factory(groups=1, sentinels=0, binary=engines.programs()[ENGINE])
    wait_healthy(lab)
    return lab


@pytest.fixture
def pointer(lab: Lab, tmp_path: Path) -> Path:
    point(tmp_path / "pointer", lab.primary_of(GROUP))
    return tmp_path / "pointer"


def test_clients_wait_until_they_are_routed_and_nothing_stays_borrowed(
    lab: Lab, pointer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = lab.primary_of(GROUP)
    waited: list[int] = []

    def route(_old: object, _new: object) -> None:
        # With FAILOVER itself, clients would be refused by now.
        waited.append(writer.refused)
        point(pointer, lab.primary_of(GROUP))

    with PointedWriter(pointer) as writer:
        writer.wait_for(500)
        target = hold_a_write(lab, monkeypatch)
        with conducting(lab, target=target, route=route, route_seconds=10.0) as conductor:
            result = conductor.run()
        writer.wait_for_more(500)
    assert (result.outcome, result.reasons) == (DONE, ())
    assert (waited, lost(lab, writer)) == ([0], 0)
    assert result.evidence.fence_offset == result.evidence.final_offset == result.evidence.inherited_offset
    assert result.evidence.full_syncs == 0
    for node in lab.nodes_of(GROUP):
        assert node.config("repl-ping-replica-period") == "10"
        assert str(BORROWED_PING_PERIOD) not in node.state.conf_file.read_text()
    assert lab.primary_of(GROUP).name != old.name


def test_a_replica_that_freezes_behind_the_fence_changes_nothing(
    lab: Lab, pointer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, target = lab.primary_of(GROUP), lab.replicas_of(GROUP)[0]
    raised = StandingFence.raise_

    def frozen_before(fence: StandingFence, *arguments: Any) -> Any:
        target.process.freeze()
        return raised(fence, *arguments)

    monkeypatch.setattr(StandingFence, "raise_", frozen_before)
    with PointedWriter(pointer) as writer:
        writer.wait_for(100)
        try:
            with conducting(lab, target=target.name, route=lambda _old, _new: None) as conductor:
                result = conductor.run()
            writer.wait_for_more(100)
        finally:
            target.process.thaw()
    assert result.outcome == REFUSED
    assert "did not catch up in 1500 ms" in " ".join(result.reasons)
    wait_healthy(lab)
    assert (lab.primary_of(GROUP).name, lost(lab, writer), writer.refused) == (old.name, 0, 0)


def test_a_fence_that_ends_too_early_takes_the_promotion_back(
    lab: Lab, pointer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This process is held up between the promotion and the demotion, until clients write again."""
    old = lab.primary_of(GROUP)
    promote = swap_by_hand._promote

    def held_up_after(*arguments: Any) -> Any:
        promoted = promote(*arguments)
        writer.wait_for_more(100)
        return promoted

    monkeypatch.setattr(bare_driver, "OWN_SHARE_MS", 700)
    monkeypatch.setattr(swap_by_hand, "_promote", held_up_after)
    with PointedWriter(pointer) as writer:
        writer.wait_for(100)
        with conducting(lab, route=lambda _old, _new: None) as conductor:
            result = conductor.run()
        writer.wait_for_more(100)
    assert result.outcome == REFUSED
    assert "this process was held up" in " ".join(result.reasons)
    wait_healthy(lab)
    assert (lab.primary_of(GROUP).name, lost(lab, writer), writer.refused) == (old.name, 0, 0)


def test_a_demotion_that_is_refused_takes_the_promotion_back(lab_factory: LabFactory) -> None:
    """Redis 6.2 cannot be asked beforehand whether it would obey."""
    lab = lab_factory(groups=1, sentinels=0, secured=True, binary=engines.programs()[ENGINE])
    wait_healthy(lab)
    old = lab.primary_of(GROUP)
    with old.client() as client:
        client.execute_command("ACL", "SETUSER", "maintenance", "-replicaof")
    for replica in lab.replicas_of(GROUP):
        # As in a fleet whose users are the same everywhere, or the preflight refuses for another reason.
        assert replica.config("replica-read-only") == "yes"
    with conducting(lab, route=lambda _old, _new: None) as conductor:
        result = conductor.run()
    assert result.outcome == REFUSED
    assert "refused its demotion" in " ".join(result.reasons), result.reasons
    assert lab.primary_of(GROUP).name == old.name
    with old.client(timeout=2.0) as client:
        assert client.set("after", "it")


def test_a_candidate_that_dies_right_after_its_promotion_leaves_the_old_primary_leading(
    lab: Lab, pointer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, target = lab.primary_of(GROUP), lab.replicas_of(GROUP)[0]
    promote = swap_by_hand._promote

    def killed_after(*arguments: Any) -> Any:
        promoted = promote(*arguments)
        target.process.kill()
        return promoted

    monkeypatch.setattr(swap_by_hand, "_promote", killed_after)
    with PointedWriter(pointer) as writer:
        writer.wait_for(100)
        with conducting(lab, target=target.name, route=lambda _old, _new: None) as conductor:
            result = conductor.run()
        writer.wait_for_more(100)
    assert result.outcome == UNKNOWN
    assert f"{old.name} leads with everything" in " ".join(result.reasons)
    with old.client() as client:
        assert client.exists(*writer.keys) == writer.acknowledged


def test_the_old_primary_may_be_of_6_2_and_the_new_one_of_7_0(lab_factory: LabFactory, tmp_path: Path) -> None:
    """An upgrade under way: who steps down says how it is done, also on the way back."""
    programs = engines.programs()
    newer = {f"{GROUP}-{letter}": programs["redis-7.0"] for letter in ("b", "c")}
    lab = lab_factory(groups=1, sentinels=0, binary=programs[ENGINE], node_binaries=newer)
    wait_healthy(lab)
    old = lab.primary_of(GROUP)
    pointer = tmp_path / "pointer"
    point(pointer, old)
    with PointedWriter(pointer) as writer:
        writer.wait_for(100)

        def route(_old: object, _new: object) -> None:
            point(pointer, lab.primary_of(GROUP))

        with conducting(lab, route=route, route_seconds=10.0) as conductor:
            result = conductor.run()
        writer.wait_for_more(100)
    assert (result.outcome, lost(lab, writer)) == (DONE, 0)
    assert lab.primary_of(GROUP).name in newer

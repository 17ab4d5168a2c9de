# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults in the middle of an upgrade: old nodes that may be unable to copy a newer one, and Sentinels of the old version."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import DONE, UNKNOWN
from ansible_collections.steadyhand.redis.plugins.module_utils._model.versions import Software, why_not_loadable
from engine import engines
from engine.faults import doomed
from engine.faults.injection import Injection
from engine.faults.steps import strike
from engine.faults.trial import (
    HEALED_WITHIN,
    LOAD,
    LOSS,
    assert_done_again,
    hurry,
    left_behind,
    revived,
    run_again,
    tried,
    until_sentinels_name_another,
    wait_whole,
)
from engine.subjects import judged, observed, wait_healthy
from engine.upgrades import Installed, engine_of, installed
from lab.convergence import why_group_is_not_whole
from lab.lab import Lab
from lab.node import DataNode
from lab.traffic.traffic import Traffic
from lab.waiting import wait_until

GROUPS = 4
HALF_WAY, LAST_STEP = ("c",), ("b", "c")
"""The nodes of a group that are upgraded already, by the letters of their names; the primary is a."""
STAGES = (HALF_WAY, HALF_WAY, HALF_WAY, LAST_STEP)
"""Of each group, in the order of the tests."""
FENCE = 3.0
"""Seconds: 0.6 of the labs' down-after-milliseconds."""
pytestmark = pytest.mark.parametrize(
    ("old", "new"), engines.between([("redis-7.0", "redis-8.0"), ("valkey-8.1", "valkey-9.1")]), scope="module"
)


@pytest.fixture(scope="module")
def programs(old: str, new: str) -> Iterator[Installed]:
    """Programs that can be replaced, below a directory of their own."""
    directory = Path(tempfile.mkdtemp(prefix="lab-"))
    upgraded = tuple(f"group-{number + 1}-{letter}" for number, stage in enumerate(STAGES) for letter in stage)
    try:
        yield installed(directory, old, new, on=upgraded, groups=GROUPS)
    finally:
        shutil.rmtree(directory)


@pytest.fixture(scope="module")
def shared_lab(programs: Installed) -> Iterator[Lab]:
    """Groups of mixed versions under one set of Sentinels of the old one."""
    lab = Lab.create(programs.directory / "1", failover_timeout_ms=10000, **programs.lab_options)
    try:
        lab.start()
        hurry(lab)
        yield lab
    finally:
        lab.destroy()


def upgraded_if_told(lab: Lab, programs: Installed, node: DataNode, new: str) -> bool:
    """Wait until a group is whole, or the audit says that a node is too old to copy the primary; whether it was upgraded.

    Nothing else would bring it back: it asks for a full synchronisation, is sent what it cannot load, and begins anew.
    """
    told: list[str] = []

    def reason() -> str | None:
        try:
            broken = why_group_is_not_whole(lab.nodes_of(node.group))
        except redis.RedisError as error:
            return str(error)
        problems = [one for one in judged(observed(lab, node.group)).problems if one.subject == node.name]
        if "Can't handle RDB format version" in node.process.log_tail():
            told.extend(one.remedy for one in problems if one.remedy.startswith("Upgrade it"))
        return None if told else broken

    wait_until(reason, HEALED_WITHIN, f"{node.group} to be whole, or {node.name} to be called too old")
    if told:
        programs.install(new, node.name)
        node.restart()
    return bool(told)


def _software(engine: str) -> Software:
    return Software(*engine.split("-"))


def test_a_candidate_killed_before_its_promotion_costs_no_write(
    shared_lab: Lab, group: str, inject: Injection, programs: Installed, new: str
) -> None:
    """Sentinel may promote the newer replica then. The dead one still copies the old primary when it is back, and that its
    version can load; from there Sentinel moves it on by a partial synchronisation."""
    inject.at_once()
    candidate = shared_lab.node(f"{group}-b")
    inject.after_phase("prove", candidate.process.kill)

    def heal() -> None:
        # As one that keeps nothing over a restart: it needs everything from whoever leads.
        (candidate.directory / "dump.rdb").unlink(missing_ok=True)
        candidate.start()

    trial = tried(shared_lab, group, heal=heal, target=candidate.name)
    assert trial.result.outcome == UNKNOWN
    assert candidate.address in trial.said or candidate.name in trial.said
    assert trial.lost == []
    assert trial.effect.longest_pause < FENCE + 1
    # The upgrade goes on: from a primary of Redis 8.0 none of 7.0 may take over.
    for replica in shared_lab.replicas_of(group):
        programs.install(new, replica.name)
        replica.restart()
    assert_done_again(shared_lab, group)
    assert left_behind(shared_lab, group) == []


def test_a_sentinel_killed_right_after_its_answer_is_replaced(shared_lab: Lab, group: str, inject: Injection) -> None:
    asked = shared_lab.sentinels[0]
    inject.at_once(asked.name)
    strike(inject, "asked", asked.process.kill)
    inject.after_phase("release", revived(shared_lab, asked.name))
    trial = tried(shared_lab, group, settle_timeout=40.0, target=f"{group}-b")
    assert trial.result.outcome == DONE, trial.said
    assert trial.proven
    assert trial.lost == []
    # As in a group of one version (test_sentinel_faults.py): the fence, and what another Sentinel needs.
    assert trial.effect.longest_pause < FENCE + 2
    assert left_behind(shared_lab, group) == []


@pytest.mark.parametrize("stage", [HALF_WAY, LAST_STEP], ids=["half-way", "the last step"])
def test_a_loss_behind_a_killed_hand_over_is_said_by_the_next(
    shared_lab: Lab, group: str, programs: Installed, old: str, new: str, stage: tuple[str, ...]
) -> None:
    """Nobody demotes the old primary before Sentinel does. By then it has a history of its own, and needs a full
    synchronisation: as the last of the old version it can have one only once it is upgraded too."""
    wait_healthy(shared_lab, group)
    upgraded = [node.name for node in shared_lab.nodes_of(group) if engine_of(node) == new]
    assert upgraded == [f"{group}-{letter}" for letter in stage]
    primary = shared_lab.primary_of(group)
    traffic = Traffic.start(shared_lab, LOAD, [group])
    process = doomed.start(shared_lab, group, "asked", signal.SIGKILL)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    until_sentinels_name_another(shared_lab, group, primary)
    stuck = stage == LAST_STEP and why_not_loadable(_software(new), _software(old)) is not None
    assert upgraded_if_told(shared_lab, programs, primary, new) == stuck
    wait_whole(shared_lab, group)
    report = traffic.stop()
    lost = report.check(shared_lab)
    assert report.effects[0].longest_pause < FENCE + 1
    again = run_again(shared_lab, group)
    said = "; ".join(again.reasons)
    assert again.outcome == DONE, said
    assert LOSS in said
    assert "left no result: its process ended in the middle" in said
    # A clean history would be no test of what is said of a loss.
    assert lost != []
    assert left_behind(shared_lab, group) == []

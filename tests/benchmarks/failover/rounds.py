# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One round: a healthy group, users, the sequence, a healthy group, and what became of every acknowledged write."""

from __future__ import annotations

from contextlib import ExitStack

from engine.subjects import GROUP

from benchmarks.failover.clients import Users
from benchmarks.failover.levels import Level
from benchmarks.failover.measured import DONE, Round
from benchmarks.failover.scene import Scene
from benchmarks.failover.sequences import Sequence
from benchmarks.failover.slowing import Slowed
from benchmarks.failover.stage import WHOLE_TIMEOUT, Stage
from benchmarks.failover.watch import RoleWatcher


def measure(stage: Stage, sequence: Sequence, level: Level, engine: str, number: int) -> Round:
    """Do it once. Raises LabError where the group does not come back to health; the stage is of no more use then."""
    stage.prepare(sequence.settings)
    lab = stage.lab
    old = lab.primary_of(GROUP)
    scene = Scene(lab, GROUP, old, stage.route)
    users = Users(lab, GROUP, level, stage.doors, stage.next_directory())
    users.start()
    with RoleWatcher(lab.nodes_of(GROUP)) as watcher, ExitStack() as slowed:
        if level.slowed_replica:
            slowed.enter_context(Slowed(lab.replicas_of(GROUP)[-1].process))
        ended = sequence.run(scene)
        stage.bring_back_what_was_stopped()
        stage.wait_until_whole()
        users.wait_until_all_go_on(WHOLE_TIMEOUT)
    new = lab.primary_of(GROUP)
    data_set_mb = new.info("memory")["used_memory_dataset"] / 1e6
    felt = users.stop()
    outcome = ended.outcome
    if outcome == DONE and sequence.moves and new.name == old.name:
        outcome = "the role did not move"
    return Round(
        engine,
        level.name,
        sequence.name,
        number,
        outcome,
        acknowledged=felt.acknowledged,
        lost=users.lost(),
        pauses=felt.pauses,
        two_primaries=watcher.two_primaries,
        stopped_as=ended.stopped_as,
        megabytes_per_second=felt.megabytes_per_second,
        data_set_mb=data_set_mb,
        note=ended.note,
    )

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups of mixed versions: an upgrade in progress, under users who write, with the Sentinels still of the old version."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import DONE, REFUSED
from engine import engines
from engine.subjects import GROUP, conducting, wait_healthy
from engine.upgrades import NODES, Installed, engine_of, full_syncs, installed
from lab.lab import Lab
from lab.traffic.load import Load
from lab.traffic.traffic import Traffic

LabFactory = Callable[..., Lab]

pytestmark = pytest.mark.long
UPGRADES = [("redis-7.0", "redis-8.0"), ("valkey-8.1", "valkey-9.1"), ("redis-7.0", "valkey-8.1")]


def upgrade(lab: Lab, programs: Installed, engine: str, name: str) -> None:
    """Replace the program of a replica and restart it; it must come back without a full synchronisation."""
    programs.install(engine, name)
    primary = lab.primary_of(GROUP).name
    before = full_syncs(lab)[primary]
    lab.node(name).restart()
    wait_healthy(lab)
    assert engine_of(lab.node(name)) == engine
    assert full_syncs(lab)[primary] == before


@pytest.mark.parametrize(("old", "new"), engines.between(UPGRADES))
def test_an_upgrade_node_by_node_loses_no_write_and_copies_no_data_set(
    lab_factory: LabFactory, tmp_path: Path, old: str, new: str
) -> None:
    programs = installed(tmp_path, old)
    lab = lab_factory(**programs.lab_options)
    wait_healthy(lab)
    traffic = Traffic.start(lab, Load(writes_per_second=200))
    first = lab.primary_of(GROUP).name
    for replica in lab.replicas_of(GROUP):
        upgrade(lab, programs, new, replica.name)

    with conducting(lab) as conductor:
        result = conductor.run()
    assert (result.outcome, result.reasons) == (DONE, ())
    assert result.evidence.full_syncs == 0
    assert lab.primary_of(GROUP).name == result.evidence.new_primary != first

    upgrade(lab, programs, new, first)
    report = traffic.stop()
    assert report.check(lab) == []
    assert {engine_of(node) for node in lab.nodes_of(GROUP)} == {new}
    assert {engine_of(sentinel) for sentinel in lab.sentinels} == {old}


@pytest.mark.parametrize(("old", "new"), engines.between([("redis-7.0", "redis-8.0")]))
def test_the_first_upgraded_replica_leads_only_once_the_others_can_copy_it(
    lab_factory: LabFactory, tmp_path: Path, old: str, new: str
) -> None:
    upgraded = NODES[1]
    lab = lab_factory(**installed(tmp_path, old, new, on=(upgraded,)).lab_options)
    wait_healthy(lab)
    with conducting(lab, target=upgraded) as conductor:
        result = conductor.run()
    assert result.outcome == REFUSED
    assert [reason for reason in result.reasons if f"upgrade {NODES[2]} first" in reason], result.reasons
    # Left to choose, it takes the replica whose data set everybody can load.
    with conducting(lab) as conductor:
        result = conductor.run()
    assert (result.outcome, result.reasons) == (DONE, ())
    assert result.evidence.new_primary == NODES[2]
    assert full_syncs(lab)[NODES[2]] == 0


@pytest.mark.parametrize(("old", "new"), engines.between([("valkey-8.1", "valkey-9.1")]))
def test_the_first_upgraded_replica_leads_where_it_adapts_to_the_older(
    lab_factory: LabFactory, tmp_path: Path, old: str, new: str
) -> None:
    upgraded = NODES[1]
    lab = lab_factory(**installed(tmp_path, old, new, on=(upgraded,)).lab_options)
    wait_healthy(lab)
    with conducting(lab, target=upgraded) as conductor:
        result = conductor.run()
    assert (result.outcome, result.reasons) == (DONE, ())
    assert result.evidence.new_primary == upgraded
    # And the older ones do load its data set, when they have to: one comes back with nothing at all.
    oldest = lab.node(NODES[2])
    with oldest.client() as client:
        client.config_set("save", "")
    oldest.stop()
    (oldest.directory / "dump.rdb").unlink(missing_ok=True)
    oldest.start()
    wait_healthy(lab)
    assert full_syncs(lab)[upgraded] == 1

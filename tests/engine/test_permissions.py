# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documented ACL rules are enough: with them each user does all of its work on real servers.

A secured lab has exactly these users, besides one of its own and one of its applications; the default user is off. Every
server's ACL LOG says in the end that it refused them nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.drivers import COORDINATED
from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import DONE, ROUTING
from engine import engines
from engine.copies import copy_anew
from engine.denials import denied_anywhere
from engine.engines import DUAL_CHANNEL, WITHOUT_DUAL_CHANNEL, every_engine, not_on
from engine.faults.trial import tried
from engine.modules import group_arguments, node_arguments, run
from engine.pointed import PointedWriter, lost, point
from engine.subjects import GROUP, conducting, ending, wait_healthy
from engine.upgrades import engine_of
from lab.lab import Lab
from lab.waiting import wait_until

LabFactory = Callable[..., Lab]
Capture = pytest.CaptureFixture[str]

pytestmark = pytest.mark.long
COORDINATING = "valkey-9.1"
PATIENCE = 60.0
"""Seconds for what Sentinels do within ten, however busy the machine is."""


def fails_over_by_itself(lab: Lab) -> None:
    """The primary's process ends, and the Sentinels make another one lead; the old one returns as its replica."""
    old = lab.primary_of(GROUP)
    old.process.kill()
    wait_until(
        lambda: None if lab.primaries_of(GROUP) else "no primary", PATIENCE, "a new primary that the Sentinels chose"
    )
    old.start()
    lab.wait_converged(PATIENCE)
    assert lab.primary_of(GROUP).name != old.name


@every_engine
def test_everything_under_sentinels_is_permitted_to_the_documented_users(
    lab_factory: LabFactory, capsys: Capture
) -> None:
    lab = lab_factory(groups=1, secured=True)
    wait_healthy(lab)
    arguments = group_arguments(lab)
    for node in lab.nodes_of(GROUP):
        assert run(capsys, "node_info", node_arguments(node))["run_id"] == node.run_id()
        if engine_of(node) != "redis-6.2":  # the module needs 7.0
            pushed = run(capsys, "config", {**node_arguments(node), "settings": {"repl-backlog-size": "32mb"}})
            assert pushed["changed"]
            assert "repl-backlog-size 32mb" in node.state.conf_file.read_text(encoding="utf-8").splitlines()
    assert run(capsys, "group_info", arguments)["verdict"] == "healthy"
    lock = {**arguments, "owner": "anna", "purpose": "a test"}
    assert run(capsys, "maintenance_lock", lock)["changed"]
    assert run(capsys, "maintenance_lock", lock)["holder"]["owner"] == "anna"
    assert run(capsys, "maintenance_lock", {**lock, "state": "absent"})["changed"]
    assert run(capsys, "wait_for_health", arguments)["view"]["verdict"] == "healthy"

    trial = tried(lab, GROUP)
    assert (trial.result.outcome, trial.result.reasons, trial.lost) == (DONE, (), [])
    assert trial.proven
    fails_over_by_itself(lab)
    copy_anew(lab.primary_of(GROUP), lab.replicas_of(GROUP)[0])
    wait_healthy(lab)
    assert denied_anywhere(lab) == {}


@every_engine
def test_everything_without_sentinels_is_permitted_to_the_documented_users(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, sentinels=0, secured=True)
    wait_healthy(lab)
    old, pointer = lab.primary_of(GROUP), lab.pointer_of(GROUP).file
    with PointedWriter(pointer, old.state.credentials) as writer:
        writer.wait_for(300)
        with conducting(lab, route_later=True, route_seconds=30.0) as conductor:
            exchanged = conductor.run()
        assert (exchanged.outcome, exchanged.reasons) == (ROUTING, ())
        new = lab.primary_of(GROUP)
        point(pointer, new)
        with ending(lab, moved=True) as routing:
            ended = routing.run()
        writer.wait_for_more(300)
    assert (ended.outcome, ended.reasons) == (DONE, ())
    assert new.name != old.name
    assert lost(lab, writer) == 0
    wait_healthy(lab)
    assert denied_anywhere(lab) == {}


@every_engine
@not_on(*WITHOUT_DUAL_CHANNEL)
def test_replicas_are_permitted_to_copy_over_two_channels(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, replicas=1, sentinels=0, secured=True, settings=DUAL_CHANNEL)
    copy_anew(lab.primary_of(GROUP), lab.replicas_of(GROUP)[0])
    lab.wait_converged()
    assert "Dual channel" in lab.primary_of(GROUP).process.log_tail(200)
    assert denied_anywhere(lab) == {}


@pytest.mark.between(COORDINATING)
def test_sentinels_that_coordinate_are_permitted_what_they_need(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, secured=True, binary=engines.programs()[COORDINATING])
    trial = tried(lab, GROUP, driver=COORDINATED)
    assert (trial.result.outcome, trial.result.reasons, trial.lost) == (DONE, (), [])
    assert denied_anywhere(lab) == {}

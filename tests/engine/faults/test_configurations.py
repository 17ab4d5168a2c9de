# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that keep their data in other ways, or do not let themselves be configured."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.drivers import BARE
from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import DONE, REFUSED
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover import conductor, swap
from engine.engines import NOT_HURRIED, not_on
from engine.faults.injection import Injection
from engine.faults.trial import hand_over, hurry, left_behind, run_again, tried
from engine.subjects import GROUP, wait_healthy
from lab.lab import Lab

LabFactory = Callable[..., Lab]
pytestmark = not_on(*NOT_HURRIED)


@pytest.mark.parametrize("persistence", ["none", "rdb", "aof"])
def test_nothing_is_lost_however_the_data_is_kept(lab_factory: LabFactory, inject: Injection, persistence: str) -> None:
    inject.at_once()
    lab = lab_factory(groups=1, persistence=persistence)
    hurry(lab)
    trial = tried(lab, GROUP)
    assert (trial.result.outcome, trial.result.reasons) == (DONE, ())
    assert trial.proven
    assert trial.lost == []
    assert trial.effect.longest_pause < 3
    assert left_behind(lab, GROUP) == []


def test_a_renamed_config_is_refused_beforehand(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, settings={"rename-command": 'CONFIG ""'})
    result = hand_over(lab, GROUP)
    assert result.outcome == REFUSED
    assert any(
        "A renamed command can be used neither by this collection nor by Sentinel" in one for one in result.reasons
    )


def test_a_config_that_is_not_permitted_is_refused_beforehand(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, secured=True)
    wait_healthy(lab)
    for node in lab.nodes_of(GROUP):
        with node.client() as client:
            client.execute_command("ACL", "SETUSER", "maintenance", "-config|set", "-config|rewrite")
    result = hand_over(lab, GROUP)
    assert result.outcome == REFUSED
    assert any("would not let us run CONFIG SET" in one for one in result.reasons)
    assert any("would not let us run CONFIG REWRITE" in one for one in result.reasons)


@pytest.mark.parametrize("command", ["replconf", "failover", "unwatch", "pexpire", "time", "client|kill", "hdel"])
def test_a_command_that_is_not_permitted_is_refused_before_the_exchange(lab_factory: LabFactory, command: str) -> None:
    lab = lab_factory(groups=1, sentinels=0, secured=True)
    wait_healthy(lab)
    with lab.replicas_of(GROUP)[0].client() as client:
        client.execute_command("ACL", "SETUSER", "maintenance", f"-{command}")
    result = hand_over(lab, GROUP, driver=BARE)
    assert result.outcome == REFUSED
    said = "; ".join(result.reasons)
    assert f"would not let us run {command.replace('|', ' ').upper()}" in said
    assert result.evidence.phases_ms.keys() == {"preflight"}


def test_a_refused_nudge_does_not_bring_other_replies_out_of_step(lab_factory: LabFactory, inject: Injection) -> None:
    lab = lab_factory(groups=1, sentinels=0, secured=True)

    def deny() -> None:
        for node in lab.nodes_of(GROUP):
            with node.client() as client:
                client.execute_command("ACL", "SETUSER", "maintenance", "-replconf")

    inject.before_call(swap, "_begin", deny)
    trial = tried(lab, GROUP, driver=BARE)
    assert (trial.result.outcome, trial.result.reasons) == (DONE, ())
    assert trial.lost == []


class Unwritable:
    """The configuration files of nodes, which cannot be written even by root: a folder is in their place."""

    def __init__(self, lab: Lab) -> None:
        self._files = [node.state.conf_file for node in lab.nodes_of(GROUP)]

    def put(self) -> None:
        """Begin it."""
        for file in self._files:
            file.rename(file.with_suffix(".away"))
            (file / "not-empty").mkdir(parents=True)

    def mend(self) -> None:
        """End it."""
        for file in self._files:
            (file / "not-empty").rmdir()
            file.rmdir()
            file.with_suffix(".away").rename(file)


def test_a_configuration_file_that_cannot_be_written_is_refused_beforehand(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1)
    files = Unwritable(lab)
    trial = tried(lab, GROUP, begin=files.put, heal=files.mend)
    assert trial.result.outcome == REFUSED
    for node in lab.nodes_of(GROUP):
        assert f"{node.name} cannot write its configuration file" in trial.said
    assert trial.result.evidence.phases_ms.keys() == {"preflight"}
    assert left_behind(lab, GROUP) == []


def test_a_configuration_file_that_cannot_be_written_any_more_is_said_and_no_debt(
    lab_factory: LabFactory, inject: Injection
) -> None:
    inject.at_once()
    lab = lab_factory(groups=1)
    hurry(lab)
    files = Unwritable(lab)
    inject.after_call(conductor, "unwritable", files.put)
    trial = tried(lab, GROUP, heal=files.mend)
    assert trial.result.outcome == DONE, trial.said
    assert "returned in memory, and the configuration file was not written" in trial.said
    assert "follows, and did not write that down" in trial.said
    assert trial.lost == []
    assert left_behind(lab, GROUP) == []
    again = run_again(lab, GROUP)
    assert (again.outcome, again.reasons) == (DONE, ())

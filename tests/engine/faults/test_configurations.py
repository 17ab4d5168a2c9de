# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that keep their data in other ways, or do not let themselves be configured."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import DONE, REFUSED
from engine.faults.injection import Injection
from engine.faults.trial import hand_over, hurry, left_behind, tried
from engine.subjects import GROUP, wait_healthy
from lab.lab import Lab

LabFactory = Callable[..., Lab]


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

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scenarios below molecule/, one after the other: each has machines of its own, which keep both cores busy."""

from __future__ import annotations

import pytest

from .run import PROJECT, run_scenario, sequence_of


@pytest.mark.timeout(2400)
def test_every_step_of_the_scenario_runs_and_passes(scenario: str) -> None:
    assert run_scenario(PROJECT, scenario).shortcomings(sequence_of(PROJECT, scenario)) == []

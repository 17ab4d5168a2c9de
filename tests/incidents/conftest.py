# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The numbers of the incidents, shown at the end of the run whether it failed or not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from incidents import march_2020
from incidents.march_2020 import Damage
from incidents.rehearsal import Outcome, table

_OUTCOMES = pytest.StashKey[list[Outcome]]()
_DAMAGES = pytest.StashKey[list[Damage]]()
Record = Callable[[Outcome], Outcome]
RecordDamage = Callable[[Damage], Damage]


@pytest.fixture
def record(pytestconfig: pytest.Config) -> Record:
    """Keeps an outcome for the summary, and returns it."""
    outcomes = pytestconfig.stash.setdefault(_OUTCOMES, [])

    def keep(outcome: Outcome) -> Outcome:
        outcomes.append(outcome)
        return outcome

    return keep


@pytest.fixture
def record_damage(pytestconfig: pytest.Config) -> RecordDamage:
    """The same for what was done to two shards."""
    damages = pytestconfig.stash.setdefault(_DAMAGES, [])

    def keep(damage: Damage) -> Damage:
        damages.append(damage)
        return damage

    return keep


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What README quotes."""
    outcomes = config.stash.get(_OUTCOMES, [])
    if outcomes:
        terminalreporter.section("what the procedures did to their users")
        terminalreporter.write_line("\n".join(table(outcomes)))
    damages = config.stash.get(_DAMAGES, [])
    if damages:
        terminalreporter.section("what was destroyed, and what was not")
        terminalreporter.write_line("\n".join(march_2020.table(damages)))

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Incident A, 11 April 2022: the primary was killed while the failover that had been asked for was under way.

The procedure of that day harms its users, the collection's roll on the same load does not. A machine has quick moments
in which even that procedure does no harm, as it did none on smaller clusters: it gets a bounded number of rounds.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from incidents.april_2022 import Supervisor, replaced_by_a_new_machine, restart_group, restarted_at_once
from incidents.conftest import Record
from incidents.our_roll import roll
from incidents.rehearsal import GROUP, LAB_OPTIONS, Outcome, rehearse
from lab.lab import Lab

LabFactory = Callable[..., Lab]
ROUNDS = 5
LEAST_LAG = 20.0
"""Milliseconds of the quickest replica, typically; on loopback without other work it is one."""
INTERRUPTION = 1.0
"""Seconds without a primary that users could find, which count as damage of that day's procedure."""


@pytest.mark.timeout(900)
def test_the_procedure_of_that_day_under_a_supervisor_loses_writes_to_a_second_primary(
    lab_factory: LabFactory, record: Record
) -> None:
    def damage(one: Outcome) -> bool:
        return one.lost > 0 and one.two_primaries > 0

    outcome = _until_damaged(
        lab_factory, "that day's, process restarted by its supervisor", restarted_at_once, record, damage
    )
    # The very judgement that our roll has to pass below fails here, in both of its parts.
    assert len(outcome.harm) == 2, outcome


@pytest.mark.timeout(900)
def test_the_procedure_of_that_day_costs_writes_or_service_where_nothing_restarts_the_process(
    lab_factory: LabFactory, record: Record
) -> None:
    def damage(one: Outcome) -> bool:
        return one.lost > 0 or max(one.no_primary, one.longest_pause) > INTERRUPTION

    _until_damaged(lab_factory, "that day's, machine replaced", replaced_by_a_new_machine, record, damage)


@pytest.mark.timeout(900)
def test_our_roll_on_the_same_load_loses_nothing_and_never_shows_two_primaries(
    lab_factory: LabFactory, record: Record
) -> None:
    lab = lab_factory(**LAB_OPTIONS)
    before = {node.name: node.run_id() for node in lab.nodes}
    old_primary = lab.primary_of(GROUP).name
    outcome = record(rehearse(lab, "steadyhand.redis.rolling_restart", roll))
    # It did the same work: every node is another process than before, and the primary's role has moved.
    assert [node.name for node in lab.nodes if node.run_id() == before[node.name]] == []
    assert lab.primary_of(GROUP).name != old_primary
    assert outcome.harm == []
    assert outcome.acknowledged > 0
    _require_lag(outcome)


def _require_lag(outcome: Outcome) -> None:
    assert outcome.lag.typical_ms > LEAST_LAG, f"the replicas hardly lagged, so this proves nothing: {outcome.lag}"


def _until_damaged(
    lab_factory: LabFactory,
    procedure: str,
    supervisor: Supervisor,
    record: Record,
    damage: Callable[[Outcome], bool],
) -> Outcome:
    """Rehearse the procedure of that day on a new lab each time, until it does damage."""

    def run(lab: Lab) -> None:
        restart_group(lab, GROUP, supervisor)

    outcomes = []
    for number in range(1, ROUNDS + 1):
        lab = lab_factory(**LAB_OPTIONS)
        outcome = record(rehearse(lab, f"{procedure} (round {number})", run))
        lab.destroy()
        _require_lag(outcome)
        if damage(outcome):
            return outcome
        outcomes.append(outcome)
    pytest.fail(f"no damage in {ROUNDS} rounds: {outcomes}")

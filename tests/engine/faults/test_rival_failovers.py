# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A failover of the Sentinels' own that begins while the role is handed over: before the fence, behind it, after the request."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import DONE
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.fence import StandingFence
from engine.engines import NOT_HURRIED, not_on
from engine.faults.injection import Injection
from engine.faults.steps import strike
from engine.faults.trial import Trial, assert_done_again, left_behind, tried
from lab.lab import Lab
from lab.waiting import wait_until

GROUPS = 4
FENCE = 3.0
"""Seconds: 0.6 of the labs' down-after-milliseconds."""
PRESUMED_DEAD = 5.0
"""Seconds until the Sentinels of these labs take a silent primary for dead."""
LEADER, RIVAL = "sentinel-a", "sentinel-b"
pytestmark = not_on(*NOT_HURRIED)


def failing_over(lab: Lab, group: str) -> Callable[[], None]:
    """Another Sentinel than the one that is asked begins a failover, and is known to be at it."""

    def begin() -> None:
        with lab.sentinel(RIVAL).client() as client:
            client.execute_command("SENTINEL", "FAILOVER", group)

    return begin


def judge(lab: Lab, group: str, trial: Trial, longest_pause: float) -> None:
    """Nothing is lost, whatever the outcome is; done means proven and in time (seconds); the next run leaves nothing."""
    if trial.result.outcome == DONE:
        assert trial.proven
        assert trial.effect.longest_pause < longest_pause
        assert left_behind(lab, group) == []
    assert trial.lost == [], trial.said
    assert_done_again(lab, group)
    assert left_behind(lab, group) == []


def test_one_before_the_fence_is_joined_or_counted(shared_lab: Lab, group: str, inject: Injection) -> None:
    inject.at_once(LEADER)
    primary = shared_lab.primary_of(group)

    def presumed_dead() -> None:
        primary.process.freeze()
        wait_until(
            lambda: _why_no_failover(shared_lab, group), 30.0, "a failover of the Sentinels' own", interval=0.001
        )
        primary.process.thaw()

    inject.before_call(StandingFence, "raise_", presumed_dead)
    trial = tried(shared_lab, group, settle_timeout=40.0)
    judge(shared_lab, group, trial, PRESUMED_DEAD + FENCE + 2)


@pytest.mark.parametrize("step", ["fence", "about to ask", "asked"])
def test_one_that_another_sentinel_begins_is_joined(shared_lab: Lab, group: str, inject: Injection, step: str) -> None:
    """Every Sentinel saw the borrowed priority, so that both promote the same replica."""
    inject.at_once(LEADER)
    strike(inject, step, failing_over(shared_lab, group))
    trial = tried(shared_lab, group, settle_timeout=40.0)
    assert trial.result.outcome == DONE, trial.said
    judge(shared_lab, group, trial, FENCE + 2)


def _why_no_failover(lab: Lab, group: str) -> str | None:
    states = [one.group_state(group) for one in lab.sentinels]
    return None if any("failover_in_progress" in state["flags"] for state in states) else "none is failing over"

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Observing a group for a while and judging it: what it is, and what is growing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Callable

from .._model.group import GroupView
from .._model.health import Limits, group_problems
from .._model.problems import Judgement, judge
from .clock import Clock

SETTLE_INTERVAL = 0.5
"""Seconds between two looks at a group that is settling."""


@dataclass(frozen=True)
class Sample:
    """One observation and when it was made, in seconds on the clock's scale."""

    at: float
    view: GroupView


@dataclass(frozen=True)
class Watched:
    """The last view of a group, the judgement on it, and the write rate seen meanwhile in bytes per second.

    ``waited``: seconds for which the group was given time to settle before it was watched for the last time.
    """

    view: GroupView
    judgement: Judgement
    write_rate: float
    waited: float = 0.0


def watch_until_settled(
    observe: Callable[[], GroupView],
    clock: Clock,
    seconds: float,
    limits: Limits,
    accept: Sequence[str],
    settle_timeout: float,
) -> Watched:
    """Watch, and again while all that is wrong passes by itself, for at most ``settle_timeout`` seconds."""
    started = clock.now()
    waited = 0.0
    while True:
        watched = watch(observe, clock, seconds, limits, accept)
        if not watched.judgement.settling or clock.now() - started >= settle_timeout:
            return replace(watched, waited=waited)
        clock.sleep(SETTLE_INTERVAL)
        waited = clock.now() - started


def watch(
    observe: Callable[[], GroupView], clock: Clock, seconds: float, limits: Limits, accept: Sequence[str]
) -> Watched:
    """Observe twice, ``seconds`` apart, and judge; with 0 seconds observe once."""
    samples: list[Sample] = [Sample(clock.now(), observe())]
    if seconds > 0:
        clock.sleep(seconds)
        samples.append(Sample(clock.now(), observe()))
    earlier = samples[0].view if len(samples) > 1 else None
    judgement = judge(group_problems(samples[-1].view, limits, earlier), accept)
    return Watched(samples[-1].view, judgement, write_rate(samples))


def write_rate(samples: Sequence[Sample]) -> float:
    """Bytes per second by which the primary's replication offset grew between the first and the last sample.

    0 when it cannot be told: one sample, or another primary in between.
    """
    offsets: list[tuple[float, str, int]] = [
        (sample.at, sample.view.primary.facts.run_id, sample.view.primary.facts.offset)
        for sample in samples
        if sample.view.primary is not None
    ]
    if len(offsets) < 2 or offsets[0][1] != offsets[-1][1] or offsets[-1][0] <= offsets[0][0]:
        return 0.0
    return max(0.0, (offsets[-1][2] - offsets[0][2]) / (offsets[-1][0] - offsets[0][0]))

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting until a group is as it should be, judged on a fresh observation every time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Callable

from .._model.errors import ConditionTimeout
from .._model.group import GroupView
from .._model.health import Limits, group_problems
from .._model.problems import Judgement, judge
from .clock import Clock
from .watching import Sample, write_rate


@dataclass(frozen=True)
class Patience:
    """How long to wait, how often to look, and for how long all must hold without a break. Seconds."""

    timeout: float = 300.0
    interval: float = 0.5
    stable_for: float = 2.0


@dataclass(frozen=True)
class Settled:
    """The end of a successful wait: the last view, the judgement on it, and the write rate seen meanwhile."""

    view: GroupView
    judgement: Judgement
    waited: float
    write_rate: float


def wait_until_healthy(
    observe: Callable[[], GroupView],
    clock: Clock,
    patience: Patience,
    limits: Limits,
    accept: Sequence[str] = (),
    further: Callable[[GroupView, float], list[str]] | None = None,
    each_time: Callable[[GroupView], None] = lambda _view: None,
) -> Settled:
    """Wait until the group has been healthy, and ``further`` has had nothing to say, for ``stable_for`` seconds.

    ``further`` gets the view and the write rate in bytes per second and names conditions that do not hold.
    ``each_time`` runs after each observation (renewing a lock). Raises ConditionTimeout with the last evidence.
    """
    started = clock.now()
    # The view before the first good one stays in the window: what grew since then counts, but its time does not.
    window: list[Sample] = []
    good_since: float | None = None
    while True:
        view = observe()
        now = clock.now()
        each_time(view)
        first = window[0].view if window else None
        judgement = judge(group_problems(view, limits, first), accept)
        missing = [str(problem) for problem in judgement.problems]
        window.append(Sample(now, view))
        rate = write_rate(window)
        if not missing and further is not None:
            missing = further(view, rate)
        if missing:
            window, good_since = [Sample(now, view)], None
        else:
            good_since = now if good_since is None else good_since
            if now - good_since >= patience.stable_for:
                return Settled(view, judgement, now - started, rate)
        if now - started >= patience.timeout:
            what = f"group {view.name} was not healthy for {patience.stable_for:g} s within {patience.timeout:g} s"
            raise ConditionTimeout(what, missing or ["everything holds, but not for long enough yet"])
        clock.sleep(patience.interval)

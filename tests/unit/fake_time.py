# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A clock that only moves when it is slept on, and groups that change with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ansible_collections.steadyhand.redis.plugins.module_utils._model.group import GroupView


@dataclass
class FakeClock:
    """Seconds since the test began. ``moments`` are those at which somebody woke up."""

    seconds: float = 0.0
    moments: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.seconds += seconds
        self.moments.append(self.seconds)


@dataclass
class Film:
    """A group over time: the view of each observation, the last one for ever; ``takes`` seconds for every look."""

    clock: FakeClock
    views: Sequence[GroupView]
    takes: float = 0.0
    looks: int = 0

    def observe(self) -> GroupView:
        """The next view."""
        self.clock.seconds += self.takes
        view = self.views[min(self.looks, len(self.views) - 1)]
        self.looks += 1
        return view


def moving(view: GroupView, change: Callable[[GroupView, int], GroupView], count: int) -> list[GroupView]:
    """``count`` views, the n-th changed by n."""
    return [change(view, number) for number in range(count)]

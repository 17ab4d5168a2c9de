# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of all sequences: ours and the others', each with the Sentinel settings that it usually runs with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks.failover import others, ours
from benchmarks.failover.scene import Ended, Scene


@dataclass(frozen=True)
class SentinelSettings:
    """Of the group, on every Sentinel; milliseconds."""

    down_after_ms: int = 30_000
    failover_timeout_ms: int = 180_000
    parallel_syncs: int = 1

    @property
    def by_name(self) -> Mapping[str, str]:
        """As SENTINEL SET takes them and SENTINEL MASTER shows them."""
        return {
            "down-after-milliseconds": str(self.down_after_ms),
            "failover-timeout": str(self.failover_timeout_ms),
            "parallel-syncs": str(self.parallel_syncs),
        }


@dataclass(frozen=True)
class Sequence:
    """One way to move the primary's role, or to do without."""

    name: str
    title: str
    run: Callable[[Scene], Ended]
    is_ours: bool = False
    has_sentinels: bool = True
    settings: SentinelSettings = SentinelSettings()
    only_on: tuple[str, ...] = ()
    """Engines that can do it; empty: all."""
    most_pause: float | None = None
    """The target: seconds of the median pause."""
    moves: bool = True
    """Whether another node leads afterwards."""

    def runs_on(self, engine: str) -> bool:
        """Whether that engine can do it."""
        return not self.only_on or engine in self.only_on


COORDINATING = ("valkey-9.1",)
"""Engines whose Sentinels know COORDINATED."""
SEQUENCES: Mapping[str, Sequence] = {
    one.name: one
    for one in (
        Sequence("ours-sentinel", "steadyhand, any Sentinel", ours.handed_over_by_sentinel, True, most_pause=0.5),
        Sequence(
            "ours-coordinated",
            "steadyhand, coordinated",
            ours.handed_over_coordinated,
            True,
            only_on=COORDINATING,
            most_pause=0.25,
        ),
        Sequence(
            "ours-bare",
            "steadyhand, without Sentinel",
            ours.handed_over_bare,
            True,
            has_sentinels=False,
            most_pause=0.05,
        ),
        Sequence("stock", "SENTINEL FAILOVER, clients stay", others.stock),
        Sequence("stock-kill", "SENTINEL FAILOVER, killed at once", others.stock_and_kill),
        Sequence("wait-replica", "wait for role:slave (GitLab, OT)", others.wait_for_replica),
        Sequence("long-pause", "long pause (Bitnami)", others.long_pause, settings=SentinelSettings(60_000)),
        Sequence("stock-coordinated", "Valkey's own COORDINATED", others.stock_coordinated, only_on=COORDINATING),
        # A third of the usual time-out, in its favour: it is the time-out that ends the outage.
        Sequence(
            "failover-under",
            "FAILOVER under Sentinel",
            others.failover_under_sentinel,
            settings=SentinelSettings(10_000),
        ),
        Sequence("nothing", "control: no hand-over", others.nothing, moves=False),
    )
}

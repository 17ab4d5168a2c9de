# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Having one Sentinel watch a group, or no longer, by its commands; it writes its file itself."""

from __future__ import annotations

from .._engine.sentinel import Sentinel
from .._model.errors import OutcomeUnknown
from .._model.monitoring import MonitorPlan, MonitorWish
from .._model.sentinel import PrimaryEntry


def carry_out(sentinel: Sentinel, group: str, wish: MonitorWish, plan: MonitorPlan) -> None:
    """Do what the plan says. An option that is refused leaves those before it set, as the engine does."""
    if plan.remove:
        sentinel.call("REMOVE", group)
    if plan.monitor is not None:
        sentinel.call("MONITOR", group, plan.monitor.host, plan.monitor.port, wish.quorum)
    for name, value in plan.options.items():
        sentinel.call("SET", group, name, value)


def seen_after(sentinel: Sentinel, group: str, wish: MonitorWish) -> PrimaryEntry | None:
    """Its entry of the group as it is now. Raises OutcomeUnknown where it is not what was asked for."""
    entry = sentinel.facts(group).primary
    if (entry is not None) != wish.present:
        raise OutcomeUnknown(
            f"{sentinel.target.name} took every command, and {'watches' if entry else 'does not watch'} {group} after them"
        )
    if entry is not None and entry.quorum != wish.quorum:
        raise OutcomeUnknown(f"{sentinel.target.name} has quorum {entry.quorum} for {group}, not {wish.quorum}")
    return entry

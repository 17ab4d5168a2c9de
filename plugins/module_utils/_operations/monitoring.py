# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Having one Sentinel watch a group, or no longer, by its commands; it writes its file itself."""

from __future__ import annotations

from .._engine.connection import Command
from .._engine.sentinel import Sentinel
from .._model.errors import OutcomeUnknown, SteadyhandError
from .._model.monitoring import MonitorPlan, MonitorWish
from .._model.sentinel import PrimaryEntry


def carry_out(sentinel: Sentinel, group: str, wish: MonitorWish, plan: MonitorPlan) -> None:
    """Do what the plan says, in one message. An option that is refused leaves those before it set, as the engine does.

    A Sentinel connects to a new primary in its next turn, some 100 ms later. By then it must have the password: Redis 6.2 keeps
    a connection that was not let in for 15 seconds, and holds the primary for down meanwhile.
    """
    commands: list[Command] = []
    if plan.remove:
        commands.append(("SENTINEL", "REMOVE", group))
    if plan.monitor is not None:
        commands.append(("SENTINEL", "MONITOR", group, plan.monitor.host, plan.monitor.port, wish.quorum))
    commands += [("SENTINEL", "SET", group, name, value) for name, value in plan.options.items()]
    for reply in sentinel.connection.pipeline(commands):
        if isinstance(reply, SteadyhandError):
            raise reply


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

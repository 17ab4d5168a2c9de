# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What everything that changes who leads a group has in common: its connections, its clock, its wish, the lock's end."""

from __future__ import annotations

from typing import Generic, TypeVar

from ..._engine.group import GroupConnections
from ..._model.errors import SteadyhandError
from ..clock import Clock
from ..lock import give_back

Wish = TypeVar("Wish")


class Undertaking(Generic[Wish]):
    """One of them, in one group. ``urgent`` are connections with a short time-out for the time in which clients wait."""

    def __init__(self, connections: GroupConnections, urgent: GroupConnections, clock: Clock, wish: Wish) -> None:
        self._connections = connections
        self._urgent = urgent
        self._clock = clock
        self._wish = wish
        self._group = connections.targets.name
        self._phases: dict[str, int] = {}

    def _since(self, started: float) -> int:
        """Milliseconds."""
        return int((self._clock.now() - started) * 1000)

    def _give_lock_back(self, leader: str, owner: str) -> tuple[str, ...]:
        """Returns what went wrong, as notes: the lock ends by itself."""
        try:
            self._connections.ask_node(leader, lambda node: give_back(node, self._group, owner))
        except SteadyhandError as error:
            return (f"the maintenance lock was not given back and will end by itself: {error}",)
        return ()

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Leaving the result of a hand-over on the group's primary, for a caller that could not wait for it.

A record that cannot be written changes nothing of the outcome: it is said and no more.
"""

from __future__ import annotations

from dataclasses import replace

from ..._engine.group import GroupConnections
from ..._engine.node import Node
from ..._model.errors import SteadyhandError
from ..._model.handover import UNKNOWN, HandOverResult
from ..._model.last_handover import BEGUN, KEPT_FOR, LastHandOver, last_handover_key
from ..._model.lock import LockWish
from ..lock import time_of


class Recorder:
    """Writes the record of one hand-over: once when it begins, once when it ends."""

    def __init__(self, connections: GroupConnections, lock: LockWish) -> None:
        self._connections = connections
        self._record = LastHandOver(BEGUN, lock.owner, lock.purpose, "")

    def begin(self, primary: str) -> None:
        """Say on the primary that a hand-over away from it has begun. Raises what the node answers."""
        node = self._connections.node(primary)
        self._record = replace(self._record, begun_at=time_of(node), old_primary=primary)
        self._write(node, self._record)

    def go_on(self, begun: LastHandOver | None) -> None:
        """End what another call began."""
        if begun is not None and begun.outcome == BEGUN:
            self._record = begun

    def end(self, result: HandOverResult) -> list[str]:
        """Write the result down on whoever leads now; returns what went wrong with that."""
        keeper = result.evidence.new_primary or self._record.old_primary
        if result.outcome == UNKNOWN and not result.evidence.new_primary:
            leads = self._connections.observe().primary
            keeper = leads.name if leads is not None else keeper

        def ended(node: Node) -> None:
            record = replace(
                self._record,
                outcome=result.outcome,
                ended_at=time_of(node),
                new_primary=result.evidence.new_primary,
                reasons=result.reasons,
            )
            self._write(node, record)

        try:
            self._connections.ask_node(keeper, ended)
        except SteadyhandError as error:
            return [f"the result was not left on {keeper}: {error}"]
        return []

    def _write(self, node: Node, record: LastHandOver) -> None:
        node.call("SET", last_handover_key(self._connections.targets.name), record.encode(), "EX", KEPT_FOR)


def cut_off(record: LastHandOver | None) -> tuple[str, ...]:
    """What to say of an earlier hand-over that left no result. Ask with the lock held: nobody else is at work then."""
    if record is None or record.outcome != BEGUN:
        return ()
    return (
        f"the hand-over away from {record.old_primary} that {record.owner} began at {record.begun_at} left no result:"
        " its process ended in the middle",
    )

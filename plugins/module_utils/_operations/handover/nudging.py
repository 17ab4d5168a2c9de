# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Having a replica acknowledge now what it does once per second, so that the engine goes on at once."""

from __future__ import annotations

from types import TracebackType

from ..._engine.group import GroupConnections, GroupTargets
from ..._model.errors import SteadyhandError

# Seconds between two of them.
NUDGE = 0.003
PATIENCE = 0.25


class Nudger:
    """A context manager with connections of its own.

    The engine does not reply to this command (replconfCommand), but it does where it refuses it: on a connection on which
    something else is asked too, every later reply would be taken for another question's.
    """

    def __init__(self, targets: GroupTargets) -> None:
        self._connections = GroupConnections(targets, PATIENCE)

    def __enter__(self) -> Nudger:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._connections.close()

    def __call__(self, replica: str) -> None:
        """Nudge once. A replica that cannot be told acknowledges later or never: whoever waits for it sees that."""
        try:
            self._connections.node(replica).connection.send([("REPLCONF", "GETACK", "*")])
        except SteadyhandError:
            self._connections.forget(replica)

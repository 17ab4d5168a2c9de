# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of a hand-over: it is finished when every node and every Sentinel has been seen to agree."""

from __future__ import annotations

from functools import partial

from ..._engine.group import GroupConnections
from ..._model.errors import SteadyhandError
from ..._model.group import GroupView
from ..._model.health import Limits
from ..._model.lock import LockWish
from ..clock import Clock
from ..lock import take_or_renew
from ..waiting import Patience, wait_until_healthy


def settle(
    connections: GroupConnections,
    clock: Clock,
    new: str,
    timeout: float,
    limits: Limits,
    accept: tuple[str, ...],
    lock: LockWish,
) -> GroupView:
    """Wait until the whole group is healthy with the new primary. Raises ConditionTimeout after ``timeout`` seconds.

    A Sentinel that was asked, stood still, and was replaced by another may find our request when it goes on, and fail over
    from the new primary without any fence: it is called off. In TILT it begins only after half a minute.

    The lock is renewed meanwhile. Without it nothing is called off: it may be the failover of whoever has the lock now.
    """

    def call_off_strays(view: GroupView) -> None:
        found = view.primary
        if found is None or found.name != new:
            return
        try:
            take_or_renew(connections.node(found.name), view.name, lock)
        except SteadyhandError:
            # Somebody else's, or no answer: looked at again, like everything here.
            return
        strays = [
            account.name
            for account, _facts, entry in view.watching
            if entry.failover_in_progress and entry.address == found.announced and "o_down" not in entry.flags
        ]
        # One that does not answer is looked at again, and without its answer the group is not healthy.
        connections.side_by_side(
            [partial(connections.ask_sentinel, name, lambda asked: asked.call("RESET", view.name)) for name in strays]
        )

    def not_yet(view: GroupView, _rate: float) -> list[str]:
        found = view.primary
        return [] if found is not None and found.name == new else [f"{new} is not the primary"]

    patience = Patience(timeout, interval=0.25, stable_for=0.5)
    return wait_until_healthy(connections.observe, clock, patience, limits, accept, not_yet, call_off_strays).view

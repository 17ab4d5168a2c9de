# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking one Sentinel to promote a replica, seeing who leads, and calling it off."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..._model.errors import OutcomeUnknown, SteadyhandError, Unreachable
from ..._model.handover import Fence
from ..._model.replies import whole
from .passage import Passage

POLL = 0.005
WATCHED_AFTER_CANCEL = 0.3


class NotPromoted(SteadyhandError):
    """Nobody was promoted in time, and the failover was called off: nothing has changed."""


def replication_of(passage: Passage) -> list[tuple[str, Any]]:
    """INFO replication of every replica that could be promoted, or the error that took its place."""
    names = [member.name for member in passage.plan.electable]

    def info(name: str) -> dict[str, str]:
        # Sentinel sends every client of a node away when it promotes it, and this connection with them.
        return passage.urgent.ask_node(name, lambda node: node.info("replication"))

    return list(zip(names, passage.urgent.side_by_side([partial(info, name) for name in names])))


def behind(fence: Fence, name: str, info: Any) -> str:
    """Why a replica does not yet have everything up to the fence; an empty text when it has."""
    if isinstance(info, SteadyhandError):
        return str(info)
    if info.get("role") == "master":
        return f"{name} became primary by itself"
    if info.get("master_replid") != fence.replication_id or info.get("master_link_status") != "up":
        return f"{name} is not connected to the primary"
    missing = fence.offset - whole(info, "slave_repl_offset")
    return f"{name} lacks {missing} bytes" if missing > 0 else ""


def ask(passage: Passage, leader: str) -> bool:
    """Ask one Sentinel to fail over. Returns False when it did not answer: it may act all the same."""
    try:
        passage.urgent.sentinel(leader).call("FAILOVER", passage.group)
    except Unreachable:
        return False
    return True


def await_promotion(passage: Passage, seconds: float) -> str | None:
    """The name of the replica that leads, as soon as one says so of itself; None when none did in time."""
    deadline = passage.clock.now() + seconds
    while True:
        for name, info in replication_of(passage):
            if not isinstance(info, SteadyhandError) and info.get("role") == "master":
                return name
        if passage.clock.now() >= deadline:
            return None
        passage.clock.sleep(POLL)


def call_off(passage: Passage, leader: str, asked: bool) -> str:
    """Cancel a failover that has promoted nobody (SENTINEL RESET on its leader); returns whoever was promoted after all.

    Raises NotPromoted when nothing has changed and nothing can any more, OutcomeUnknown when that is not certain.
    """
    try:
        passage.urgent.sentinel(leader).call("RESET", passage.group)
        cancelled = asked
    except Unreachable:
        cancelled = False
    promoted = await_promotion(passage, WATCHED_AFTER_CANCEL)
    if promoted is not None:
        return promoted
    if not cancelled:
        raise OutcomeUnknown(
            f"the Sentinel {leader} was asked to fail over and does not answer any more; it may still promote a replica"
        )
    silent = [str(info) for _name, info in replication_of(passage) if isinstance(info, SteadyhandError)]
    if silent:
        raise OutcomeUnknown("whether somebody was promoted could not be seen: " + "; ".join(silent))
    raise NotPromoted(f"{leader} promoted nobody in time; its failover was called off")

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option by which a module keeps the maintenance lock of the run that it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from .._engine.group import GroupConnections
from .._model.group import GroupView
from .._model.lock import LockWish
from .._operations.handover.ledger import return_leftovers
from .._operations.lock import take_or_renew
from .module import Task


def lock_option() -> dict[str, dict[str, Any]]:
    """Argument spec of the option documented in the fragment ``steadyhand.redis.lock``."""
    return {
        "lock": {
            "type": "dict",
            "options": {
                "owner": {"type": "str", "required": True},
                "purpose": {"type": "str", "default": "maintenance"},
                "seconds": {"type": "int", "default": 900},
                "release": {"type": "bool", "default": False},
                "continues": {"type": "list", "elements": "str", "default": []},
            },
        }
    }


def lock_from(params: Mapping[str, Any]) -> LockWish | None:
    """The lock that the parameters ask for."""
    option = params["lock"]
    if option is None:
        return None
    return LockWish(option["owner"], option["purpose"], option["seconds"], tuple(option["continues"]))


def kept_lock(params: Mapping[str, Any]) -> LockWish | None:
    """The same where it is kept when the module ends."""
    return None if (params["lock"] or {}).get("release") else lock_from(params)


def lock_keeper(
    task: Task, connections: GroupConnections, wish: LockWish | None, key: str
) -> Callable[[GroupView], None]:
    """What to do after each observation of a wait: take or renew the lock on the primary. Raises Refused.

    What an earlier hand-over left behind is returned, and told in the list ``key`` of the result and in a warning.
    """

    def tell(note: str) -> None:
        task.result[key].append(note)
        task.warn(note)

    def keep(view: GroupView) -> None:
        primary = view.primary
        if wish is not None and primary is not None and not primary.facts.loading:
            take_or_renew(connections.node(primary.name), view.name, wish)
            # With the lock ours, what is borrowed belongs to nobody who still works.
            return_leftovers(connections, view, tell)

    return keep

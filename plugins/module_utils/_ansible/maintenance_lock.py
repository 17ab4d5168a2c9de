# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module maintenance_lock does."""

from __future__ import annotations

from dataclasses import asdict

from .._engine.group import GroupConnections
from .._engine.node import Node
from .._engine.targets import targets_from
from .._model.errors import Refused
from .._model.lock import LockRecord, LockWish, lock_key
from .._operations.lock import give_back, held, holder, take_or_renew
from .module import Task


def body(task: Task) -> None:
    """Take, prolong or give back the lock on the primary that the running group has."""
    params = task.params
    with GroupConnections(targets_from(params), params["connect_timeout"]) as connections:
        primary = connections.observe().primary
        if primary is None:
            raise Refused("the lock lives on the primary", ["group {} has no single primary".format(params["group"])])
        node = connections.node(primary.name)
        before = holder(node, params["group"])
        after = _take(task, node, before) if params["state"] == "present" else _drop(task, node, before)
    task.result["holder"] = asdict(after) if after is not None else None
    if task.diff_mode:
        task.result["diff"] = {
            "before": {"holder": str(before) if before else None},
            "after": {"holder": str(after) if after else None},
        }


def _take(task: Task, node: Node, before: LockRecord | None) -> LockRecord | None:
    params, group = task.params, task.params["group"]
    mine = before is not None and before.owner == params["owner"]
    if before is not None and not mine and before.owner not in params["continues"]:
        task.result["holder"] = asdict(before)
        raise Refused(f"group {group} is under maintenance", [str(held(node, group) or before)])
    task.result["changed"] = not mine
    if task.check_mode:
        return before if mine else LockRecord(params["owner"], params["purpose"], "")
    wish = LockWish(params["owner"], params["purpose"], params["seconds"], tuple(params["continues"]))
    take_or_renew(node, group, wish)
    return holder(node, group)


def _drop(task: Task, node: Node, before: LockRecord | None) -> LockRecord | None:
    params, group = task.params, task.params["group"]
    if before is None or (before.owner != params["owner"] and not params["force"]):
        return before
    task.result["changed"] = True
    if not task.check_mode:
        if params["force"]:
            node.call("DEL", lock_key(group))
        else:
            give_back(node, group, params["owner"])
    return None

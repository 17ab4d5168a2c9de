# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module node_info does."""

from __future__ import annotations

from typing import Any

from .._engine.node import Node, NodeTarget
from .._engine.targets import login_from
from .._model.address import Address
from .._model.node import NodeFacts
from .module import Task

EMPTY_RESULT: dict[str, Any] = {
    "role": "unknown",
    "engine": "",
    "version": "",
    "run_id": "",
    "uptime_seconds": 0,
    "config_file": "",
    "loading": False,
    "replication_id": "",
    "offset": 0,
    "upstream": None,
    "replicas": [],
    "priority": 0,
    "used_memory": 0,
    "number_of_keys": 0,
    "full_syncs": 0,
}


def body(task: Task) -> None:
    """Ask the node."""
    params = task.params
    address = Address.of(params["login_host"], params["login_port"])
    with Node(NodeTarget(str(address), address, login_from(params)), params["connect_timeout"]) as node:
        task.result.update(node_result(node.facts()))


def node_result(facts: NodeFacts) -> dict[str, Any]:
    """The keys of EMPTY_RESULT, filled."""
    upstream = facts.upstream
    return {
        "role": facts.role,
        "engine": facts.engine,
        "version": facts.version,
        "run_id": facts.run_id,
        "uptime_seconds": facts.uptime_seconds,
        "config_file": facts.config_file,
        "loading": facts.loading,
        "replication_id": facts.replication_id,
        "offset": upstream.applied_offset if upstream is not None else facts.offset,
        "upstream": None
        if upstream is None
        else {
            "primary": str(upstream.primary),
            "up": upstream.up,
            "syncing": upstream.syncing,
            "applied_offset": upstream.applied_offset,
        },
        "replicas": [
            {"address": str(replica.address), "state": replica.state, "offset": replica.offset, "lag": replica.lag}
            for replica in facts.replicas
        ],
        "priority": facts.priority,
        "used_memory": facts.memory.used,
        "number_of_keys": facts.keys,
        "full_syncs": facts.full_syncs,
    }

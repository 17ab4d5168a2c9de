# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of modules that speak of a whole group, and the targets that they describe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .._engine.group import GroupTargets
from .._engine.node import NodeTarget
from .._engine.sentinel import SentinelTarget
from .._model.address import Address
from .._model.errors import BadInput
from .._model.health import Limits
from .._model.problems import unacceptable
from .login import login_from, login_options, sentinel_login_options


def group_options() -> dict[str, dict[str, Any]]:
    """Argument spec of the options documented in the fragment ``steadyhand.redis.group``."""
    return {
        "group": {"type": "str", "required": True},
        "nodes": {"type": "list", "elements": "str", "required": True},
        "node_options": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "address": {"type": "str", "required": True},
                "name": {"type": "str"},
                "announce": {"type": "str"},
                "zone": {"type": "str"},
                "machine": {"type": "str"},
                "login_user": {"type": "str"},
                "login_password": {"type": "str", "no_log": True},
            },
        },
        "sentinels": {"type": "list", "elements": "str", "default": []},
        "accept": {"type": "list", "elements": "str", "default": []},
        "max_lag": {"type": "int", "default": Limits.max_lag},
        "connect_timeout": {"type": "float", "default": 3.0},
        **login_options(),
        **sentinel_login_options(),
    }


def targets_from(params: Mapping[str, Any]) -> GroupTargets:
    """The servers that the parameters name. Raises BadInput for addresses, names and codes that cannot be meant."""
    wrong = unacceptable(params["accept"])
    if wrong:
        raise BadInput("accept: " + "; ".join(wrong))
    login = login_from(params)
    special = {str(Address.parse(option["address"])): option for option in params["node_options"]}
    nodes = []
    for text in params["nodes"]:
        address = Address.parse(text)
        option = special.pop(str(address), {})
        own = {
            field: option["login_" + field]
            for field in ("user", "password")
            if option.get("login_" + field) is not None
        }
        declared = Address.parse(option["announce"]) if option.get("announce") else None
        nodes.append(NodeTarget(option.get("name") or str(address), address, replace(login, **own), declared))
    if special:
        raise BadInput("node_options: {} is not among the nodes".format(", ".join(sorted(special))))
    names = [node.name for node in nodes]
    if len(set(names)) < len(names):
        raise BadInput("node_options: two nodes have the same name")
    sentinel_login = login_from(params, "sentinel_")
    sentinels = [SentinelTarget(text, Address.parse(text), sentinel_login) for text in params["sentinels"]]
    return GroupTargets(params["group"], tuple(nodes), tuple(sentinels))


def limits_from(params: Mapping[str, Any]) -> Limits:
    """What still counts as healthy, by the parameters."""
    return Limits(max_lag=params["max_lag"])

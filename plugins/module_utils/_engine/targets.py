# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which servers to talk to, from plain data: the parameters of a module, or what the guard of a node keeps in its file.

The names are those of the module options, which the fragments ``steadyhand.redis.group`` and ``steadyhand.redis.login``
document. A name that is missing counts like one that was not given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from .._model.address import Address
from .._model.errors import BadInput
from .._model.problems import unacceptable
from .connection import Login
from .group import GroupTargets
from .node import NodeTarget
from .sentinel import SentinelTarget

_LOGIN = {
    field.name: {"user": "login_user", "password": "login_password"}.get(field.name, field.name)
    for field in fields(Login)
}


def login_from(params: Mapping[str, Any], prefix: str = "") -> Login:
    """The login that the parameters describe."""
    given = {field: params.get(prefix + option) for field, option in _LOGIN.items()}
    return Login(**{field: value for field, value in given.items() if value is not None})


def targets_from(params: Mapping[str, Any]) -> GroupTargets:
    """The servers that the parameters name. Raises BadInput for addresses, names and codes that cannot be meant."""
    wrong = unacceptable(params.get("accept") or ())
    if wrong:
        raise BadInput("accept: " + "; ".join(wrong))
    login = login_from(params)
    special = {str(Address.parse(option["address"])): option for option in params.get("node_options") or ()}
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
    addresses = [(text, Address.parse(text)) for text in params.get("sentinels") or ()]
    named = {Address.parse(one["address"]): one.get("name") for one in params.get("sentinel_options") or ()}
    unknown = sorted(str(address) for address in set(named) - {address for _text, address in addresses})
    if unknown:
        raise BadInput("sentinel_options: {} is not among the sentinels".format(", ".join(unknown)))
    sentinels = [SentinelTarget(named.get(address) or text, address, sentinel_login) for text, address in addresses]
    return GroupTargets(params["group"], tuple(nodes), tuple(sentinels))

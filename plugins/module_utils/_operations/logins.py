# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How servers log in to the nodes of a group: changed only where every node takes the new login already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Optional

from .._engine.group import GroupConnections, shut_out
from .._engine.node import Node
from .._model.errors import OutcomeUnknown, Refused, SteadyhandError
from .._model.replies import parse_pairs

# The user (None: the user default) and its password.
UserAndPassword = tuple[Optional[str], str]

_REMEDY = "correct the password, or give the user the new one beside the old one on every node first (ACL SETUSER adds one with >)"


def require_let_in(connections: GroupConnections, what: str, logins: Sequence[UserAndPassword]) -> None:
    """Make sure that every node that answers takes each of these logins. Raises Refused."""
    reasons = [
        f"{reason} (user {user or 'default'})"
        for user, password in logins
        for reason in shut_out(connections, user, password)
    ]
    if reasons:
        raise Refused(what, [*reasons, _REMEDY])


def differing_login(node: Node, user: str | None, password: str) -> dict[str, str]:
    """The settings by which a node does not yet log in to its primary like that. Raises like Node.call."""
    wanted = {"masteruser": user or "", "masterauth": password}
    found: dict[str, str] = {}
    for name in wanted:
        found.update(parse_pairs(node.call("CONFIG", "GET", name)))
    return {name: value for name, value in wanted.items() if found.get(name, "") != value}


def set_login(node: Node, settings: Mapping[str, str]) -> None:
    """Have the node log in to its primary like that from its next connection on, and keep it. Put back where that fails.

    An open link stays as it is. Raises like Node.call, and OutcomeUnknown where it could not be put back.
    """
    before: dict[str, str] = {}
    for name in settings:
        before.update(parse_pairs(node.call("CONFIG", "GET", name)))
    try:
        _write(node, settings)
    except SteadyhandError as error:
        try:
            _write(node, before)
        except SteadyhandError as second:
            raise OutcomeUnknown(f"{error}; and what it had before could not be put back: {second}") from error
        raise


def _write(node: Node, settings: Mapping[str, str]) -> None:
    for name, value in settings.items():
        node.call("CONFIG", "SET", name, value)
    node.call("CONFIG", "REWRITE")

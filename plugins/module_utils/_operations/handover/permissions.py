# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking the servers beforehand whether we may run what a hand-over needs, so that it cannot get stuck half way."""

from __future__ import annotations

import re
from functools import partial

from ..._engine.connection import Connection
from ..._engine.group import GroupConnections
from ..._model.errors import CommandMissing, SteadyhandError
from ..._model.permissions import COLLECTION, COLLECTION_ON_SENTINEL, SENTINEL, Command, part_of
from ..._model.preflight import Preflight


def missing_permissions(connections: GroupConnections, plan: Preflight) -> list[str]:
    """Commands that one of the nodes or Sentinels would refuse us, by ACL DRYRUN (Redis 7.0 and Valkey; older engines cannot
    tell), for every driver. What only an exchange of roles by the engine needs: `missing_for_exchange`.
    """
    missing = _denied_by_nodes(connections, plan, exchange=False)
    on_sentinel = _needed(COLLECTION_ON_SENTINEL, connections.targets.name, exchange=False)
    for target in connections.targets.sentinels:
        connection = connections.sentinel(target.name).connection
        missing += denied(connection, target.name, target.login.user, on_sentinel)
    return missing


def unwritable(connections: GroupConnections, plan: Preflight) -> list[str]:
    """The nodes that cannot write their configuration files, by trying: roles and borrowed settings must reach them."""
    names = [member.name for member in (plan.primary, *plan.attached)]
    tries = [partial(connections.ask_node, name, lambda node: node.call("CONFIG", "REWRITE")) for name in names]
    return [
        f"{name} cannot write its configuration file: {end}"
        for name, end in zip(names, connections.side_by_side(tries))
        if isinstance(end, SteadyhandError)
    ]


def missing_for_exchange(connections: GroupConnections, plan: Preflight) -> list[str]:
    """What we may not run besides where the nodes exchange roles by the engine's FAILOVER."""
    return _denied_by_nodes(connections, plan, exchange=True)


def missing_sentinel_permissions(connections: GroupConnections, plan: Preflight) -> list[str]:
    """What the Sentinels' own user may not do on the primary that a coordinated failover makes it do (valkey#2779).

    The user is read from the Sentinels' connections to the primary. Not being able to read it counts as missing.
    """
    node = connections.node(plan.primary.name)
    try:
        users = {client.get("user", "") for client in _sentinel_links(connections, plan.primary.name)}
    except SteadyhandError as error:
        return [f"the Sentinels' user cannot be seen: {error}"]
    if not users:
        return [f"no connection of a Sentinel was found on {plan.primary.name}"]
    needed = _needed(SENTINEL, connections.targets.name, exchange=True)
    missing = []
    for user in sorted(users):
        for command, reply in zip(needed, node.pipeline([("ACL", "DRYRUN", user, *command) for command in needed])):
            if isinstance(reply, SteadyhandError) or str(reply) != "OK":
                missing.append(f"the Sentinels' user {user} may not run {' '.join(command[:2])} on {plan.primary.name}")
    return missing


def watching_sentinels(connections: GroupConnections, plan: Preflight) -> list[str]:
    """Why a hand-over past Sentinels must not begin: they have connections to the primary, and would undo it."""
    name = plan.primary.name
    try:
        links = _sentinel_links(connections, name)
    except SteadyhandError as error:
        return [f"whether Sentinels watch the group cannot be seen: {error}"]
    hosts = sorted({link.get("addr", "?").rpartition(":")[0] for link in links})
    return [f"Sentinels at {', '.join(hosts)} watch {name}, and none is named: name them"] if hosts else []


def _sentinel_links(connections: GroupConnections, name: str) -> list[dict[str, str]]:
    """The connections over which Sentinels send commands to a node."""
    listed = connections.ask_node(name, lambda asked: asked.call("CLIENT", "LIST"))
    clients = [dict(part.split("=", 1) for part in line.split() if "=" in part) for line in str(listed).splitlines()]
    return [client for client in clients if re.match(r"sentinel-\w+-cmd$", client.get("name", ""))]


def _denied_by_nodes(connections: GroupConnections, plan: Preflight, *, exchange: bool) -> list[str]:
    needed = _needed(COLLECTION, connections.targets.name, exchange=exchange)
    missing = []
    # Every node that may lead before or afterwards.
    for member in (plan.primary, *plan.electable):
        node = connections.node(member.name)
        missing += denied(node.connection, member.name, node.target.login.user, needed)
    return missing


def _needed(part: str, group: str, *, exchange: bool) -> list[Command]:
    permissions = part_of(part, group).permissions
    needed = [one for one in permissions if one.exchange == exchange and (one.exchange or not one.repair)]
    return [command for one in needed for command in one.commands]


def denied(connection: Connection, name: str, user: str | None, commands: list[Command]) -> list[str]:
    """Which of the commands the server would refuse our user. Nothing where it cannot be asked (Redis 6.2)."""
    replies = connection.pipeline([("ACL", "DRYRUN", user or "default", *command) for command in commands])
    missing = []
    for command, reply in zip(commands, replies):
        if isinstance(reply, CommandMissing) or "unknown subcommand" in str(reply).lower():
            return []
        if isinstance(reply, SteadyhandError) or str(reply) != "OK":
            missing.append("{} would not let us run {}: {}".format(name, " ".join(command[:2]), reply))
    return missing

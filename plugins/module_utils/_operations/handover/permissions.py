# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking the servers beforehand whether we may run what a hand-over needs, so that it cannot get stuck half way."""

from __future__ import annotations

import re

from ..._engine.group import GroupConnections
from ..._model.borrowed import ledger_key
from ..._model.errors import CommandMissing, SteadyhandError
from ..._model.lock import lock_key
from ..._model.preflight import Preflight

Command = tuple[str, ...]


def missing_permissions(connections: GroupConnections, plan: Preflight) -> list[str]:
    """Commands that one of the nodes would refuse us, by ACL DRYRUN (Redis 7.0 and Valkey; older engines cannot tell)."""
    key = lock_key(connections.targets.name)
    as_old_primary: list[Command] = [
        ("CLIENT", "PAUSE", "100", "WRITE"),
        ("CLIENT", "UNPAUSE"),
        ("CLIENT", "KILL", "TYPE", "pubsub"),
        ("GET", key),
        ("SET", key, "x"),
        ("DEL", key),
        ("WATCH", key),
        ("HSET", ledger_key(connections.targets.name), "x", "x"),
        ("HGETALL", ledger_key(connections.targets.name)),
        ("HDEL", ledger_key(connections.targets.name), "x"),
        ("MULTI",),
        ("EXEC",),
    ]
    as_replica: list[Command] = [
        ("CONFIG", "SET", "repl-ping-replica-period", "10"),
        ("CONFIG", "REWRITE"),
        ("INFO", "replication"),
        ("REPLICAOF", "NO", "ONE"),
        ("ROLE",),
    ]
    missing = _denied(connections, plan.primary.name, as_old_primary + as_replica)
    for member in plan.electable:
        missing += _denied(connections, member.name, as_old_primary + as_replica)
    return missing


def missing_sentinel_permissions(connections: GroupConnections, plan: Preflight) -> list[str]:
    """What the Sentinels' own user may not do on the primary that a coordinated failover makes it do (valkey#2779).

    The user is read from the Sentinels' connections to the primary. Not being able to read it counts as missing.
    """
    node = connections.node(plan.primary.name)
    users = {client.get("user", "") for client in _sentinel_links(connections, plan.primary.name)}
    if not users:
        return [f"no connection of a Sentinel was found on {plan.primary.name}"]
    needed: list[Command] = [
        ("FAILOVER", "TO", "127.0.0.1", "1", "TIMEOUT", "1"),
        ("CLIENT", "PAUSE", "100", "WRITE"),
        ("CLIENT", "UNPAUSE"),
    ]
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


def _denied(connections: GroupConnections, name: str, commands: list[Command]) -> list[str]:
    node = connections.node(name)
    user = node.target.login.user or "default"
    replies = node.pipeline([("ACL", "DRYRUN", user, *command) for command in commands])
    denied = []
    for command, reply in zip(commands, replies):
        if isinstance(reply, CommandMissing) or "unknown subcommand" in str(reply).lower():
            return []
        if isinstance(reply, SteadyhandError) or str(reply) != "OK":
            denied.append("{} would not let us run {}: {}".format(name, " ".join(command[:2]), reply))
    return denied

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups as real servers described them (see record_replies.py), read by the code that talks to servers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.steadyhand.redis.plugins.module_utils._engine.connection import (
    Command,
    Connection,
    Login,
    Reply,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.node import Node, NodeTarget
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.sentinel import Sentinel, SentinelTarget
from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.errors import CommandRefused
from ansible_collections.steadyhand.redis.plugins.module_utils._model.group import GroupView
from ansible_collections.steadyhand.redis.plugins.module_utils._model.node import NodeAccount, NodeFacts
from ansible_collections.steadyhand.redis.plugins.module_utils._model.replies import parse_pairs
from ansible_collections.steadyhand.redis.plugins.module_utils._model.sentinel import SentinelAccount, SentinelFacts

_FIXTURES = Path(__file__).resolve().parent / "fixtures"
LOGIN = Login("maintenance", "not needed")


class RecordedConnection(Connection):
    """Answers a command with what a server answered to it when it was recorded."""

    def __init__(self, address: Address, exchange: Sequence[tuple[Sequence[str], Any]]) -> None:
        super().__init__(address, LOGIN)
        self._replies = {tuple(command): reply for command, reply in exchange}

    def pipeline(self, commands: Sequence[Command]) -> list[Reply]:
        return [self._reply(tuple(str(word) for word in command)) for command in commands]

    def _reply(self, command: tuple[str, ...]) -> Reply:
        if command[:2] == ("CONFIG", "GET"):
            settings = parse_pairs(self._replies["CONFIG", "GET", "*"])
            return [command[2], settings[command[2]]] if command[2] in settings else []
        assert command in self._replies, f"{command} was not recorded: run record_replies.py again"
        reply = self._replies[command]
        return CommandRefused(f"{self.address} refused", reply["error"]) if isinstance(reply, Mapping) else reply


def names(situation: str) -> list[str]:
    """The recordings of a situation, one for each engine version."""
    found = sorted(path.stem for path in _FIXTURES.glob(f"*-{situation}.json"))
    assert found, f"no recording of {situation}"
    return found


def recorded(name: str) -> dict[str, Any]:
    """A recording as it is in its file."""
    content: dict[str, Any] = json.loads((_FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return content


def node(name: str, server: str) -> NodeFacts:
    """What one node of a recording said about itself."""
    recording = recorded(name)
    asked = recording["nodes"][server]
    return _node(Address.parse(asked["address"]), asked["exchange"], recording["group"])


def acl_list(name: str, server: str) -> list[str]:
    """What one node of a recording answered to ACL LIST."""
    exchange = recorded(name)["nodes"][server]["exchange"]
    lines: list[str] = next(reply for command, reply in exchange if command == ["ACL", "LIST"])
    return lines


def view(name: str, declared: Mapping[str, Address] | None = None) -> GroupView:
    """The group of a recording. ``declared``: addresses that the inventory declares to be announced."""
    recording, declared = recorded(name), declared or {}
    group = recording["group"]
    nodes = [
        NodeAccount(server, address, declared.get(server), _node(address, asked["exchange"], group))
        for server, address, asked in _servers(recording["nodes"])
    ]
    silent = [
        NodeAccount(server, Address.parse(address), declared.get(server), None, "connection refused")
        for server, address in recording["silent"].items()
    ]
    sentinels = [
        SentinelAccount(sentinel, address, _sentinel(address, asked["exchange"], group))
        for sentinel, address, asked in _servers(recording["sentinels"])
    ]
    return GroupView(group, tuple(nodes + silent), tuple(sentinels))


def _servers(servers: Mapping[str, Any]) -> list[tuple[str, Address, Mapping[str, Any]]]:
    return [(name, Address.parse(server["address"]), server) for name, server in servers.items()]


def _node(address: Address, exchange: Sequence[Any], group: str) -> NodeFacts:
    asked = Node(NodeTarget(str(address), address, LOGIN))
    asked.connection = RecordedConnection(address, exchange)
    return asked.facts(group)


def _sentinel(address: Address, exchange: Sequence[Any], group: str) -> SentinelFacts:
    asked = Sentinel(SentinelTarget(str(address), address, LOGIN))
    asked.connection = RecordedConnection(address, exchange)
    return asked.facts(group)

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
from ansible_collections.steadyhand.redis.plugins.module_utils._model.sentinel import SentinelAccount, SentinelFacts

_FIXTURES = Path(__file__).resolve().parent / "fixtures"
LOGIN = Login("maintenance", "not needed")


class RecordedConnection(Connection):
    """Answers one pipeline with what a server answered to it when it was recorded."""

    def __init__(self, address: Address, replies: Sequence[Any]) -> None:
        super().__init__(address, LOGIN)
        self._replies = [
            CommandRefused(f"{address} refused", reply["error"]) if isinstance(reply, Mapping) else reply
            for reply in replies
        ]

    def pipeline(self, commands: Sequence[Command]) -> list[Reply]:
        assert len(commands) == len(self._replies), "other commands than were recorded: run record_replies.py again"
        return self._replies


def names(situation: str) -> list[str]:
    """The recordings of a situation, one for each engine version."""
    found = sorted(path.stem for path in _FIXTURES.glob(f"*-{situation}.json"))
    assert found, f"no recording of {situation}"
    return found


def replies(name: str) -> dict[str, Any]:
    """A recording as it is in its file."""
    content: dict[str, Any] = json.loads((_FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return content


def node(name: str, server: str) -> NodeFacts:
    """What one node of a recording said about itself."""
    recorded = replies(name)["nodes"][server]
    return _node(Address.parse(recorded["address"]), recorded["replies"])


def acl_list(name: str, server: str) -> list[str]:
    """What one node of a recording answered to ACL LIST."""
    lines: list[str] = replies(name)["nodes"][server]["replies"][1]
    return lines


def view(name: str, declared: Mapping[str, Address] | None = None) -> GroupView:
    """The group of a recording. ``declared``: addresses that the inventory declares to be announced."""
    recording, declared = replies(name), declared or {}
    group = recording["group"]
    nodes = [
        NodeAccount(server, address, declared.get(server), _node(address, recorded["replies"]))
        for server, address, recorded in _servers(recording["nodes"])
    ]
    silent = [
        NodeAccount(server, Address.parse(address), declared.get(server), None, "connection refused")
        for server, address in recording["silent"].items()
    ]
    sentinels = [
        SentinelAccount(sentinel, address, _sentinel(address, recorded["replies"], group))
        for sentinel, address, recorded in _servers(recording["sentinels"])
    ]
    return GroupView(group, tuple(nodes + silent), tuple(sentinels))


def _servers(recorded: Mapping[str, Any]) -> list[tuple[str, Address, Mapping[str, Any]]]:
    return [(name, Address.parse(server["address"]), server) for name, server in recorded.items()]


def _node(address: Address, recorded: Sequence[Any]) -> NodeFacts:
    asked = Node(NodeTarget(str(address), address, LOGIN))
    asked.connection = RecordedConnection(address, recorded)
    return asked.facts()


def _sentinel(address: Address, recorded: Sequence[Any], group: str) -> SentinelFacts:
    asked = Sentinel(SentinelTarget(str(address), address, LOGIN))
    asked.connection = RecordedConnection(address, recorded)
    return asked.facts(group)

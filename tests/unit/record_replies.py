# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records what every server of real groups answers, for the tests that parse and judge without a server.

Usage: `.dev/venv/bin/python tests/unit/record_replies.py [path of redis-server or valkey-server]`. One file per situation
is written to tests/unit/fixtures, named by engine, version and situation.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from lab.lab import Lab
from lab.state import Credentials
from lab.waiting import wait_until

if TYPE_CHECKING:
    from lab.node import DataNode
    from lab.sentinel import SentinelNode
    from lab.state import NodeState, SentinelState

FIXTURES = Path(__file__).resolve().parent / "fixtures"
GROUP = "group-1"
DOWN_AFTER_MS = 2000
SECRET = re.compile(r'("(?:masterauth|primaryauth|requirepass|tls-(?:client-)?key-file-pass)",\s*)"[^"]+"')

Exchange = list[tuple[list[str], Any]]


class ListeningConnection(Connection):
    """Writes down every command and its reply."""

    def __init__(self, address: Address, login: Login) -> None:
        super().__init__(address, login)
        self.heard: Exchange = []

    def pipeline(self, commands: Sequence[Command]) -> list[Reply]:
        replies = super().pipeline(commands)
        for command, reply in zip(commands, replies, strict=True):
            plain = {"error": reply.reply} if isinstance(reply, CommandRefused) else reply
            self.heard.append(([str(word) for word in command], plain))
        return replies


def nothing(_lab: Lab) -> None:
    """The group as it is when it has converged."""


def stop_a_replica(lab: Lab) -> None:
    """One replica is gone, and every Sentinel has noticed."""
    lab.node("group-1-c").stop()
    port = str(lab.node("group-1-c").state.port)
    wait_until(lambda: None if all(_holds_down(s, port) for s in lab.sentinels) else "not down yet", 30, "s_down")


def restart_a_replica(lab: Lab) -> None:
    """One replica has just been started again, and no Sentinel has asked it since."""
    lab.node("group-1-c").restart()
    node = lab.node("group-1-c")
    wait_until(lambda: None if node.info("replication")["master_link_status"] == "up" else "link is down", 30, "link")


SITUATIONS: dict[str, tuple[dict[str, Any], Callable[[Lab], None]]] = {
    "healthy": ({"secured": True}, nothing),
    "hostnames": ({"announce_host": "localhost"}, nothing),
    "replica-down": ({"down_after_ms": DOWN_AFTER_MS}, stop_a_replica),
    "replica-restarted": ({}, restart_a_replica),
}


def record(lab: Lab) -> dict[str, Any]:
    """What every server of the lab answers, by name."""
    return {
        "group": GROUP,
        "nodes": {
            node.name: {"address": node.address, "exchange": _node_exchange(node)}
            for node in lab.nodes
            if node.process.is_running()
        },
        "silent": {node.name: node.address for node in lab.nodes if not node.process.is_running()},
        "sentinels": {
            sentinel.name: {"address": sentinel.address, "exchange": _sentinel_exchange(sentinel)}
            for sentinel in lab.sentinels
        },
    }


def _node_exchange(node: DataNode) -> Exchange:
    address, login = _reached(node.state)
    asked = Node(NodeTarget(node.name, address, login))
    asked.connection = heard = ListeningConnection(address, login)
    with asked:
        asked.facts(GROUP)
        # So that observing one more setting needs no new recording.
        asked.pipeline([("CONFIG", "GET", "*")])
    return heard.heard


def _sentinel_exchange(sentinel: SentinelNode) -> Exchange:
    address, login = _reached(sentinel.state)
    asked = Sentinel(SentinelTarget(sentinel.name, address, login))
    asked.connection = heard = ListeningConnection(address, login)
    with asked:
        asked.facts(GROUP)
    return heard.heard


def _reached(state: NodeState | SentinelState) -> tuple[Address, Login]:
    address, credentials = Address.of(state.host, state.port), state.credentials
    if credentials is None:
        return address, Login()
    return address, Login(Credentials.MAINTENANCE, credentials.maintenance_password)


def without_secrets(text: str) -> str:
    """The recording with every password hash replaced by another one, equal ones by equal ones; no kernel release, and the
    server's program where packages put it."""
    hashes = dict.fromkeys(re.findall(r"#([0-9a-f]{64})", text))
    for number, found in enumerate(hashes):
        text = text.replace(found, hashlib.sha256(f"password {number}".encode()).hexdigest())
    text = re.sub(r"(\\nos:Linux) \S+", r"\1", text)
    text = re.sub(r"(\\nexecutable:)[^\\]*/", r"\1/usr/bin/", text)
    return SECRET.sub(r'\1"withheld"', text)


def _holds_down(sentinel: SentinelNode, port: str) -> bool:
    return any("s_down" in one["flags"] for one in sentinel.replica_states(GROUP) if one["port"] == port)


def _disconnected(lab: Lab) -> str | None:
    """A Sentinel that has just discovered another one has no connection to it for a moment."""
    for sentinel in lab.sentinels:
        with sentinel.client() as client:
            peers = client.execute_command("SENTINEL", "SENTINELS", GROUP)
        if len(peers) != len(lab.sentinels) - 1 or any("disconnected" in flag for peer in peers for flag in peer):
            return f"{sentinel.name} is not connected to all others"
    return None


def _version(node: DataNode) -> str:
    server = node.info("server")
    return f"valkey-{server['valkey_version']}" if "valkey_version" in server else f"redis-{server['redis_version']}"


def main(binary: str | None) -> None:
    """Record every situation."""
    for situation, (options, happen) in SITUATIONS.items():
        with (
            tempfile.TemporaryDirectory(prefix="lab-") as directory,
            Lab.create(Path(directory) / "lab", groups=1, binary=binary, **options) as lab,
        ):
            wait_until(lambda: _disconnected(lab), 30, "connections between the Sentinels")
            happen(lab)
            text = without_secrets(json.dumps(record(lab), indent=1, ensure_ascii=False))
            file = FIXTURES / f"{_version(lab.nodes[0])}-{situation}.json"
            file.write_text(text + "\n", encoding="utf-8")
            print(file.name, len(text))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Saving what a losing primary holds, and demoting it once that is safe."""

from __future__ import annotations

import re
from typing import Callable, Protocol

from ..._engine.group import GroupConnections
from ..._engine.node import Node, NodeTarget
from ..._model.errors import OutcomeUnknown, Refused, SteadyhandError
from ..._model.repair.saved import FileOfNode, SavedCopy
from ..._model.repair.step import Step
from ..._model.replies import parse_info, whole
from ..clock import Clock

PAUSE_MS = 60000
"""For how long writes of a loser are held at a time. Nobody watches it then, so no Sentinel takes it for down."""
RELEASE_SECONDS = 30.0
"""Until the last connection of a Sentinel that has forgotten the group must be gone."""
PING_BYTES = 14
"""Of PING in the stream of replication, which a primary sends its replicas also while writes are held."""


class SavePort(Protocol):
    """Where data are saved."""

    def save(self, target: NodeTarget, keep_alive: Callable[[], None]) -> FileOfNode:
        """Copy all of a node's data into a new file, and check it. ``keep_alive`` is called often. Raises SteadyhandError."""


class LoserKeeper:
    """Holds the writes of losers from the beginning of their saves to their demotions. ``renew`` is called with each prolongation."""

    def __init__(self, connections: GroupConnections, clock: Clock, port: SavePort, renew: Callable[[], None]) -> None:
        self._connections = connections
        self._clock = clock
        self._port = port
        self._renew = renew
        self._held: dict[str, tuple[str, str, int]] = {}
        self._held_since: dict[str, float] = {}
        self._paused_until: dict[str, float] = {}

    def save(self, name: str) -> SavedCopy:
        """Hold writes, prove that nobody can demote the node, and copy its data. Raises Refused and OutcomeUnknown."""
        self._wait_until_alone(name)
        held = self._hold(name)
        target = next(one for one in self._connections.targets.nodes if one.name == name)
        file = self._port.save(target, lambda: self._prolong(name))
        self._prolong(name)
        found, links = self._state(name)
        if not self._is_still(name, found):
            raise OutcomeUnknown(
                f"{name} was {_described(held)} when its writes were held, and is {_described(found)} after the save: "
                f"its file {file.path} is not the whole of its data"
            )
        if links:
            raise OutcomeUnknown(
                f"a Sentinel is connected to {name} again ({links}): it may demote it. Its data are in {file.path}"
            )
        return SavedCopy(name, file.path, file.size, file.checked, held[2], held[1])

    def demote(self, step: Step) -> None:
        """Have it copy the winner, while its writes are held, and send its clients away."""
        if step.address is None or step.subject not in self._held:
            raise OutcomeUnknown(f"{step.subject} is not demoted: its data are not saved by this run")
        self._prolong(step.subject)
        found, links = self._state(step.subject)
        if not self._is_still(step.subject, found) or links:
            raise OutcomeUnknown(
                f"{step.subject} is not demoted: it is {_described(found)} now, {links or 'no Sentinel'} connected"
            )
        node = self._connections.node(step.subject)
        replies = node.transaction(
            [
                ("REPLICAOF", step.address.host, step.address.port),
                ("CONFIG", "REWRITE"),
                ("CLIENT", "KILL", "TYPE", "normal"),
                ("CLIENT", "KILL", "TYPE", "pubsub"),
                ("CLIENT", "UNPAUSE"),
            ]
        )
        self._held.pop(step.subject)
        for reply in replies[:2]:
            if isinstance(reply, SteadyhandError):
                raise reply

    def let_go(self) -> list[str]:
        """Let clients write again wherever a loser was not demoted. What went wrong is said: the pauses end by themselves."""
        notes = []
        for name in list(self._held):
            self._held.pop(name)
            try:
                self._connections.ask_node(name, lambda node: node.call("CLIENT", "UNPAUSE"))
            except SteadyhandError as error:
                notes.append(
                    f"writes of {name} are held until the pause ends by itself ({PAUSE_MS // 1000} s): {error}"
                )
        return notes

    def _is_still(self, name: str, found: tuple[str, str, int]) -> bool:
        """Whether it has taken no write since its writes were held. What it tells its replicas every some seconds counts in bytes,
        too: PING, of a length of its own, and no oftener than once in a second."""
        role, replication_id, offset = self._held[name]
        grown = found[2] - offset
        pings = int(self._clock.now() - self._held_since[name]) + 2
        return found[:2] == (role, replication_id) and grown % PING_BYTES == 0 and 0 <= grown <= pings * PING_BYTES

    def _wait_until_alone(self, name: str) -> None:
        """Sentinels close their connections when they forget the group; the node may take a moment to see it."""
        deadline = self._clock.now() + RELEASE_SECONDS
        while True:
            _found, links = self._state(name)
            if not links:
                return
            if self._clock.now() >= deadline:
                raise Refused(
                    f"the data of {name} are not saved",
                    [
                        f"Sentinels are still connected to it and may demote it: {links}. Which are they? Name them, or stop them"
                    ],
                )
            self._clock.sleep(0.1)

    def _hold(self, name: str) -> tuple[str, str, int]:
        node, asked_at = self._connections.node(name), self._clock.now()
        paused, info = node.transaction([("CLIENT", "PAUSE", PAUSE_MS, "WRITE"), ("INFO", "replication")])
        for reply in (paused, info):
            if isinstance(reply, SteadyhandError):
                raise reply
        self._held_since[name] = asked_at
        self._paused_until[name] = asked_at + PAUSE_MS / 1000.0
        held = _place(info)
        self._held[name] = held
        if held[0] != "master":
            raise OutcomeUnknown(f"{name} is no primary any more: it is {_described(held)}")
        return held

    def _prolong(self, name: str) -> None:
        """At most once in a third of the pause."""
        if self._paused_until[name] - self._clock.now() > PAUSE_MS / 1000.0 * 2 / 3:
            return
        asked_at = self._clock.now()
        if asked_at >= self._paused_until[name]:
            raise OutcomeUnknown(f"the writes of {name} were held no longer: it may have taken some since")
        self._renew()
        self._connections.node(name).call("CLIENT", "PAUSE", PAUSE_MS, "WRITE")
        self._paused_until[name] = asked_at + PAUSE_MS / 1000.0

    def _state(self, name: str) -> tuple[tuple[str, str, int], str]:
        """Where the node is, and the Sentinels that are connected to it."""

        def ask(node: Node) -> tuple[str, str]:
            info, clients = node.pipeline([("INFO", "replication"), ("CLIENT", "LIST")])
            for reply in (info, clients):
                if isinstance(reply, SteadyhandError):
                    raise reply
            return str(info), str(clients)

        info, clients = self._connections.ask_node(name, ask)
        links = sorted(set(re.findall(r" name=(sentinel-\w+-(?:cmd|pubsub)) ", clients)))
        return _place(info), ", ".join(links)


def _place(info: str) -> tuple[str, str, int]:
    fields = parse_info(info)
    return fields.get("role", ""), fields.get("master_replid", ""), whole(fields, "master_repl_offset")


def _described(place: tuple[str, str, int]) -> str:
    role, replication_id, offset = place
    return f"{'a primary' if role == 'master' else 'a replica'} of history {replication_id[:8]} at offset {offset}"

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Borrowing settings and returning them, written down on the group's primary before anything is changed."""

from __future__ import annotations

from typing import Callable

from ..._engine.group import GroupConnections
from ..._model.borrowed import HISTORY, NODE, SENTINEL, Borrowed, ledger_key
from ..._model.errors import AccessDenied, CommandRefused, SteadyhandError
from ..._model.group import GroupView
from ..._model.routing import Routing
from .fence import PING_PERIOD


class Ledger:
    """What one hand-over has borrowed. ``keeper`` is the node that holds the ledger: the primary of the moment."""

    def __init__(self, connections: GroupConnections, keeper: str) -> None:
        self._connections = connections
        self._group = connections.targets.name
        self._held: dict[Borrowed, str] = {}
        self.keeper = keeper
        self.history: list[str] = []

    def note(self, borrowed: Borrowed, value: str) -> None:
        """Write down a value that is about to be changed."""
        self._connections.node(self.keeper).call("HSET", ledger_key(self._group), borrowed.encode(), value)
        self._held[borrowed] = value
        if borrowed.kind != HISTORY:
            self.history.append(str(borrowed))

    def borrow_setting(self, node: str, setting: str, before: str, value: str) -> None:
        """Change a setting of a node for a while."""
        self.note(Borrowed(NODE, node, setting), before)
        self._connections.node(node).call("CONFIG", "SET", setting, value)

    def borrow_parameter(self, sentinel: str, parameter: str, before: str, value: str) -> None:
        """Change a parameter of the group on one Sentinel for a while."""
        self.note(Borrowed(SENTINEL, sentinel, parameter), before)
        self._connections.sentinel(sentinel).call("SET", self._group, parameter, value)

    def strike(self, borrowed: Borrowed, connections: GroupConnections | None = None) -> None:
        """Cross out what has been returned in another way; on other ``connections`` where clients wait for it."""
        (connections or self._connections).ask_node(
            self.keeper, lambda node: node.call("HDEL", ledger_key(self._group), borrowed.encode())
        )
        self._held.pop(borrowed, None)

    def return_all(self) -> list[str]:
        """Return everything, in memory and on disk. Names what could not be returned, and stays written down.

        A file that could not be written is only said.
        """
        left = []
        for borrowed, value in sorted(self._held.items()):
            try:
                note = return_one(self._connections, self.keeper, borrowed, value)
                del self._held[borrowed]
                left += [f"{borrowed}: {note}"] if note else []
            except SteadyhandError as error:
                left.append(f"{borrowed} is still borrowed and was {value} before: {error}")
        return left


def note_routing(connections: GroupConnections, keeper: str, routing: Routing) -> None:
    """Write down that traffic is about to be moved."""
    key = ledger_key(connections.targets.name)
    connections.ask_node(keeper, lambda node: node.call("HSET", key, routing.field, routing.value))


def strike_routing(connections: GroupConnections, keeper: str, routing: Routing) -> tuple[str, ...]:
    """Cross it out. Returns what went wrong, as notes: the next look at the group says it too."""
    key = ledger_key(connections.targets.name)
    try:
        connections.ask_node(keeper, lambda node: node.call("HDEL", key, routing.field))
    except SteadyhandError as error:
        return (f"the end of the routing could not be written down on {keeper}: {error}",)
    return ()


def return_one(connections: GroupConnections, keeper: str, borrowed: Borrowed, value: str) -> str:
    """Return one value to its owner and strike it off the ledger. Sentinel had borrowed settings written to files.

    Returns a note where the file cannot be written: then the borrowed value is not in it either, unless it could be since.
    """
    group, note = connections.targets.name, ""
    if borrowed.kind == NODE:
        connections.ask_node(borrowed.owner, lambda node: node.call("CONFIG", "SET", borrowed.setting, value))
        try:
            connections.ask_node(borrowed.owner, lambda node: node.call("CONFIG", "REWRITE"))
        except (AccessDenied, CommandRefused) as error:
            note = f"returned in memory, and the configuration file was not written: {error}"
    elif borrowed.kind == SENTINEL:
        connections.ask_sentinel(borrowed.owner, lambda asked: asked.call("SET", group, borrowed.setting, value))
    connections.ask_node(keeper, lambda node: node.call("HDEL", ledger_key(group), borrowed.encode()))
    return note


def return_leftovers(connections: GroupConnections, view: GroupView, tell: Callable[[str], object]) -> None:
    """Return what an earlier hand-over that was cut off left behind. Call it with the lock held.

    ``tell`` is called for each entry as soon as it is struck off: what it says of a loss is written nowhere else then.

    Raises what the owner's server answers: then the entry stays in the ledger. Entries of owners that this run does not
    know stay too.
    """
    primary = view.primary
    if primary is None:
        return
    targets = connections.targets
    known = {node.name for node in targets.nodes} | {sentinel.name for sentinel in targets.sentinels}
    entries = [
        (borrowed, value) for text, value in primary.facts.borrowed.items() if (borrowed := Borrowed.decode(text))
    ]
    began_with = {borrowed.owner: value for borrowed, value in entries if borrowed.kind == HISTORY}
    for borrowed, value in sorted(entries):
        if borrowed.owner not in known:
            continue
        note = return_one(connections, primary.name, borrowed, value)
        if borrowed.kind != HISTORY:
            moved = began_with.get(borrowed.owner) != primary.facts.replication_id
            said = f"{borrowed}: {value}{_loss_behind(borrowed) if moved else ''}{f' ({note})' if note else ''}"
            tell(f"left behind by an earlier hand-over and returned: {said}")


def _loss_behind(borrowed: Borrowed) -> str:
    """What an entry tells of losses, once the role has moved. The proof that nothing was lost crosses that entry out."""
    if borrowed.setting != PING_PERIOD:
        return ""
    return (
        f" (that hand-over ended without its proof: what {borrowed.owner} acknowledged between its fence and its"
        f" demotion may be lost, and how many bytes these are cannot be told any more)"
    )

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many groups on the wire: each server once, whatever number of groups it is in, and everybody at the same time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Callable, TypeVar

from .._model.address import Address
from .._model.errors import SteadyhandError, Unreachable
from .._model.group import GroupView
from .._model.node import NodeFacts
from .._model.sentinel import PrimaryEntry, SentinelFacts
from .connection import Login
from .group import MOST_THREADS, GroupTargets, node_account, outcome_of, sentinel_account
from .node import Node, NodeTarget
from .sentinel import Sentinel, SentinelTarget

Where = tuple[Address, Login]
Key = TypeVar("Key")
Server = TypeVar("Server", Node, Sentinel)
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class SentinelAnswer:
    """What one Sentinel says of each group that it was asked about, and its whole table."""

    facts: Mapping[str, SentinelFacts]
    table: Mapping[str, PrimaryEntry]


@dataclass(frozen=True)
class Look:
    """All groups at one moment, in the order in which they were given.

    ``tables``: for each group, by the name of a Sentinel that answered, its entry of the primary of every group that it
    watches.
    """

    views: tuple[GroupView, ...]
    tables: tuple[Mapping[str, Mapping[str, PrimaryEntry]], ...]


class Fleet:
    """Open connections to every server of many groups; a context manager.

    A Sentinel that watches a hundred groups is asked about all of them over one connection in two round trips. ``timeout`` in
    seconds bounds each connection attempt and each wait for a reply.
    """

    def __init__(self, groups: Sequence[GroupTargets], timeout: float = 3.0) -> None:
        self.groups = tuple(groups)
        self.timeout = timeout
        self._nodes: dict[tuple[int, str], Node] = {}
        self._sentinels: dict[Where, Sentinel] = {}
        self._pool = ThreadPoolExecutor(max_workers=MOST_THREADS)

    def __enter__(self) -> Fleet:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._pool.shutdown()
        for node in self._nodes.values():
            node.connection.close()
        for sentinel in self._sentinels.values():
            sentinel.connection.close()

    def observe(self) -> Look:
        """Ask everybody. Never raises for a server's sake: one that cannot be asked is an account with an error."""
        asked = self._about()
        sentinels = {
            key: self._pool.submit(outcome_of, partial(self._ask_sentinel, target, names))
            for key, (target, names) in asked.items()
        }
        nodes = [
            [self._pool.submit(outcome_of, partial(self._ask_node, index, target)) for target in group.nodes]
            for index, group in enumerate(self.groups)
        ]
        answers = {key: future.result() for key, future in sentinels.items()}
        return Look(
            tuple(self._view(group, answers, found) for group, found in zip(self.groups, nodes)),
            tuple(_tables(group, answers) for group in self.groups),
        )

    def _about(self) -> dict[Where, tuple[SentinelTarget, list[str]]]:
        """Each Sentinel once, with the names that it is to be asked about."""
        asked: dict[Where, tuple[SentinelTarget, list[str]]] = {}
        for group in self.groups:
            for target in group.sentinels:
                names = asked.setdefault((target.address, target.login), (target, []))[1]
                if group.name not in names:
                    names.append(group.name)
        return asked

    def _view(
        self,
        group: GroupTargets,
        answers: Mapping[Where, SentinelAnswer | SteadyhandError],
        nodes: Sequence[Future[NodeFacts | SteadyhandError]],
    ) -> GroupView:
        sentinels = []
        for target in group.sentinels:
            answer = answers[target.address, target.login]
            facts = answer if isinstance(answer, SteadyhandError) else answer.facts[group.name]
            sentinels.append(sentinel_account(target, facts))
        accounts = [node_account(target, future.result()) for target, future in zip(group.nodes, nodes)]
        return GroupView(group.name, tuple(accounts), tuple(sentinels))

    def _ask_sentinel(self, target: SentinelTarget, names: Sequence[str]) -> SentinelAnswer:
        def question(sentinel: Sentinel) -> SentinelAnswer:
            return SentinelAnswer(sentinel.facts_of(names), sentinel.table())

        return _asked_twice(self._sentinels, (target.address, target.login), Sentinel(target, self.timeout), question)

    def _ask_node(self, group: int, target: NodeTarget) -> NodeFacts:
        # A node that two groups name is asked by each of them over a connection of its own.
        name = self.groups[group].name
        return _asked_twice(
            self._nodes, (group, target.name), Node(target, self.timeout), lambda node: node.facts(name)
        )


def _asked_twice(opened: dict[Key, Server], key: Key, anew: Server, question: Callable[[Server], Answer]) -> Answer:
    """Ask on the open connection; once more on a new one where that is lost, as it is when a server has restarted."""
    if key in opened:
        try:
            return question(opened[key])
        except Unreachable:
            opened.pop(key).connection.close()
    anew.connection.open()
    opened[key] = anew
    return question(anew)


def _tables(
    group: GroupTargets, answers: Mapping[Where, SentinelAnswer | SteadyhandError]
) -> dict[str, Mapping[str, PrimaryEntry]]:
    found = {target.name: answers[target.address, target.login] for target in group.sentinels}
    return {name: answer.table for name, answer in found.items() if isinstance(answer, SentinelAnswer)}

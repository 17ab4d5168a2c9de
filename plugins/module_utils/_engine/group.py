# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole group on the wire: one socket per server, kept open, everybody asked at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Callable, TypeVar

from .._model.errors import AccessDenied, BadInput, CommandMissing, SteadyhandError, Unreachable, WrongKind
from .._model.group import GroupView
from .._model.group_name import why_not_a_name
from .._model.node import NodeAccount, NodeFacts
from .._model.sentinel import SentinelAccount, SentinelFacts
from .node import Node, NodeTarget
from .sentinel import Sentinel, SentinelTarget

Result = TypeVar("Result")
Server = TypeVar("Server", Node, Sentinel)
MOST_THREADS = 64


@dataclass(frozen=True)
class GroupTargets:
    """Where a group's members are, and the Sentinels that watch it. Without Sentinels: bare replication."""

    name: str
    nodes: tuple[NodeTarget, ...]
    sentinels: tuple[SentinelTarget, ...]

    def __post_init__(self) -> None:
        for kind, targets in (("node", self.nodes), ("Sentinel", self.sentinels)):
            addresses = [target.address for target in targets]
            for address in sorted(set(addresses)):
                if addresses.count(address) > 1:
                    raise BadInput(f"the {kind} {address} is listed twice for group {self.name}")
        if not self.nodes:
            raise BadInput(f"group {self.name} has no nodes")
        wrong = why_not_a_name(self.name)
        if wrong is not None:
            raise BadInput(wrong)
        for address in sorted({node.address for node in self.nodes} & {one.address for one in self.sentinels}):
            raise BadInput(
                f"{address} is listed as a node and as a Sentinel of group {self.name}; one process is never both"
            )


class GroupConnections:
    """Open connections to every server of a group; a context manager. A lost one is opened again when next asked.

    ``timeout`` in seconds bounds each connection attempt and each wait for a reply.
    """

    def __init__(self, targets: GroupTargets, timeout: float = 3.0) -> None:
        self.targets = targets
        self.timeout = timeout
        self._nodes: dict[str, Node] = {}
        self._sentinels: dict[str, Sentinel] = {}
        self._pool = ThreadPoolExecutor(max_workers=min(len(targets.nodes) + len(targets.sentinels), MOST_THREADS))

    def __enter__(self) -> GroupConnections:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._pool.shutdown()
        for name in [*self._nodes, *self._sentinels]:
            self.forget(name)

    def node(self, name: str) -> Node:
        """The open connection to a node. Raises Unreachable or AccessDenied when it cannot be opened."""
        if name not in self._nodes:
            target = next(target for target in self.targets.nodes if target.name == name)
            self._nodes[name] = _opened(Node(target, self.timeout))
        return self._nodes[name]

    def sentinel(self, name: str) -> Sentinel:
        """The open connection to a Sentinel. Raises Unreachable or AccessDenied when it cannot be opened."""
        if name not in self._sentinels:
            target = next(target for target in self.targets.sentinels if target.name == name)
            self._sentinels[name] = _opened(Sentinel(target, self.timeout))
        return self._sentinels[name]

    def ask_node(self, name: str, question: Callable[[Node], Result]) -> Result:
        """Ask a node something that may be asked twice: once more on a new connection when the open one is lost.

        A connection that was fine is lost when the server restarted, and when Sentinel changed its role: it then sends
        all clients of the node away.
        """
        if name in self._nodes:
            try:
                return question(self._nodes[name])
            except Unreachable:
                self.forget(name)
        return question(self.node(name))

    def ask_sentinel(self, name: str, question: Callable[[Sentinel], Result]) -> Result:
        """Ask a Sentinel something that may be asked twice, like `ask_node`."""
        if name in self._sentinels:
            try:
                return question(self._sentinels[name])
            except Unreachable:
                self.forget(name)
        return question(self.sentinel(name))

    def forget(self, name: str) -> None:
        """Close the connection to a server, so that the next use opens a new one."""
        for server in (self._nodes.pop(name, None), self._sentinels.pop(name, None)):
            if server is not None:
                server.connection.close()

    def side_by_side(self, calls: Sequence[Callable[[], Result]]) -> list[Result | SteadyhandError]:
        """Run calls at the same time; a server's error takes its place in the list."""
        return list(self._pool.map(outcome_of, calls))

    def observe(self) -> GroupView:
        """Ask everybody. Never raises for a server's sake: one that cannot be asked is an account with an error."""
        nodes = [self._pool.submit(partial(self._node_account, target)) for target in self.targets.nodes]
        sentinels = [self._pool.submit(partial(self._sentinel_account, target)) for target in self.targets.sentinels]
        return GroupView(
            self.targets.name,
            tuple(future.result() for future in nodes),
            tuple(future.result() for future in sentinels),
        )

    def _node_account(self, target: NodeTarget) -> NodeAccount:
        return node_account(
            target, outcome_of(partial(self.ask_node, target.name, lambda asked: asked.facts(self.targets.name)))
        )

    def _sentinel_account(self, target: SentinelTarget) -> SentinelAccount:
        return sentinel_account(
            target, outcome_of(partial(self.ask_sentinel, target.name, lambda asked: asked.facts(self.targets.name)))
        )


def shut_out(connections: GroupConnections, user: str | None, password: str | None) -> list[str]:
    """What every node says that does not let this user in. A node that does not answer says nothing."""
    calls = []
    for target in connections.targets.nodes:
        tried = replace(target, login=replace(target.login, user=user, password=password))
        calls.append(partial(_come_in, Node(tried, connections.timeout)))
    outcomes = connections.side_by_side(calls)
    named = [(target.name, outcome) for target, outcome in zip(connections.targets.nodes, outcomes)]
    return [f"{name}: {outcome}" for name, outcome in named if isinstance(outcome, AccessDenied)]


def observe(targets: GroupTargets, timeout: float = 3.0) -> GroupView:
    """Observe a group once, on connections of its own."""
    with GroupConnections(targets, timeout) as connections:
        return connections.observe()


def node_account(target: NodeTarget, answer: NodeFacts | SteadyhandError) -> NodeAccount:
    """What is known about a node by its answer."""
    if isinstance(answer, SteadyhandError):
        return NodeAccount(target.name, target.address, target.declared, None, **_why_not(answer))
    return NodeAccount(target.name, target.address, target.declared, answer)


def sentinel_account(target: SentinelTarget, answer: SentinelFacts | SteadyhandError) -> SentinelAccount:
    """What is known about a Sentinel by its answer."""
    if isinstance(answer, SteadyhandError):
        return SentinelAccount(target.name, target.address, None, **_why_not(answer))
    return SentinelAccount(target.name, target.address, answer)


def _come_in(node: Node) -> None:
    with node:
        pass


def _opened(server: Server) -> Server:
    server.connection.open()
    return server


def outcome_of(call: Callable[[], Result]) -> Result | SteadyhandError:
    """What a call returns, or why a server did not answer it."""
    try:
        return call()
    except SteadyhandError as error:
        return error


def _why_not(error: SteadyhandError) -> dict[str, Any]:
    """The fields of an account without facts."""
    renamed = ". A renamed command can be used neither by this collection nor by Sentinel"
    return {
        "error": str(error) + (renamed if isinstance(error, CommandMissing) else ""),
        "denied": isinstance(error, (AccessDenied, CommandMissing)),
        "mistaken": isinstance(error, WrongKind),
    }

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a lab to what the code under test takes: targets of a group, a conductor, a view."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ansible_collections.steadyhand.redis.plugins.module_utils._engine.connection import Login
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.group import (
    GroupConnections,
    GroupTargets,
    observe,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.node import NodeTarget
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.sentinel import SentinelTarget
from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.candidate import Preference
from ansible_collections.steadyhand.redis.plugins.module_utils._model.health import Limits, group_problems
from ansible_collections.steadyhand.redis.plugins.module_utils._model.lock import LockWish
from ansible_collections.steadyhand.redis.plugins.module_utils._model.problems import Judgement, judge
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.clock import SystemClock
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.conductor import (
    Conductor,
    HandOverWish,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.routing_end import (
    RoutingEnd,
    RoutingWish,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.waiting import (
    Patience,
    Settled,
    wait_until_healthy,
)
from lab.state import Credentials

if TYPE_CHECKING:
    from ansible_collections.steadyhand.redis.plugins.module_utils._model.group import GroupView
    from lab.lab import Lab
    from lab.node import DataNode
    from lab.state import SentinelCredentials, SentinelState
    from lab.tls import TlsFiles

GROUP = "group-1"
LOCK = LockWish("the-test", "a test", 60)


def targets_of(lab: Lab, group: str = GROUP) -> GroupTargets:
    """The group as a user of the collection would describe it."""
    nodes = tuple(target_of(node) for node in lab.nodes_of(group))
    return GroupTargets(group, nodes, tuple(_sentinel_target(one.state) for one in lab.sentinels))


def target_of(node: DataNode) -> NodeTarget:
    """The node as the user of the collection that may do the least."""
    state = node.state
    return NodeTarget(state.name, Address.of(state.host, state.port), _login(state.tls, state.credentials))


def _sentinel_target(state: SentinelState) -> SentinelTarget:
    return SentinelTarget(state.name, Address.of(state.host, state.port), _login(state.tls, state.credentials))


def _login(tls: TlsFiles | None, credentials: Credentials | SentinelCredentials | None) -> Login:
    user = None if credentials is None else Credentials.MAINTENANCE
    password = None if credentials is None else credentials.maintenance_password
    if tls is None:
        return Login(user, password)
    return Login(
        user, password, tls=True, ca_certs=tls.ca, client_cert_file=tls.client_cert, client_key_file=tls.client_key
    )


@contextmanager
def conducting(lab: Lab, group: str = GROUP, target: str | None = None, **wish: Any) -> Iterator[Conductor]:
    """A conductor with its connections, for one hand-over of a group of the lab."""
    targets = targets_of(lab, group)
    with GroupConnections(targets, 3.0) as connections, GroupConnections(targets, 1.0) as urgent:
        yield Conductor(
            connections,
            urgent,
            SystemClock(),
            HandOverWish(**{"lock": LOCK, "preference": Preference(target=target), **wish}),
        )


def observed(lab: Lab, group: str = GROUP) -> GroupView:
    """The group as it is now."""
    return observe(targets_of(lab, group))


def judged(view: GroupView) -> Judgement:
    """The judgement on a view, nothing accepted."""
    return judge(group_problems(view, Limits()))


def wait_healthy(lab: Lab, group: str = GROUP, timeout: float = 90.0, accept: tuple[str, ...] = ()) -> Settled:
    """Wait until the collection itself calls the group healthy."""
    with GroupConnections(targets_of(lab, group)) as connections:
        return wait_until_healthy(
            connections.observe, SystemClock(), Patience(timeout, interval=0.2, stable_for=0.5), Limits(), accept
        )


@contextmanager
def ending(lab: Lab, group: str = GROUP, **wish: Any) -> Iterator[RoutingEnd]:
    """What ends a routing, with its connections."""
    targets = targets_of(lab, group)
    with GroupConnections(targets, 3.0) as connections, GroupConnections(targets, 1.0) as urgent:
        yield RoutingEnd(connections, urgent, SystemClock(), RoutingWish(**{"lock": LOCK, **wish}))

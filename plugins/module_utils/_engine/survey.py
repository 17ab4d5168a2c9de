# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole Sentinel set on the wire: what it watches, asked from every Sentinel, and from every node, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Callable

from .._model.address import Address
from .._model.errors import BadInput, SteadyhandError, WrongKind
from .._model.node import NodeAccount, NodeFacts
from .._model.survey import SentinelReport, Survey, peers_to_ask
from .connection import Login
from .group import MOST_THREADS, node_account, outcome_of
from .node import Node, NodeTarget
from .sentinel import Sentinel, SentinelTarget


@dataclass(frozen=True)
class SurveyTargets:
    """The Sentinels that were given, and how to log in to all of the set and, by group and address, to each node.

    Without ``node_login`` no node is asked.
    """

    sentinels: tuple[Address, ...]
    sentinel_login: Login
    node_login: Callable[[str, Address], Login] | None

    def __post_init__(self) -> None:
        if not self.sentinels:
            raise BadInput("there is no Sentinel to ask: give at least one, better all")
        for address in self.sentinels:
            if self.sentinels.count(address) > 1:
                raise BadInput(f"the Sentinel {address} is listed twice")


def survey(targets: SurveyTargets, timeout: float = 3.0) -> Survey:
    """Ask everybody once. Never raises for a server's sake: one that cannot be asked is a report with an error.

    ``timeout`` in seconds bounds each connection attempt and each wait for a reply.
    """
    given = _reports(targets.sentinels, targets.sentinel_login, timeout, given=True)
    others = _reports(peers_to_ask(given), targets.sentinel_login, timeout, given=False)
    reports = (*given, *others)
    return Survey(reports, None if targets.node_login is None else _nodes(reports, targets.node_login, timeout))


def _reports(addresses: Sequence[Address], login: Login, timeout: float, given: bool) -> list[SentinelReport]:
    if not addresses:
        return []
    with ThreadPoolExecutor(max_workers=min(len(addresses), MOST_THREADS)) as pool:
        return list(pool.map(partial(_report, login=login, timeout=timeout, given=given), addresses))


def _report(address: Address, login: Login, timeout: float, given: bool) -> SentinelReport:
    try:
        with Sentinel(SentinelTarget(str(address), address, login), timeout) as sentinel:
            itself = sentinel.facts("")  # of no group: what it is, and whether it is a Sentinel
            names = [watched.name for watched in sentinel.watched()]
            return SentinelReport(address, given, itself, sentinel.facts_of(names) if names else {})
    except SteadyhandError as error:
        return SentinelReport(address, given, None, {}, str(error), isinstance(error, WrongKind))


def _nodes(
    reports: Sequence[SentinelReport], login: Callable[[str, Address], Login], timeout: float
) -> dict[Address, NodeAccount]:
    """Every node that any of them knows, under the first group that it is listed in."""
    groups: dict[Address, str] = {}
    for report in reports:
        for name, facts in sorted(report.groups.items()):
            for entry in (*([facts.primary] if facts.primary is not None else []), *facts.replicas):
                groups.setdefault(entry.address, name)
    if not groups:
        return {}
    targets = [NodeTarget(str(address), address, login(name, address)) for address, name in groups.items()]
    with ThreadPoolExecutor(max_workers=min(len(targets), MOST_THREADS)) as pool:
        accounts = pool.map(partial(_account, timeout=timeout), targets, groups.values())
        return {account.address: account for account in accounts}


def _account(target: NodeTarget, group: str, timeout: float) -> NodeAccount:
    def ask() -> NodeFacts:
        with Node(target, timeout) as node:
            return node.facts(group)

    return node_account(target, outcome_of(ask))

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting until a group is well and one of its nodes may be restarted, and saying how that node will come back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from .._engine.host import read_host
from .._model.errors import BadInput, Refused
from .._model.group import GroupView, Member
from .._model.health import Limits
from .._model.host import HostFacts
from .._model.node import NodeFacts
from .._model.restart import RestartForecast, RestartWish, forecast
from .waiting import Settled


@dataclass(frozen=True)
class RestartQuestion:
    """Which node is to be restarted, under what conditions. ``service`` names its unit, where it has one."""

    node: str
    wish: RestartWish
    service: str | None = None


def rewriting(question: RestartQuestion) -> Callable[[GroupView, float], list[str]]:
    """A condition to wait for: the node's append-only file must not be in the middle of a rewrite."""

    def conditions(view: GroupView, _rate: float) -> list[str]:
        node = _member(view, question.node)
        return [f"{node.name} is rewriting its append-only file"] if node.facts.persistence.rewriting else []

    return conditions


def forecast_or_refuse(
    settled: Settled,
    question: RestartQuestion,
    limits: Limits,
    read: Callable[[NodeFacts, str | None], HostFacts] = read_host,
) -> RestartForecast:
    """Predict the restart of the node in question, which runs on this machine. Raises Refused with all reasons."""
    node = _member(settled.view, question.node)
    prediction = forecast(
        settled.view, node, read(node.facts, question.service), question.wish, settled.write_rate, limits
    )
    if not prediction.allowed:
        raise Refused(f"{node.name} must not be restarted now", prediction.refusals)
    return prediction


def _member(view: GroupView, name: str) -> Member:
    node = view.member(name)
    if node is None:
        raise BadInput(f"{name} is not an answering node of group {view.name}")
    return node

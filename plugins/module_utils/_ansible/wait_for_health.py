# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module wait_for_health does."""

from __future__ import annotations

from dataclasses import replace

from .._engine.group import GroupConnections
from .._engine.targets import targets_from
from .._model.errors import ConditionTimeout, Refused
from .._model.health import group_problems
from .._model.lock import LockWish
from .._model.problems import judge
from .._operations.clock import SystemClock
from .._operations.lock import announce_restart, give_back, take_or_renew
from .._operations.safe_restart import RestartQuestion, forecast_or_refuse, rewriting
from .._operations.waiting import Patience, Settled, wait_until_healthy
from .group import limits_from
from .lock import kept_lock, lock_from, lock_keeper
from .module import Task
from .results import forecast_result, group_result
from .safe_restart import question_from


def body(task: Task) -> None:
    """Wait, judge the restart that is asked about, keep or give back the lock."""
    params, limits, question = task.params, limits_from(task.params), question_from(task.params)
    lock = None if task.check_mode else lock_from(params)
    with GroupConnections(targets_from(params), params["connect_timeout"]) as connections:
        try:
            settled = wait_until_healthy(
                connections.observe,
                SystemClock(),
                Patience(params["timeout"], params["interval"], params["stable_for"]),
                limits,
                params["accept"],
                rewriting(question) if question is not None else None,
                lock_keeper(task, connections, lock, "notes"),
            )
        except ConditionTimeout as error:
            view = connections.observe()
            task.result["view"] = group_result(view, judge(group_problems(view, limits), params["accept"]))
            task.result["missing"] = list(error.missing)
            raise
        task.result.update(
            view=group_result(settled.view, settled.judgement), waited=settled.waited, write_rate=settled.write_rate
        )
        asked = _as_seen(question, params["stopped_ago"], settled)
        predict(task, connections, settled, asked, None if task.check_mode else kept_lock(params))
        if lock is not None and params["lock"]["release"] and settled.view.primary is not None:
            give_back(connections.node(settled.view.primary.name), settled.view.name, lock.owner)


def _as_seen(question: RestartQuestion | None, stopped_ago: float | None, settled: Settled) -> RestartQuestion | None:
    """The question with the absence that was just seen to end, where that is longer than what was expected."""
    if question is None or stopped_ago is None:
        return question
    seconds = max(question.wish.expected_seconds, stopped_ago + settled.waited)
    return replace(question, wish=replace(question.wish, expected_seconds=seconds))


def predict(
    task: Task,
    connections: GroupConnections,
    settled: Settled,
    question: RestartQuestion | None,
    lock: LockWish | None,
) -> None:
    """Add the prediction of a restart to the result, or fail with the reasons against it.

    A restart that may be is announced in the lock of this run: the node's guard lets it pass then.
    """
    if question is None:
        return
    primary, member = settled.view.primary, settled.view.member(question.node)
    if member is not None and member.facts.is_primary:
        return
    try:
        task.result["forecast"] = forecast_result(forecast_or_refuse(settled, question, limits_from(task.params)))
    except Refused as error:
        task.result["missing"] = list(error.reasons)
        raise
    if lock is not None and primary is not None and member is not None:
        take_or_renew(connections.node(primary.name), settled.view.name, lock)
        announce_restart(connections.node(primary.name), settled.view.name, lock.owner, member.facts.run_id)

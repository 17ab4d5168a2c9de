# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hand-over under Sentinel, from preflight to the last look: the order of the steps and the way out of each.

Steps and proof: hold writes on the old primary, show that every replica that could be promoted has all of its bytes, ask
one Sentinel to fail over, demote the old primary ourselves as soon as the new one leads, wait until every Sentinel names
it, and only then send clients on. Before somebody is promoted every failure ends with the fence lifted and nothing changed.
After it there is no way back: it is carried on to the end, and what cannot be seen is reported as unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..._engine.group import GroupConnections
from ..._engine.node import Node
from ..._model.errors import ConditionTimeout, Refused, SteadyhandError, Unreachable
from ..._model.group import GroupView
from ..._model.handover import (
    DONE,
    REFUSED,
    UNKNOWN,
    Evidence,
    HandOverResult,
    Preflight,
    preflight,
)
from ..._model.health import Limits, group_problems
from ..._model.lock import LockWish
from ..._model.problems import judge
from ..clock import Clock
from ..lock import give_back, take_or_renew
from ..waiting import Patience, wait_until_healthy
from .critical_section import CriticalSection
from .fence import PING_PERIOD, StandingFence
from .permissions import missing_permissions
from .steering import Steering


@dataclass(frozen=True)
class HandOverWish:
    """What is asked for. ``target`` None: any replica that is fit. ``keep_lock``: the caller gives the lock back."""

    lock: LockWish
    target: str | None = None
    limits: Limits = field(default_factory=Limits)
    accept: tuple[str, ...] = ()
    settle_timeout: float = 120.0
    keep_lock: bool = False


class Conductor:
    """One hand-over of one group. ``urgent`` are connections with a short time-out for the time of the fence."""

    def __init__(
        self, connections: GroupConnections, urgent: GroupConnections, clock: Clock, wish: HandOverWish
    ) -> None:
        self._connections = connections
        self._urgent = urgent
        self._clock = clock
        self._wish = wish
        self._group = connections.targets.name
        self._evidence = Evidence()
        self._phases: dict[str, int] = {}

    def plan(self) -> tuple[GroupView, Preflight | None, tuple[str, ...]]:
        """Observe and decide, without changing anything: the view, and the plan or all reasons against it."""
        view = self._connections.observe()
        judgement = judge(group_problems(view, self._wish.limits), self._wish.accept)
        plan, against = preflight(view, self._wish.limits, self._wish.target)
        reasons = [str(problem) for problem in judgement.problems] + list(against)
        if plan is not None and not reasons:
            reasons += missing_permissions(self._connections, plan)
        return view, (plan if not reasons else None), tuple(reasons)

    def run(self) -> HandOverResult:
        """Hand over. Never raises for what servers do: the outcome says it."""
        started = self._clock.now()
        view, plan, reasons = self.plan()
        self._phases["preflight"] = self._since(started)
        if plan is None:
            return self._result(REFUSED, reasons)
        self._evidence = replace(
            self._evidence,
            old_primary=plan.primary.name,
            epoch_before=max(entry.config_epoch for _account, _facts, entry in view.watching),
            fence_ms=plan.fence_ms,
        )
        try:
            return self._locked(plan)
        except Refused as refusal:
            return self._result(REFUSED, refusal.reasons)

    def _locked(self, plan: Preflight) -> HandOverResult:
        take_or_renew(self._connections.node(plan.primary.name), self._group, self._wish.lock)
        steering = Steering(self._connections, self._clock)
        result = self._result(UNKNOWN, ("it was interrupted",))
        try:
            result = self._steered(plan, steering)
        finally:
            left = steering.restore()
            if not self._wish.keep_lock and result.outcome != UNKNOWN:
                left += self._unlock(result)
        return replace(result, reasons=result.reasons + tuple(left))

    def _unlock(self, result: HandOverResult) -> list[str]:
        holder = result.evidence.new_primary if result.outcome == DONE else result.evidence.old_primary
        try:
            give_back(self._connections.node(holder), self._group, self._wish.lock.owner)
        except SteadyhandError as error:
            return [f"the maintenance lock was not given back and will end by itself: {error}"]
        return []

    def _steered(self, plan: Preflight, steering: Steering) -> HandOverResult:
        if plan.steering_needed:
            started = self._clock.now()
            try:
                steering.prefer(plan, plan.target or plan.candidates[0])
            except (ConditionTimeout, Unreachable) as error:
                return self._result(REFUSED, (str(error),))
            finally:
                self._phases["steer"] = self._since(started)
        return self._fenced(plan)

    def _fenced(self, plan: Preflight) -> HandOverResult:
        name = plan.primary.name

        def reopen() -> Node:
            self._urgent.forget(name)
            return self._urgent.node(name)

        section = CriticalSection(self._urgent, self._clock, plan, self._group, self._phases)
        try:
            section.open()
        except SteadyhandError as error:
            return self._result(REFUSED, (str(error),))
        fence = StandingFence(
            self._urgent.node(name),
            reopen,
            self._clock,
            plan.fence_ms,
            plan.primary.facts.settings[PING_PERIOD],
        )
        outcome, reasons = section.run(fence, self._wish.lock.owner)
        self._evidence = section.evidence(self._evidence)
        if outcome != DONE or section.proof is None or not section.proof.lossless:
            return self._result(outcome if outcome != DONE else UNKNOWN, reasons)
        return self._settled(plan, section.new_primary, reasons)

    def _settled(self, plan: Preflight, new: str, notes: tuple[str, ...]) -> HandOverResult:
        """Wait until everybody sees the group whole again, with the new primary: only then it is done."""
        started = self._clock.now()

        def not_yet(view: GroupView, _rate: float) -> list[str]:
            found = view.primary
            return [] if found is not None and found.name == new else [f"{new} is not the primary"]

        patience = Patience(self._wish.settle_timeout, interval=0.25, stable_for=0.5)
        try:
            settled = wait_until_healthy(
                self._connections.observe, self._clock, patience, self._wish.limits, self._wish.accept, not_yet
            )
        except ConditionTimeout as error:
            return self._result(UNKNOWN, (f"nothing was lost, but the group did not settle: {error}", *notes))
        finally:
            self._phases["settle"] = self._since(started)
        view = settled.view
        before = next(member for member in plan.electable if member.name == new).facts.full_syncs
        after = view.member(new)
        self._evidence = replace(
            self._evidence,
            epoch_after=max(entry.config_epoch for _account, _facts, entry in view.watching),
            full_syncs=after.facts.full_syncs - before if after is not None else None,
        )
        return self._result(DONE, notes)

    def _since(self, started: float) -> int:
        return int((self._clock.now() - started) * 1000)

    def _result(self, outcome: str, reasons: tuple[str, ...]) -> HandOverResult:
        return HandOverResult(outcome, reasons, replace(self._evidence, phases_ms=dict(self._phases)))

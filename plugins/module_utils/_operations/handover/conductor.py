# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One hand-over from preflight to the last look: decide, lock, borrow, let a driver pass the role on, settle, return."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..._engine.group import GroupConnections
from ..._model.borrowed import HISTORY, NODE, REPLICATION_ID, Borrowed
from ..._model.candidate import Preference
from ..._model.drivers import AUTO, BARE, COORDINATED, SENTINEL
from ..._model.errors import ConditionTimeout, Refused, SteadyhandError
from ..._model.full_sync import full_sync_problems
from ..._model.group import GroupView
from ..._model.handover import DONE, REFUSED, ROUTING, UNKNOWN, Evidence, HandOverResult
from ..._model.health import Limits
from ..._model.lock import LockWish
from ..._model.preflight import (
    BORROWED_DOWN_AFTER_MS,
    Preflight,
    full_sync_needs,
    preflight,
)
from ..._model.problems import judge
from ..._model.replies import whole
from ..._model.routing import unfinished_routing
from ..clock import Clock
from ..lock import take_or_renew
from ..watching import watch
from .bare_driver import BareDriver, Route, pause_ms
from .coordinated_driver import CoordinatedDriver
from .fence import PING_PERIOD
from .ledger import Ledger, return_leftovers
from .passage import Passage, Passed
from .permissions import (
    missing_for_exchange,
    missing_permissions,
    missing_sentinel_permissions,
    unwritable,
    watching_sentinels,
)
from .record import Recorder, cut_off
from .sentinel_driver import SentinelDriver
from .settling import settle
from .steering import prefer
from .undertaking import Undertaking

DOWN_AFTER = "down-after-milliseconds"
# Seconds between the two looks of the preflight: what grows meanwhile shows, and how much clients write.
LOOKS_APART = 1.0


@dataclass(frozen=True)
class HandOverWish:
    """What is asked for. ``keep_lock``: the caller gives the lock back. ``settle_timeout`` in seconds.

    ``route`` moves the traffic of a group without Sentinels, in at most ``route_seconds``. ``route_later``: others do,
    when the hand-over has returned the outcome ``routing``. ``disk_free``: bytes that are free for the data of nodes, by
    their names, where it is known.
    """

    lock: LockWish
    preference: Preference = field(default_factory=Preference)
    limits: Limits = field(default_factory=Limits)
    accept: tuple[str, ...] = ()
    settle_timeout: float = 120.0
    keep_lock: bool = False
    driver: str = AUTO
    route: Route | None = None
    route_seconds: float = 0.0
    disk_free: Mapping[str, int] = field(default_factory=dict)
    route_later: bool = False


class Conductor(Undertaking[HandOverWish]):
    """One hand-over of one group."""

    def __init__(
        self, connections: GroupConnections, urgent: GroupConnections, clock: Clock, wish: HandOverWish
    ) -> None:
        super().__init__(connections, urgent, clock, wish)
        self._evidence = Evidence()
        self._unseen: tuple[str, ...] = ()

    def plan(self) -> tuple[GroupView, Preflight | None, tuple[str, ...]]:
        """Observe and decide, without changing anything: the view, and the plan or all reasons against it."""
        wish = self._wish
        watched = watch(self._connections.observe, self._clock, LOOKS_APART, wish.limits, wish.accept)
        view = watched.view
        plan, against = preflight(view, wish.limits, wish.preference, wish.driver)
        reasons = [str(problem) for problem in watched.judgement.problems] + list(against)
        if plan is not None:
            needs = full_sync_needs(plan, watched.write_rate, wish.preference, wish.disk_free)
            plan = replace(plan, unseen=needs.unseen)
            judgement = judge(full_sync_problems(plan.chosen.name, needs), wish.accept)
            reasons += [str(problem) for problem in judgement.problems]
        if plan is not None and not reasons:
            reasons += missing_permissions(self._connections, plan)
            plan, unable = self._with_permitted_driver(plan)
            reasons += unable
        return view, (plan if not reasons else None), tuple(reasons)

    def _with_permitted_driver(self, plan: Preflight) -> tuple[Preflight, list[str]]:
        """What the driver needs besides: a route without Sentinels, the Sentinels' own permissions for coordination."""
        if plan.driver == BARE:
            return plan, missing_for_exchange(self._connections, plan) + self._against_bare(plan)
        if plan.driver == COORDINATED:
            unable = missing_sentinel_permissions(self._connections, plan)
            unable += missing_for_exchange(self._connections, plan)
            if unable and self._wish.driver == AUTO:
                return replace(plan, driver=SENTINEL), []
            return plan, unable
        return plan, []

    def _against_bare(self, plan: Preflight) -> list[str]:
        """What stands against a hand-over without Sentinels, besides the servers' versions."""
        wish, against = self._wish, watching_sentinels(self._connections, plan)
        unfinished = unfinished_routing(plan.primary.facts.borrowed)
        if unfinished is not None:
            against.append(f"the routing from {unfinished.old} to {unfinished.new} has not been ended")
        if wish.route is None and not wish.route_later:
            against.append(
                "without Sentinels nobody tells clients of the new primary: name a command or tasks that route them"
            )
        held = pause_ms(wish.route_seconds)
        if wish.route_later and wish.lock.seconds * 1000 <= held:
            against.append(
                f"the lock would end after {wish.lock.seconds} s, before routing must have: give it more than {held / 1000:g} s"
            )
        for member in (plan.primary, *plan.electable):
            limit = whole(member.facts.settings, "repl-timeout") * 1000
            if 0 < limit <= held:
                against.append(
                    f"writes could be held for {held / 1000:g} s, longer than repl-timeout of {member.name} ({limit // 1000} s): "
                    "give routing less time"
                )
        return against

    def run(self) -> HandOverResult:
        """Hand over. Never raises for what servers do: the outcome says it."""
        started = self._clock.now()
        view = self._connections.observe()
        holder = view.primary
        if holder is None:
            # Without a primary there is nowhere to take the lock, whatever a second look would show.
            _view, _plan, reasons = self.plan()
            return self._result(REFUSED, reasons or ("there was no single primary at the first look",))
        try:
            take_or_renew(self._connections.node(holder.name), self._group, self._wish.lock)
        except Refused as refusal:
            return self._result(REFUSED, refusal.reasons)
        except SteadyhandError as error:
            return self._result(REFUSED, (str(error),))
        notes: list[str] = []
        plan, reasons = None, ()
        try:
            # What was seen before the lock was ours may be the work of somebody who was under way then.
            view = self._connections.observe()
            return_leftovers(self._connections, view, notes.append)
            if view.primary is not None:
                notes += cut_off(view.primary.facts.last_handover)
            view, plan, reasons = self.plan()
            reasons += tuple(unwritable(self._connections, plan)) if plan is not None else ()
        except Refused as refusal:
            reasons = refusal.reasons
        except SteadyhandError as error:
            reasons = (str(error),)
        self._unseen = plan.unseen if plan is not None else ()
        self._phases["preflight"] = self._since(started)
        result = self._result(REFUSED, reasons) if plan is None or reasons else self._recorded(view, plan)
        if not self._wish.keep_lock and result.outcome not in (UNKNOWN, ROUTING):
            # After a refusal it is where it was taken; that may no longer be the primary that was planned with.
            leads = result.evidence.new_primary if result.outcome == DONE else ""
            notes += self._give_lock_back(
                leads or (plan.primary.name if plan is not None else holder.name), self._wish.lock.owner
            )
        return replace(result, reasons=(*result.reasons, *notes))

    def _recorded(self, view: GroupView, plan: Preflight) -> HandOverResult:
        """Hand over, and leave the result where the next call finds it: ours may be lost with the connection."""
        recorder = Recorder(self._connections, self._wish.lock)
        try:
            recorder.begin(plan.primary.name)
        except SteadyhandError as error:
            return self._result(REFUSED, (f"its beginning could not be written down: {error}",))
        result = self._borrowing(view, plan)
        # While others route, nothing is written to the new primary: whoever ends the routing ends the record too.
        ended = recorder.end(result) if result.outcome != ROUTING else []
        return replace(result, reasons=(*result.reasons, *ended))

    def _borrowing(self, view: GroupView, plan: Preflight) -> HandOverResult:
        """Borrow what the passage needs, and return it in any case before the last look."""
        self._evidence = replace(
            self._evidence,
            old_primary=plan.primary.name,
            epoch_before=_epoch(view),
        )
        ledger = Ledger(self._connections, plan.primary.name)
        passed = Passed(UNKNOWN, ("it was interrupted",))
        left: list[str] = []
        try:
            passed = self._prepared(view, plan, ledger)
            if passed.new_primary:
                ledger.keeper = passed.new_primary
            elif passed.outcome == UNKNOWN and (leads := self._connections.observe().primary) is not None:
                ledger.keeper = leads.name
        finally:
            # While others route, nothing is written to the new primary; whoever ends the routing returns what is left.
            if passed.outcome != ROUTING:
                left = ledger.return_all()
            self._evidence = replace(self._evidence, borrowed=tuple(ledger.history))
        passed = replace(passed, reasons=(*passed.reasons, *left))
        if passed.outcome != DONE:
            return self._result(passed.outcome, passed.reasons)
        return self._settled(plan, passed)

    def _prepared(self, view: GroupView, plan: Preflight, ledger: Ledger) -> Passed:
        started = self._clock.now()
        try:
            if plan.driver != BARE:
                if plan.down_after_is_too_short:
                    self._lengthen_down_after(view, ledger)
                prefer(self._connections, self._clock, plan, ledger)
            if plan.driver == SENTINEL:
                # The ping period is changed together with the fence; here it is only written down.
                began_with = Borrowed(HISTORY, plan.primary.name, REPLICATION_ID)
                ledger.note(began_with, plan.primary.facts.replication_id)
                before = plan.primary.facts.settings[PING_PERIOD]
                ledger.note(Borrowed(NODE, plan.primary.name, PING_PERIOD), before)
            take_or_renew(self._connections.node(plan.primary.name), self._group, self._wish.lock)
        except SteadyhandError as error:
            return Passed(REFUSED, (str(error),))
        self._phases["prepare"] = self._since(started)
        passage = Passage(self._urgent, self._clock, plan, ledger, self._wish.lock.owner, self._phases)
        passage.sentinel_timeouts = {account.name: e.failover_timeout_ms for account, _facts, e in view.watching}
        driver = self._driver(passage)
        try:
            passed = driver.run()
        except Exception as error:  # noqa: BLE001 - whatever it is, the record, the ledger and the lock must be ended
            passed = Passed(UNKNOWN, (unexpected(error),))
        self._evidence = replace(
            self._evidence,
            driver=driver.name,
            aligned=passage.aligned,
            new_primary=passed.new_primary,
            pause_ms=passed.pause_ms,
            fence_ms=driver.pause_ms if isinstance(driver, BareDriver) else plan.fence_ms,
            fence_offset=passed.fence.offset if passed.fence else None,
            replication_id=passed.fence.replication_id if passed.fence else "",
            inherited_id=passed.proof.inherited_id if passed.proof else "",
            inherited_offset=passed.proof.inherited_offset if passed.proof else None,
            final_offset=passed.proof.final_offset if passed.proof else None,
        )
        return passed

    def _driver(self, passage: Passage) -> SentinelDriver | CoordinatedDriver | BareDriver:
        if passage.plan.driver == BARE:
            return BareDriver(passage, self._wish.route, self._wish.route_seconds)
        return CoordinatedDriver(passage) if passage.plan.driver == COORDINATED else SentinelDriver(passage)

    def _lengthen_down_after(self, view: GroupView, ledger: Ledger) -> None:
        for account, _facts, entry in view.watching:
            if entry.down_after_ms < BORROWED_DOWN_AFTER_MS:
                ledger.borrow_parameter(account.name, DOWN_AFTER, str(entry.down_after_ms), str(BORROWED_DOWN_AFTER_MS))

    def _settled(self, plan: Preflight, passed: Passed) -> HandOverResult:
        started = self._clock.now()
        new = passed.new_primary
        try:
            view = settle(
                self._connections,
                self._clock,
                new,
                self._wish.settle_timeout,
                self._wish.limits,
                self._wish.accept,
                self._wish.lock,
            )
        except ConditionTimeout as error:
            return self._result(UNKNOWN, (f"nothing was lost, but the group did not settle: {error}", *passed.reasons))
        finally:
            self._phases["settle"] = self._since(started)
        before = next(member for member in plan.electable if member.name == new).facts.full_syncs
        after = view.member(new)
        self._evidence = replace(
            self._evidence,
            epoch_after=_epoch(view),
            full_syncs=after.facts.full_syncs - before if after is not None else None,
        )
        return self._result(DONE, passed.reasons)

    def _result(self, outcome: str, reasons: tuple[str, ...]) -> HandOverResult:
        evidence = replace(self._evidence, phases_ms=dict(self._phases))
        return HandOverResult(outcome, reasons, evidence, self._unseen)


def unexpected(error: Exception) -> str:
    """An error that should have been met where it arose: what, and where in this code, so that it can be mended."""
    at = traceback.extract_tb(error.__traceback__)[-1]
    return f"unexpected {type(error).__name__} in {at.name} (line {at.lineno}): {error}"


def _epoch(view: GroupView) -> int | None:
    return max((entry.config_epoch for _account, _facts, entry in view.watching), default=None)

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A repair from the first look to the last: plan, look again whether it is meant, then one step after the other.

The plan is made anew before every step, from a fresh view. A step is taken only while the new plan holds it too, so its
conditions are those of this moment, and a step that the first plan did not have means that the world has changed: the repair
stops and says what it sees. What heals by itself meanwhile drops out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..._engine.group import GroupConnections
from ..._model.errors import CommandRefused, OutcomeUnknown, Refused, SteadyhandError
from ..._model.group import GroupView
from ..._model.lock import LockWish, way_out
from ..._model.repair.after import why_not_after, why_world_differs
from ..._model.repair.memory import announced_addresses, remembering
from ..._model.repair.orphans import orphans_of
from ..._model.repair.plan import repair_plan
from ..._model.repair.saved import SavedCopy
from ..._model.repair.step import DEMOTE, RETURN, SAVE, RepairPlan, RepairWish, Step
from ..clock import Clock
from ..handover.ledger import return_leftovers
from ..lock import give_back, take_or_renew
from .acts import act
from .permissions import missing_for_repair, require_sentinels_let_in
from .saving import LoserKeeper, SavePort

CONFIRM_SECONDS = 5.0
"""Longer than two hellos of a Sentinel (SENTINEL_PUBLISH_PERIOD is 2 s): one that is only behind has caught up by then."""
LOOK_INTERVAL = 0.25


@dataclass
class RepairProgress:
    """How far a repair has got; it is filled while it goes on, so that a failure tells it too."""

    plan: RepairPlan | None = None
    done: list[tuple[Step, str]] = field(default_factory=list)
    saved: list[SavedCopy] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    begun: bool = False


class RepairConductor:
    """Repairs one group. ``lock`` is held on the primary meanwhile; ``keep_lock`` leaves it to the surrounding run."""

    def __init__(
        self,
        connections: GroupConnections,
        clock: Clock,
        wish: RepairWish,
        lock: LockWish,
        keep_lock: bool,
        settle_timeout: float,
        save: SavePort | None,
    ) -> None:
        self._connections = connections
        self._clock = clock
        self._wish = wish
        self._lock = lock
        self._keep_lock = keep_lock
        self._settle_timeout = settle_timeout
        self._known = announced_addresses(connections.observe())
        self._keeper = LoserKeeper(connections, clock, save, self._renew) if save is not None else None
        self.progress = RepairProgress()

    def observe(self) -> GroupView:
        """The group now, with the addresses that were seen before any Sentinel forgot it."""
        view = remembering(self._connections.observe(), self._known)
        self._known = {**announced_addresses(view), **self._known}
        return view

    def plan(self) -> RepairPlan:
        """What is to be done, seen twice where it can wait: what is gone the second time was on its way. Raises Refused."""
        first = repair_plan(self.observe(), self._wish)
        self.progress.plan = first
        if first.steps and not any("urgent" in step.options for step in first.steps) and not _contended(first):
            self._clock.sleep(CONFIRM_SECONDS)
            second = repair_plan(self.observe(), self._wish)
            meant = {step.key for step in first.steps}
            self.progress.plan = replace(second, steps=tuple(step for step in second.steps if step.key in meant))
        missing = missing_for_repair(self._connections, self.progress.plan)
        if missing:
            raise Refused(f"the Sentinels of {self._name} are not repaired", missing)
        require_sentinels_let_in(self._connections, self.progress.plan)
        return self.progress.plan

    def run(self) -> None:
        """Carry it out. Raises Refused before the first change, OutcomeUnknown when it stopped after it; ``progress`` tells the rest."""
        plan = self.plan()
        if not plan.steps:
            return
        self._wish = replace(self._wish, parameters=plan.parameters)
        view = self.observe()
        self._require_no_other_lock(plan, view)
        self._take_lock(plan)
        try:
            self._go(plan)
        finally:
            try:
                if self._keeper is not None:
                    self.progress.notes += self._keeper.let_go()
            finally:
                self._return_lock(plan)

    def _go(self, plan: RepairPlan) -> None:
        expected = {step.key for step in plan.steps}
        taken: set[tuple[str, str]] = set()
        while True:
            step = self._next(plan, expected - taken, taken)
            if step is None:
                self._wait_whole(plan)
                return
            try:
                self._take(step, plan)
            except SteadyhandError as error:
                raise self._stopped(f"at the step to {step.action}: {error}") from error
            taken.add(step.key)

    def _next(self, plan: RepairPlan, expected: set[tuple[str, str]], taken: set[tuple[str, str]]) -> Step | None:
        """The first step of a plan made now. Raises OutcomeUnknown when the world is not as the first plan expects."""
        view = self.observe()
        differs = why_world_differs(plan, view)
        if differs is not None:
            raise self._stopped(differs)
        try:
            self._take_lock(plan)
            now = repair_plan(view, self._wish)
        except SteadyhandError as error:
            raise self._stopped(str(error)) from error
        if now.primary != plan.primary:
            raise self._stopped(f"{now.primary} leads now, not {plan.primary}")
        surprising = [step for step in now.steps if step.key not in expected]
        if surprising:
            again = [step for step in surprising if step.key in taken]
            why = "what was mended is broken again" if again else "something else is wrong now"
            raise self._stopped(f"{why}: it would be needed to {'; to '.join(step.action for step in surprising)}")
        return now.steps[0] if now.steps else None

    def _take(self, step: Step, plan: RepairPlan) -> None:
        began = self._clock.now()
        self.progress.begun = True
        if step.kind == SAVE:
            saved = self._loser().save(step.subject)
            self.progress.saved.append(saved)
            view = self.observe()
            orphans = orphans_of(view, [member for member in view.primaries if member.name == step.subject])
            self._wish = replace(
                self._wish, saved=self._wish.saved | {step.subject}, orphans={**self._wish.orphans, **orphans}
            )
            self._note(step, f"{saved.path}: {saved.size} bytes, {saved.checked}", began)
            return
        if step.kind == DEMOTE:
            self._loser().demote(step)
        elif step.kind == RETURN:
            return_leftovers(self._connections, self.observe(), self.progress.notes.append)
        else:
            act(self._connections, step)
        self._wait_after(step, plan)
        self._note(step, step.after, began)

    def _note(self, step: Step, seen: str, began: float) -> None:
        self.progress.done.append((step, f"{seen}, after {self._clock.now() - began:.1f} s"))

    def _loser(self) -> LoserKeeper:
        if self._keeper is None:
            raise Refused("nothing is given up", ["there is no place for its data"])
        return self._keeper

    def _wait_after(self, step: Step, plan: RepairPlan) -> None:
        deadline = self._clock.now() + self._settle_timeout
        while True:
            view = self.observe()
            missing = why_not_after(step, plan, view)
            if missing is None:
                return
            differs = why_world_differs(plan, view)
            if differs is not None:
                raise OutcomeUnknown(differs)
            if self._clock.now() >= deadline:
                raise OutcomeUnknown(f"not within {self._settle_timeout:g} s: {missing}")
            self._clock.sleep(LOOK_INTERVAL)

    def _wait_whole(self, plan: RepairPlan) -> None:
        """Steps that could not wait for their end leave Sentinels that have yet to find everybody again."""
        for step in [step for step, _seen in self.progress.done if "urgent" in step.options]:
            try:
                self._wait_after(replace(step, options={}), plan)
            except SteadyhandError as error:
                raise self._stopped(str(error)) from error

    def _stopped(self, why: str) -> OutcomeUnknown:
        name = self._connections.targets.name
        return OutcomeUnknown(f"the repair of {name} stopped after {len(self.progress.done)} steps: {why}")

    def _require_no_other_lock(self, plan: RepairPlan, view: GroupView) -> None:
        """A primary that is given up may hold a lock of its own, which nobody sees on the one that stays."""
        for member in view.primaries:
            held = member.facts.lock
            mine = held is None or held.record.owner in (self._lock.owner, *self._lock.continues)
            if member.name != plan.primary and not mine:
                raise Refused(f"group {view.name} is under maintenance", [f"on {member.name}: {held}"])

    def _take_lock(self, plan: RepairPlan) -> None:
        """Raises Refused with the ways out where the primary takes no write at all."""
        try:
            self._connections.ask_node(plan.primary, lambda node: take_or_renew(node, self._name, self._lock))
        except CommandRefused as error:
            way = way_out(error.reply, plan.primary)
            if way is None:
                raise
            what = f"the maintenance lock of {self._name} cannot be held on {plan.primary}"
            raise Refused(what, [str(error), way]) from error

    def _renew(self) -> None:
        """While a loser's data are copied, which may take longer than the lock lasts."""
        if self.progress.plan is not None:
            self._take_lock(self.progress.plan)

    def _return_lock(self, plan: RepairPlan) -> None:
        if self._keep_lock:
            return
        try:
            self._connections.ask_node(plan.primary, lambda node: give_back(node, self._name, self._lock.owner))
        except SteadyhandError as error:
            self.progress.notes.append(f"the maintenance lock was not given back, and ends by itself: {error}")

    @property
    def _name(self) -> str:
        return self._connections.targets.name


def _contended(plan: RepairPlan) -> bool:
    return any(step.kind == DEMOTE for step in plan.steps)

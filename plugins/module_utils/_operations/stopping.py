# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holding a stop until the group can do without the node: the work of its guard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Callable

from .._engine.group import GroupConnections
from .._engine.host import read_host
from .._model.candidate import Preference
from .._model.errors import BadInput, Refused, SteadyhandError
from .._model.group import GroupView
from .._model.handover import DONE
from .._model.health import Limits, group_problems
from .._model.host import HostFacts
from .._model.lock import LockWish
from .._model.problems import judge
from .._model.stopping import PRIMARY, StopView, counted_elsewhere, judge_stop
from .clock import Clock
from .handover.bare_driver import Route
from .handover.conductor import Conductor, HandOverWish
from .handover.interruptions import uninterrupted
from .lock import give_back, take_or_renew

LOOK_EVERY = 1.0
TELL_EVERY = 5.0
HANDOVER_LOCK = 180
"""Seconds that the lock lives at the beginning of a hand-over, which renews it."""
STOP_LOCK = 60
"""Seconds that the lock outlives a stop that was let go: nobody else may stop a node before this one is seen to be down."""

RELEASED = "released"
EXCUSED = "excused"
TIMED_OUT = "timed_out"


@dataclass(frozen=True)
class StopRule:
    """One node and what is demanded before it stops. Seconds.

    ``stable_for``: how long all must have held without a break; Sentinels ask each node every 10 s, so less proves little.
    ``sentinel``: the Sentinel on the same machine, which goes down with it when the machine does.
    """

    node: str
    service: str
    limits: Limits = field(default_factory=Limits)
    accept: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    sentinel: str = ""
    stable_for: float = 11.0
    settle_timeout: float = 120.0
    route: Route | None = None
    route_seconds: float = 0.0

    @property
    def owner(self) -> str:
        """Under which name its guard holds the maintenance lock."""
        return f"guard of {self.node}"


@dataclass(frozen=True)
class Circumstances:
    """What holds at one moment of a stop. ``excuse``: why nothing is held any more. ``limit``: seconds that it may be held.

    ``machine_leaves``: everything on this machine goes down, not the node alone.
    """

    limit: float
    machine_leaves: bool = False
    excuse: str = ""


@dataclass(frozen=True)
class Ending:
    """How holding a stop ended, RELEASED, EXCUSED or TIMED_OUT, and why."""

    outcome: str
    reasons: tuple[str, ...]


class Guardian:
    """Looks after the stop of one node."""

    def __init__(self, connections: GroupConnections, urgent: GroupConnections, clock: Clock, rule: StopRule) -> None:
        self._connections = connections
        self._urgent = urgent
        self._clock = clock
        self._rule = rule
        self._seen: GroupView | None = None

    def look(self, machine_leaves: bool) -> StopView:
        """Observe and judge, without changing anything."""
        rule = self._rule
        view = self._seen = self._connections.observe()
        problems = judge(group_problems(view, rule.limits), rule.accept).problems
        node = view.member(rule.node)
        elsewhere: list[str] = []
        host: HostFacts | None = None
        if node is not None:
            elsewhere = counted_elsewhere(view, node)
            try:
                host = read_host(node.facts, rule.service)
            except BadInput as error:
                elsewhere.append(str(error))
        leaving = rule.sentinel if machine_leaves else ""
        return judge_stop(view, rule.node, problems, host, rule.limits, elsewhere, leaving)

    def hold(
        self,
        circumstances: Callable[[], Circumstances],
        held_since: float,
        tell: Callable[[Sequence[str]], None],
    ) -> Ending:
        """Return once the node may be stopped, or holding it has an end. ``held_since``: when it began, by the clock.

        A primary hands its role over. The maintenance lock is held from the first good look on and outlives the stop, so
        that of two nodes that are stopped at the same time one waits for the other. ``tell`` is given what stands against
        the stop, every few seconds and whenever that changes.
        """
        good_since: float | None = None
        told: tuple[Sequence[str], float] = ((), held_since)
        while True:
            now = circumstances()
            if now.excuse:
                return Ending(EXCUSED, (now.excuse,))
            look = self.look(now.machine_leaves)
            if look.announced and not look.reasons:
                return Ending(RELEASED, (f"its restart was found safe by {look.lock.record if look.lock else ''}",))
            reasons = self._demand(look)
            if reasons:
                good_since = None
            else:
                good_since = self._clock.now() if good_since is None else good_since
                waited = self._clock.now() - good_since
                if waited >= self._rule.stable_for:
                    return Ending(RELEASED, ("the group does without it",))
                reasons = [f"nothing, if it stays so for {self._rule.stable_for - waited:.0f} s more"]
            if reasons != told[0] or self._clock.now() - told[1] >= TELL_EVERY:
                tell(reasons)
                told = (reasons, self._clock.now())
            if self._clock.now() - held_since >= now.limit:
                return Ending(TIMED_OUT, (*reasons, *self._lock_not_given_back()))
            self._clock.sleep(LOOK_EVERY)

    def _demand(self, look: StopView) -> list[str]:
        """Do what is missing for a stop and can be done here; what stands against it still."""
        if look.role == PRIMARY and not look.problems:
            return self._hand_over()
        try:
            if not look.reasons:
                self._take_lock()
            elif look.lock is not None and look.lock.record.owner == self._rule.owner:
                self.give_lock_back()
        except Refused as refusal:
            return [*look.reasons, *refusal.reasons]
        except SteadyhandError as error:
            return [*look.reasons, str(error)]
        return list(look.reasons)

    def _hand_over(self) -> list[str]:
        rule = self._rule
        wish = HandOverWish(
            lock=LockWish(rule.owner, f"stop of {rule.node}", HANDOVER_LOCK),
            preference=Preference(never=rule.never),
            limits=rule.limits,
            accept=rule.accept,
            settle_timeout=rule.settle_timeout,
            keep_lock=True,
            route=rule.route,
            route_seconds=rule.route_seconds,
        )
        with uninterrupted():
            result = Conductor(self._connections, self._urgent, self._clock, wish).run()
        if result.outcome == DONE:
            return [f"{result.evidence.new_primary} has taken over, nothing was lost; the group has to settle"]
        return [f"the hand-over ended as {result.outcome}", *result.reasons]

    def _take_lock(self) -> None:
        """On the primary of the last look."""
        primary = self._seen.primary if self._seen is not None else None
        if primary is None:
            raise Refused("the lock cannot be taken", ["there is no single primary"])
        wish = LockWish(self._rule.owner, f"stop of {self._rule.node}", STOP_LOCK)
        take_or_renew(self._connections.node(primary.name), self._connections.targets.name, wish)

    def _lock_not_given_back(self) -> list[str]:
        """Why the lock of a stop that is called off stays until it ends by itself; nothing where it was given back."""
        try:
            self.give_lock_back()
        except SteadyhandError as error:
            return [f"the lock ends by itself, because it could not be given back: {error}"]
        return []

    def give_lock_back(self) -> None:
        """Return the maintenance lock where this guard holds it and its primary can be asked."""
        primary = self._connections.observe().primary
        lock = primary.facts.lock if primary is not None else None
        if primary is not None and lock is not None and lock.record.owner == self._rule.owner:
            give_back(self._connections.node(primary.name), self._connections.targets.name, self._rule.owner)

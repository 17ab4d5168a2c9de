# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hand-over by any Sentinel, up to the promotion: the right moment, the fence, the proof that everybody has everything.

Until somebody is promoted every failure ends with the fence lifted and nothing changed. What follows is completion.py.
"""

from __future__ import annotations

from ..._model.errors import Refused, SteadyhandError, Unreachable
from ..._model.handover import REFUSED, UNKNOWN, Fence
from .alignment import BEST_AGE, align
from .completion import Completion
from .fence import PING_PERIOD, StandingFence, fence_on
from .last_look import why_not_now
from .passage import Passage, Passed
from .promotion import POLL, NotPromoted, Request, behind, call_all_off, promote, replication_of
from .rivals import Rivals

# Seconds of the fence that are kept for what must still be done when nobody is promoted.
KEPT_FOR_PROMOTION = 0.9


class SentinelDriver:
    """One passage under Sentinel (Redis 6.2 and later, every Valkey)."""

    name = "sentinel"

    def __init__(self, passage: Passage) -> None:
        self._passage = passage
        self._leader = ""
        self._request = Request()
        self._fence: Fence | None = None

    def run(self) -> Passed:
        """Carry the hand-over through; the fence is lifted or released on every way out."""
        with Rivals(self._passage) as rivals:
            return self._carried_through(rivals)

    def _carried_through(self, rivals: Rivals) -> Passed:
        passage = self._passage
        try:
            self._open()
            started = passage.clock.now()
            self._leader, passage.aligned = align(passage.urgent, passage.clock, passage.plan.chosen, BEST_AGE)
            against = why_not_now(passage)
            passage.phase("align", started)
            standing = self._new_fence()
        except SteadyhandError as error:
            return Passed(REFUSED, (str(error),))
        if against:
            return Passed(REFUSED, tuple(against))
        try:
            fence, promoted = self._promote(standing, rivals)
        except NotPromoted as error:
            return self._lifted(standing, REFUSED, str(error))
        except SteadyhandError as error:
            # Once a Sentinel may have been asked, only NotPromoted says that nothing can happen any more.
            return self._lifted(standing, UNKNOWN if self._request.may_be_at_work else REFUSED, str(error))
        return Completion(passage, standing, fence, promoted, self._leader, self._request).run()

    def _open(self) -> None:
        """Open every connection beforehand, so that no login falls into the pause. Raises Unreachable or AccessDenied."""
        self._passage.open_nodes()
        for sentinel in self._passage.urgent.targets.sentinels:
            self._passage.urgent.ask_sentinel(sentinel.name, lambda asked: asked.connection.call("PING"))

    def _new_fence(self) -> StandingFence:
        plan = self._passage.plan
        ping_period = plan.primary.facts.settings[PING_PERIOD]
        return fence_on(self._passage.urgent, self._passage.clock, plan.primary.name, plan.fence_ms, ping_period)

    def _promote(self, standing: StandingFence, rivals: Rivals) -> tuple[Fence, str]:
        """Until somebody leads. NotPromoted means that nothing has changed, and so does any error before anybody was asked."""
        passage = self._passage
        started = passage.clock.now()
        try:
            fence = self._fence = standing.raise_(passage.group, passage.lock_owner)
        except Unreachable as error:
            # Whether the pause began is not known, but nothing else was asked for: lifting makes it as it was.
            raise Refused("the primary did not answer when its writes were to be held", [str(error)]) from error
        started = passage.phase("fence", started)
        promoted = self._all_caught_up(fence, standing)
        started = passage.phase("prove", started)
        if promoted is None:
            seconds = standing.seconds_left - KEPT_FOR_PROMOTION
            promoted = promote(passage, self._leader, self._request, seconds, rivals)
        if promoted is None:
            promoted = call_all_off(passage, self._request)
        passage.phase("promote", started)
        return fence, promoted

    def _all_caught_up(self, fence: Fence, standing: StandingFence) -> str | None:
        """Wait until every replica that could be promoted has applied every byte of the fenced primary.

        Returns a replica that leads already, by a failover of the Sentinels' own. Raises Refused when they are too slow
        and when the fence does not hold.
        """
        while True:
            replicas = replication_of(self._passage)
            for name, info in replicas:
                if not isinstance(info, SteadyhandError) and info.get("role") == "master":
                    return name
            lacking = [reason for name, info in replicas if (reason := behind(fence, name, info))]
            standing.must_hold()
            if not lacking:
                return None
            if standing.seconds_left < KEPT_FOR_PROMOTION + self._passage.plan.fence_ms / 3000.0:
                raise Refused("replicas did not catch up behind the fence", lacking)
            self._passage.clock.sleep(POLL)

    def _lifted(self, standing: StandingFence, outcome: str, reason: str) -> Passed:
        """Let clients write on the old primary again."""
        return Passed(outcome, (reason, *standing.lift_or_say()), "", self._fence, None, standing.held_ms)

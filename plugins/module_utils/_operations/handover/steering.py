# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making Sentinel choose the wanted replica: borrowed priorities, and their return."""

from __future__ import annotations

from ..._engine.group import GroupConnections
from ..._model.errors import ConditionTimeout, SteadyhandError
from ..._model.group import GroupView, Member
from ..._model.handover import Preflight
from ..clock import Clock

PREFERRED = 1
# Sentinels read a replica's priority with INFO, each 10 s.
SEEN_WITHIN = 25.0


class Steering:
    """Borrowed replica priorities of one hand-over.

    The preferred node gets the lowest number; the others are raised only where they tie with it and never set to 0, so
    that an automatic failover keeps every candidate if the preferred node dies in between.
    """

    def __init__(self, connections: GroupConnections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock
        self._borrowed: dict[str, int] = {}

    def prefer(self, plan: Preflight, target: Member) -> None:
        """Change the priorities and wait until every Sentinel has seen them. Raises ConditionTimeout."""
        wanted = {target.name: PREFERRED}
        wanted.update(
            {m.name: PREFERRED + 1 for m in plan.electable if m is not target and m.facts.priority <= PREFERRED}
        )
        for member in plan.electable:
            priority = wanted.get(member.name, member.facts.priority)
            if priority != member.facts.priority:
                self._borrowed[member.name] = member.facts.priority
                self._connections.node(member.name).call("CONFIG", "SET", "replica-priority", priority)
        deadline = self._clock.now() + SEEN_WITHIN
        while True:
            unseen = _not_preferred(self._connections.observe(), target.name)
            if not unseen:
                return
            if self._clock.now() > deadline:
                raise ConditionTimeout(f"the Sentinels did not see the new priorities in {SEEN_WITHIN:g} s", unseen)
            self._clock.sleep(0.3)

    def restore(self) -> list[str]:
        """Return what was borrowed, in memory and on disk (Sentinel had it rewritten). Names what could not be returned."""
        left = []
        for name, priority in sorted(self._borrowed.items()):
            try:
                node = self._connections.node(name)
                node.call("CONFIG", "SET", "replica-priority", priority)
                node.call("CONFIG", "REWRITE")
            except SteadyhandError as error:
                left.append(f"replica-priority of {name} is still borrowed, set it to {priority}: {error}")
        return left


def _not_preferred(view: GroupView, target: str) -> list[str]:
    member = view.member(target)
    run_id = member.facts.run_id if member is not None else ""
    unseen = []
    for account, facts, _entry in view.watching:
        mine = [entry.priority for entry in facts.replicas if entry.run_id == run_id]
        rivals = [entry.priority for entry in facts.replicas if entry.run_id != run_id and entry.priority > 0]
        if mine != [PREFERRED] or any(priority <= PREFERRED for priority in rivals):
            unseen.append(f"{account.name} sees priority {mine} for {target}")
    return unseen

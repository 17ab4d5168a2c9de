# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making Sentinel choose the wanted replica, by borrowed priorities that every Sentinel has seen."""

from __future__ import annotations

from ..._engine.group import GroupConnections
from ..._model.errors import ConditionTimeout
from ..._model.group import GroupView, entry_of
from ..._model.preflight import Preflight
from ..._model.sentinel import ReplicaEntry
from ..clock import Clock
from .ledger import Ledger

PREFERRED = 1
# Sentinels read a replica's priority with INFO, each 10 s; in seconds.
SEEN_WITHIN = 25.0
SETTING = "replica-priority"


def prefer(connections: GroupConnections, clock: Clock, plan: Preflight, ledger: Ledger) -> None:
    """Give the chosen replica the lowest priority and wait until every Sentinel has seen it. Raises ConditionTimeout.

    All Sentinels, not only the one that is asked: if that one dies in the middle, another is asked to go on, and it must
    not choose somebody else. The others are raised only where they tie with the chosen one, and never set to 0, so that an
    automatic failover keeps every candidate. Of those that have priority 0 every Sentinel must have seen that.
    """
    if len(plan.electable) == 1 and not plan.passed_over:
        return
    wanted = {plan.chosen.name: PREFERRED}
    rivals = [member for member in plan.electable if member is not plan.chosen]
    wanted.update({member.name: PREFERRED + 1 for member in rivals if member.facts.priority <= PREFERRED})
    for member in plan.electable:
        priority = wanted.get(member.name, member.facts.priority)
        if priority != member.facts.priority:
            ledger.borrow_setting(member.name, SETTING, str(member.facts.priority), str(priority))
    deadline = clock.now() + SEEN_WITHIN
    while True:
        unseen = _not_preferred(connections.observe(), plan.chosen.name, [one.name for one in plan.passed_over])
        if not unseen:
            return
        if clock.now() > deadline:
            raise ConditionTimeout(f"the Sentinels did not see the new priorities in {SEEN_WITHIN:g} s", unseen)
        clock.sleep(0.2)


def _not_preferred(view: GroupView, chosen: str, never: list[str]) -> list[str]:
    member = view.member(chosen)
    run_id = member.facts.run_id if member is not None else ""
    unseen = []
    for account, facts, _entry in view.watching:
        mine = [entry.priority for entry in facts.replicas if entry.run_id == run_id]
        rivals = [entry.priority for entry in facts.replicas if entry.run_id != run_id and entry.priority > 0]
        for other in (one for one in view.members if one.name in never):
            entry = entry_of(facts, other)
            if isinstance(entry, ReplicaEntry) and entry.priority != 0:
                unseen.append(f"{account.name} sees priority {entry.priority} for {other.name}, not 0")
        if mine != [PREFERRED] or any(priority <= PREFERRED for priority in rivals):
            unseen.append(f"{account.name} sees priority {mine} for {chosen}")
    return unseen

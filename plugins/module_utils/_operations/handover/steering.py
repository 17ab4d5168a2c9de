# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making Sentinel choose the wanted replica, by borrowed priorities that every Sentinel has seen."""

from __future__ import annotations

from collections.abc import Mapping

from ..._engine.group import GroupConnections
from ..._model.errors import ConditionTimeout
from ..._model.group import GroupView, entry_of
from ..._model.preflight import PREFERRED, Preflight
from ..._model.sentinel import ReplicaEntry
from ..clock import Clock
from .ledger import Ledger

# Sentinels read a replica's priority with INFO, each 10 s; in seconds.
SEEN_WITHIN = 25.0
SETTING = "replica-priority"


def prefer(connections: GroupConnections, clock: Clock, plan: Preflight, ledger: Ledger) -> None:
    """Give the chosen replica the lowest priority and wait until every Sentinel has seen it. Raises ConditionTimeout.

    All Sentinels, not only the one that is asked: if that one dies in the middle, another is asked to go on, and it must
    not choose somebody else. The others are raised only where they tie with the chosen one, and never set to 0, so that an
    automatic failover keeps every candidate. Where a bystander is about, the others come next, so that the loss of the
    chosen one in the last moment still promotes one of them.
    """
    if len(plan.electable) == 1 and not plan.bystanders:
        return
    wanted = plan.priorities
    for member in plan.electable:
        if wanted[member.name] != member.facts.priority:
            ledger.borrow_setting(member.name, SETTING, str(member.facts.priority), str(wanted[member.name]))
    deadline = clock.now() + SEEN_WITHIN
    while True:
        unseen = _unseen(connections.observe(), plan.chosen.name, wanted)
        if not unseen:
            return
        if clock.now() > deadline:
            raise ConditionTimeout(f"the Sentinels did not see the new priorities in {SEEN_WITHIN:g} s", unseen)
        clock.sleep(0.2)


def _unseen(view: GroupView, chosen: str, wanted: Mapping[str, int]) -> list[str]:
    member = view.member(chosen)
    if member is None:
        return [f"{chosen} does not answer"]
    unseen = []
    for account, facts, _entry in view.watching:
        for candidate in (one for one in view.members if one.name in wanted):
            entry = entry_of(facts, candidate)
            seen = entry.priority if isinstance(entry, ReplicaEntry) else None
            if seen != wanted[candidate.name]:
                unseen.append(f"{account.name} sees priority {seen} for {candidate.name}, not {wanted[candidate.name]}")
        rivals = [
            entry.priority for entry in facts.replicas if entry.run_id != member.facts.run_id and entry.priority > 0
        ]
        if any(priority <= PREFERRED for priority in rivals):
            unseen.append(f"{account.name} sees another replica with priority {PREFERRED}")
    return unseen

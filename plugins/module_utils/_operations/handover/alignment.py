# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for the moment at which a Sentinel notices a promotion soonest. No client feels this wait.

A Sentinel learns of a promotion by INFO. It asks a replica each 10 s, and each second once a failover is under way: so if
its last INFO is about 0.7 s old when it is asked to fail over, the next one goes out right after the promotion, 0.3 s
later (sentinel.c, sentinelSendPeriodicCommands; measured: the pause falls from 1.2 s to below 0.5 s).
"""

from __future__ import annotations

from functools import partial

from ..._engine.group import GroupConnections
from ..._model.errors import SteadyhandError
from ..._model.group import Member
from ..._model.replies import parse_pairs
from ..._model.sentinel import parse_replica
from ..clock import Clock

# Milliseconds of age of the last INFO at which to ask: from, to.
BEST_AGE = (670, 720)
# Coordinating takes the Sentinel a little less time (measured, 3 rounds each: later windows miss the INFO).
BEST_AGE_COORDINATED = (740, 770)
PERIOD = 10000
# Seconds: one period and what a late tick adds.
LONGEST_WAIT = 13.0
# The age is read this long before it is right, in seconds, and from then on every few milliseconds.
EARLY = 0.15
CLOSE_POLL = 0.004


def align(connections: GroupConnections, clock: Clock, chosen: Member, best: tuple[int, int]) -> tuple[str, bool]:
    """Wait until one Sentinel's last INFO has the ``best`` age: which one to ask, and whether it was met in time."""
    deadline = clock.now() + LONGEST_WAIT
    names = [target.name for target in connections.targets.sentinels]
    while clock.now() < deadline:
        ages = connections.side_by_side([partial(_info_age, connections, name, chosen) for name in names])
        known = {name: age for name, age in zip(names, ages) if isinstance(age, int)}
        if not known:
            break
        leader = min(known, key=lambda name: _until_best(known[name], best))
        if _until_best(known[leader], best) == 0:
            return leader, True
        wait = _until_best(known[leader], best) / 1000.0 - EARLY
        if wait > 0:
            clock.sleep(min(wait, 1.0))
        elif _met(connections, clock, leader, chosen, best, deadline):
            return leader, True
        else:
            clock.sleep(CLOSE_POLL)
    return names[0], False


def _until_best(age: int, best: tuple[int, int]) -> int:
    """Milliseconds until an age is right."""
    earliest, latest = best
    if age < earliest:
        return earliest - age
    return 0 if age <= latest else max(PERIOD - age, 0) + earliest


def _met(
    connections: GroupConnections, clock: Clock, leader: str, chosen: Member, best: tuple[int, int], deadline: float
) -> bool:
    """Look closely at one Sentinel until its age is right; False when the moment passed unseen, or does not come."""
    while clock.now() < deadline:
        try:
            age = _info_age(connections, leader, chosen)
        except SteadyhandError:
            return False
        if _until_best(age, best) == 0:
            return True
        # A replica that does not answer the Sentinel any more grows older than one period.
        if _until_best(age, best) > 1000 * EARLY * 2 or age > PERIOD + best[1]:
            return False
        clock.sleep(CLOSE_POLL)
    return False


def _info_age(connections: GroupConnections, name: str, chosen: Member) -> int:
    group = connections.targets.name
    replies = connections.ask_sentinel(name, lambda asked: asked.call("REPLICAS", group))
    entries = [parse_replica(parse_pairs(reply)) for reply in replies]
    return next((entry.info_age_ms for entry in entries if entry.run_id == chosen.facts.run_id), PERIOD)

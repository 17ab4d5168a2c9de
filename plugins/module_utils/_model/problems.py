# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Problems and verdicts: the closed list of things that can be wrong with a group.

Codes are stable: users write them into ``redis_accept``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

HEALTHY = "healthy"
DEGRADED = "degraded"
UNSAFE = "unsafe"
UNKNOWN = "unknown"

# From best to worst; a verdict is its worst problem.
VERDICTS = (HEALTHY, DEGRADED, UNSAFE, UNKNOWN)

# code: (verdict it leads to, what it means). Sorted; documented in the README and in M(steadyhand.redis.group_info).
CODES = {
    "aof_write_failed": (UNSAFE, "the last write to the append-only file failed"),
    "chained_replica": (DEGRADED, "a replica copies another replica instead of the primary"),
    "failover_in_progress": (UNSAFE, "a failover is under way"),
    "foreign_member": (UNSAFE, "a primary in the inventory is no member of the group"),
    "full_syncs_growing": (UNSAFE, "replicas keep starting full synchronisations"),
    "last_save_failed": (DEGRADED, "the last RDB save failed"),
    "min_replicas_unmet": (UNSAFE, "the primary refuses writes for lack of good replicas"),
    "no_healthy_replica": (UNSAFE, "no replica could take over"),
    "no_primary": (UNSAFE, "no answering node is a primary"),
    "no_room_for_full_sync": (DEGRADED, "a full synchronisation, should a hand-over need one, would not fit"),
    "node_denied": (UNKNOWN, "a node answers but refuses our login or a command"),
    "node_loading": (UNSAFE, "a node is loading its data set"),
    "node_unreachable": (UNKNOWN, "a node does not answer"),
    "replica_lagging": (DEGRADED, "a replica is further behind than the limit"),
    "replica_link_down": (DEGRADED, "a replica has lost its primary"),
    "replica_of_stranger": (UNSAFE, "a replica copies a node that is not the primary of the group"),
    "replica_syncing": (DEGRADED, "a replica is in a full synchronisation"),
    "replica_writable": (DEGRADED, "a replica accepts writes of clients"),
    "routing_unfinished": (DEGRADED, "the primary has changed and clients were not seen moved to it"),
    "sentinel_denied": (UNKNOWN, "a Sentinel answers but refuses our login or a command"),
    "sentinel_disagrees": (UNSAFE, "Sentinels name different primaries or epochs"),
    "sentinel_member_unsettled": (DEGRADED, "a Sentinel has not yet asked a node since its start or change of role"),
    "sentinel_misses_member": (UNSAFE, "a Sentinel does not know a node of the group"),
    "sentinel_no_quorum": (UNSAFE, "a Sentinel cannot reach the quorum or the majority"),
    "sentinel_not_watching": (UNSAFE, "a Sentinel does not watch the group"),
    "sentinel_peer_missing": (DEGRADED, "a Sentinel does not see all other Sentinels"),
    "sentinel_sees_down": (DEGRADED, "a Sentinel holds a member for down"),
    "sentinel_tilt": (UNSAFE, "a Sentinel is in TILT and does not act"),
    "sentinel_unreachable": (UNKNOWN, "a Sentinel does not answer"),
    "sentinel_wrong_primary": (UNSAFE, "a Sentinel names a node that is not the primary"),
    "settings_borrowed": (DEGRADED, "a hand-over that was cut off left borrowed settings behind"),
    "shutting_down": (UNSAFE, "a node is shutting down"),
    "stale_entry": (DEGRADED, "a Sentinel keeps an entry for a node that is gone"),
    "two_primaries": (UNSAFE, "more than one node is a primary"),
    "unlisted_member": (UNSAFE, "a live member of the group is missing from the inventory"),
}

# Never to be worked around: two primaries lose writes at any moment, a node of elsewhere would be treated as one of the group, and
# unknown is not knowledge.
NEVER_ACCEPTABLE = frozenset(
    {"two_primaries", "no_primary", "foreign_member"} | {c for c, (v, _m) in CODES.items() if v == UNKNOWN}
)

# What is gone by itself once the Sentinels have asked every node again, which they do each 10 s (SENTINEL_INFO_PERIOD, all versions).
SETTLING = frozenset({"sentinel_member_unsettled"})


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: a stable code, whom it concerns, the evidence, and what to do about it."""

    code: str
    subject: str
    evidence: str
    remedy: str

    @property
    def verdict(self) -> str:
        return CODES[self.code][0]

    def __str__(self) -> str:
        return f"{self.code} ({self.subject}): {self.evidence}. {self.remedy}"


@dataclass(frozen=True)
class Judgement:
    """A verdict with its problems, worst first; those that the user accepts are kept apart."""

    verdict: str
    problems: tuple[Problem, ...]
    accepted: tuple[Problem, ...]

    @property
    def healthy(self) -> bool:
        return self.verdict == HEALTHY

    @property
    def settling(self) -> bool:
        """Whether all that is wrong passes by itself within seconds."""
        return bool(self.problems) and all(problem.code in SETTLING for problem in self.problems)


def judge(problems: Iterable[Problem], accept: Collection[str] = ()) -> Judgement:
    """Sum problems up to a verdict. Accepted codes do not count, unless they can never be accepted."""
    ranked = sorted(problems, key=lambda p: (-VERDICTS.index(p.verdict), p.code, p.subject))
    tolerated = frozenset(accept) - NEVER_ACCEPTABLE
    counted = tuple(problem for problem in ranked if problem.code not in tolerated)
    return Judgement(
        verdict=counted[0].verdict if counted else HEALTHY,
        problems=counted,
        accepted=tuple(problem for problem in ranked if problem.code in tolerated),
    )


def unacceptable(accept: Iterable[str]) -> tuple[str, ...]:
    """What is wrong with a list of codes to accept: codes that do not exist, and codes that nobody may accept."""
    wrong = []
    for code in accept:
        if code not in CODES:
            wrong.append(f"{code!r} is no problem code")
        elif code in NEVER_ACCEPTABLE:
            wrong.append(f"{code} can never be accepted: {CODES[code][1]}")
    return tuple(wrong)

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Problems and verdicts. The closed list of what can be wrong with a group is in codes.py."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from .codes import ADVICE, CODES, DEGRADED, HEALTHY, SEVERITIES, UNKNOWN, UNSAFE, Code

__all__ = [
    "ADVICE",
    "CODES",
    "DEGRADED",
    "HEALTHY",
    "NEVER_ACCEPTABLE",
    "SETTLING",
    "SEVERITIES",
    "UNKNOWN",
    "UNSAFE",
    "VERDICTS",
    "Code",
    "Judgement",
    "Problem",
    "judge",
    "unacceptable",
]

# From best to worst; a verdict is that of its worst problem.
VERDICTS = (HEALTHY, DEGRADED, UNSAFE, UNKNOWN)

# Never to be worked around: two primaries lose writes at any moment, a node of elsewhere would be treated as one of the group or is
# about to lose its data, and unknown is not knowledge.
NEVER_ACCEPTABLE = frozenset(
    {
        "foreign_member",
        "foreign_replica_attached",
        "foreign_replica_entry",
        "foreign_sentinel",
        "name_with_two_groups",
        "no_primary",
        "primary_with_two_names",
        "replica_of_other_group",
        "sentinel_cross_wired",
        "two_primaries",
        *(name for name, code in CODES.items() if code.severity == UNKNOWN),
    }
)

# What is gone by itself once the Sentinels have asked every node again, which they do each 10 s (SENTINEL_INFO_PERIOD, all versions).
SETTLING = frozenset({"sentinel_member_unsettled"})


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: a stable code, whom it concerns, the evidence, and what to do about it.

    ``outlook`` and ``when``: what it will do if it is left alone, and when; empty where the evidence adds nothing to what the
    code says (`foreseen`). ``about``: the address that is meant, where the subject is only who speaks of it.
    """

    code: str
    subject: str
    evidence: str
    remedy: str
    outlook: str = ""
    when: str = ""
    about: str = ""

    @property
    def severity(self) -> str:
        return CODES[self.code].severity

    @property
    def verdict(self) -> str:
        """What it alone makes of its group. Advice leaves it healthy."""
        return HEALTHY if self.severity == ADVICE else self.severity

    @property
    def foreseen(self) -> tuple[str, str]:
        """What it will do if it is left alone, and when."""
        code = CODES[self.code]
        return self.outlook or code.outlook, self.when or code.when

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
        wrong = [problem for problem in self.problems if problem.severity != ADVICE]
        return bool(wrong) and all(problem.code in SETTLING for problem in wrong)


def judge(problems: Iterable[Problem], accept: Collection[str] = ()) -> Judgement:
    """Sum problems up to a verdict. Accepted codes do not count, unless they can never be accepted."""
    ranked = sorted(problems, key=lambda p: (-SEVERITIES.index(p.severity), p.code, p.subject))
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
            wrong.append(f"{code} can never be accepted: {CODES[code].meaning}")
    return tuple(wrong)

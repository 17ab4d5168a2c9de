# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts: the sum of problems, and what may be set aside."""

from __future__ import annotations

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.problems import (
    CODES,
    DEGRADED,
    HEALTHY,
    NEVER_ACCEPTABLE,
    UNKNOWN,
    UNSAFE,
    VERDICTS,
    Problem,
    judge,
    unacceptable,
)


def problem(code: str, subject: str = "a") -> Problem:
    """A problem of which only the code and the subject matter."""
    return Problem(code, subject, "seen", "Do something")


def test_no_problem_is_healthy() -> None:
    judgement = judge([])
    assert judgement.healthy
    assert (judgement.verdict, judgement.problems, judgement.accepted) == (HEALTHY, (), ())


@pytest.mark.parametrize(
    ("codes", "verdict"),
    [
        (["replica_lagging"], DEGRADED),
        (["replica_lagging", "no_healthy_replica"], UNSAFE),
        (["two_primaries", "node_unreachable", "replica_lagging"], UNKNOWN),
        (["sentinel_denied", "stale_entry"], UNKNOWN),
    ],
)
def test_the_verdict_is_that_of_the_worst_problem(codes: list[str], verdict: str) -> None:
    judgement = judge(map(problem, codes))
    assert judgement.verdict == judgement.problems[0].verdict == verdict
    assert not judgement.healthy


def test_problems_come_worst_first_and_then_in_one_order() -> None:
    shuffled = [
        problem("stale_entry", "s1"),
        problem("replica_lagging", "c"),
        problem("node_unreachable", "b"),
        problem("replica_lagging", "b"),
        problem("two_primaries", "g"),
    ]
    expected = ["node_unreachable b", "two_primaries g", "replica_lagging b", "replica_lagging c", "stale_entry s1"]
    for problems in (shuffled, shuffled[::-1]):
        assert [f"{one.code} {one.subject}" for one in judge(problems).problems] == expected


def test_accepted_problems_are_kept_apart_and_do_not_count() -> None:
    judgement = judge([problem("replica_lagging"), problem("stale_entry")], accept=["replica_lagging", "stale_entry"])
    assert judgement.healthy
    assert [one.code for one in judgement.accepted] == ["replica_lagging", "stale_entry"]


def test_accepting_one_problem_does_not_accept_another() -> None:
    judgement = judge([problem("replica_lagging"), problem("stale_entry")], accept=["replica_lagging"])
    assert (judgement.verdict, [one.code for one in judgement.problems]) == (DEGRADED, ["stale_entry"])


@pytest.mark.parametrize("code", sorted(NEVER_ACCEPTABLE))
def test_what_is_never_acceptable_counts_although_accepted(code: str) -> None:
    judgement = judge([problem(code)], accept=[code])
    assert [one.code for one in judgement.problems] == [code]
    assert not judgement.accepted
    assert not judgement.healthy
    assert "can never be accepted" in unacceptable([code])[0]


def test_never_acceptable_are_split_brain_a_node_of_elsewhere_and_all_that_is_unknown() -> None:
    unknown = {code for code, (verdict, _meaning) in CODES.items() if verdict == UNKNOWN}
    assert unknown == {"node_denied", "node_unreachable", "sentinel_denied", "sentinel_unreachable"}
    assert unknown | {"two_primaries", "no_primary", "foreign_member"} == NEVER_ACCEPTABLE


def test_a_list_to_accept_is_checked_word_by_word() -> None:
    assert unacceptable([]) == ()
    assert unacceptable(["stale_entry", "replica_lagging"]) == ()
    assert unacceptable(["stale-entry", "two_primaries", "stale_entry"]) == (
        "'stale-entry' is no problem code",
        "two_primaries can never be accepted: more than one node is a primary",
    )


def test_the_list_of_codes_is_sorted_and_leads_to_verdicts_that_exist() -> None:
    assert list(CODES) == sorted(CODES)
    assert {verdict for verdict, _meaning in CODES.values()} == set(VERDICTS) - {HEALTHY}


def test_a_problem_reads_as_a_sentence_with_a_remedy() -> None:
    assert str(problem("stale_entry", "s1")) == "stale_entry (s1): seen. Do something"

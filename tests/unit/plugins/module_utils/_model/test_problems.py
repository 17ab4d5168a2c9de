# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts: the sum of problems, and what may be set aside."""

from __future__ import annotations

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.problems import (
    ADVICE,
    CODES,
    DEGRADED,
    HEALTHY,
    NEVER_ACCEPTABLE,
    SEVERITIES,
    UNKNOWN,
    UNSAFE,
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
    unknown = {name for name, code in CODES.items() if code.severity == UNKNOWN}
    assert unknown == {
        "hosts_unreachable",
        "node_denied",
        "node_is_sentinel",
        "node_unreachable",
        "not_observed",
        "sentinel_denied",
        "sentinel_is_node",
        "sentinel_unreachable",
    }
    losing_data = {name for name in NEVER_ACCEPTABLE - unknown if CODES[name].of_audit}
    assert unknown | losing_data | {"two_primaries", "no_primary", "foreign_member"} == NEVER_ACCEPTABLE
    assert {CODES[name].severity for name in losing_data} == {UNSAFE}


def test_a_list_to_accept_is_checked_word_by_word() -> None:
    assert unacceptable([]) == ()
    assert unacceptable(["stale_entry", "replica_lagging"]) == ()
    assert unacceptable(["stale-entry", "two_primaries", "stale_entry"]) == (
        "'stale-entry' is no problem code",
        "two_primaries can never be accepted: more than one node is a primary",
    )


def test_the_list_of_codes_is_sorted_and_leads_to_verdicts_that_exist() -> None:
    assert list(CODES) == sorted(CODES)
    assert {code.severity for code in CODES.values()} == set(SEVERITIES)


@pytest.mark.parametrize("name", CODES)
def test_every_code_says_what_it_means_what_it_will_do_and_when(name: str) -> None:
    code = CODES[name]
    for text in (code.meaning, code.outlook, code.when):
        assert text
        assert not text.endswith(".")
        assert "|" not in text, "it is a cell of a table"


def test_advice_is_of_the_audit_alone_and_leaves_a_group_healthy() -> None:
    advice = [name for name, code in CODES.items() if code.severity == ADVICE]
    assert all(CODES[name].of_audit for name in advice)
    judgement = judge([problem("zone_shared")])
    assert (judgement.verdict, len(judgement.problems)) == (HEALTHY, 1)
    mixed = judge([problem("zone_shared"), problem("stale_entry")])
    assert (mixed.verdict, [one.code for one in mixed.problems]) == (DEGRADED, ["stale_entry", "zone_shared"])


def test_a_group_settles_also_where_there_is_advice() -> None:
    assert judge([problem("sentinel_member_unsettled"), problem("zone_shared")]).settling
    assert not judge([problem("zone_shared")]).settling
    assert not judge([problem("sentinel_member_unsettled"), problem("stale_entry")]).settling


def test_evidence_says_better_than_the_code_what_will_happen() -> None:
    plain = problem("stale_entry")
    assert plain.foreseen == (CODES["stale_entry"].outlook, CODES["stale_entry"].when)
    better = Problem("stale_entry", "s1", "seen", "Do something", outlook="It counts", when="soon")
    assert better.foreseen == ("It counts", "soon")


def test_a_problem_reads_as_a_sentence_with_a_remedy() -> None:
    assert str(problem("stale_entry", "s1")) == "stale_entry (s1): seen. Do something"

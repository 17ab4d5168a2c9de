# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judging groups: every problem is found where it is, and only there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.health import (
    Limits,
    good_replicas,
    group_problems,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._model.problems import CODES, Problem
from unit import recordings
from unit.builders import (
    address_of,
    attached,
    group_view,
    member,
    node_facts,
    primary_entry,
    with_link,
    with_node,
    with_sentinel,
)
from unit.problem_cases import CASES, Case


def found(case: Case) -> list[Problem]:
    """The problems of a case."""
    healthy = group_view()
    earlier = case.earlier(healthy) if case.earlier is not None else None
    return list(group_problems(case.change(healthy), Limits(), earlier))


@pytest.mark.parametrize("case", [pytest.param(case, id=title) for title, case in CASES.items()])
def test_exactly_these_problems_are_found(case: Case) -> None:
    assert sorted(f"{problem.code} {problem.subject}" for problem in found(case)) == sorted(case.problems)


@pytest.mark.parametrize("case", [pytest.param(case, id=title) for title, case in CASES.items() if case.problems])
def test_every_problem_says_what_was_seen_and_what_to_do(case: Case) -> None:
    for problem in found(case):
        assert problem.evidence
        assert problem.remedy
        assert "None" not in str(problem)


@pytest.mark.parametrize(
    ("title", "evidence"), [("a link is down", "is down since 9 s"), ("a link never was up", "was never up")]
)
def test_since_when_a_link_is_down(title: str, evidence: str) -> None:
    (problem,) = [problem for problem in found(CASES[title]) if problem.code == "replica_link_down"]
    assert problem.evidence.endswith(evidence)


@pytest.mark.parametrize("title", ["a full synchronisation runs", "a link is down", "a replica has another history"])
@pytest.mark.parametrize(("version", "told"), [("8.0.2", True), ("7.0.15", False)])
def test_a_replica_that_is_too_old_for_what_it_would_be_sent_is_to_be_upgraded(
    title: str, version: str, told: bool
) -> None:
    view = with_node(with_node(CASES[title].change(group_view()), "a", version=version), "b", version="7.0.15")
    (problem,) = group_problems(view, Limits())
    why = "Upgrade it, or it begins anew for ever: redis 7.0.15 cannot load what redis 8.0.2 writes (RDB format 12)"
    assert (problem.remedy == why) == told


@pytest.mark.parametrize(
    ("entry", "outlook"),
    [
        ({"config_epoch": 8}, "Those with a lower epoch catch up"),
        ({"address": address_of("b")}, "none gives in, because the epochs tie at 7"),
        ({"address": address_of("b"), "config_epoch": 8}, "10.0.0.2:6379 wins by its epoch 8"),
        ({"address": address_of("b"), "config_epoch": 0}, "10.0.0.1:6379 wins by its epoch 7"),
    ],
)
def test_of_sentinels_that_disagree_the_epochs_tell_who_will_win(entry: dict[str, Any], outlook: str) -> None:
    view = with_sentinel(group_view(), "s1", primary=primary_entry(**entry))
    (problem,) = [one for one in group_problems(view, Limits()) if one.code == "sentinel_disagrees"]
    assert outlook in problem.foreseen[0]


# What a hand-over alone asks about; its cases are in test_full_sync.py.
OF_A_HANDOVER = {"no_room_for_full_sync"}


def test_every_code_has_a_case() -> None:
    judged = {name for name, code in CODES.items() if not code.of_audit}
    assert {problem.code for case in CASES.values() for problem in found(case)} == judged - OF_A_HANDOVER


@pytest.mark.parametrize("name", [*recordings.names("healthy"), *recordings.names("hostnames")])
def test_real_groups_at_rest_have_no_problem(name: str) -> None:
    view = recordings.view(name)
    assert [str(problem) for problem in group_problems(view, Limits(), view)] == []
    assert len(view.members) == len(view.watching) == 3


@pytest.mark.parametrize("name", recordings.names("replica-down"))
@pytest.mark.parametrize("declared", [False, True])
def test_of_a_real_replica_that_is_down_only_its_silence_is_a_problem(name: str, declared: bool) -> None:
    view = recordings.view(name)
    if declared:
        view = recordings.view(name, {node.name: node.address for node in view.nodes})
    assert [f"{problem.code} {problem.subject}" for problem in group_problems(view, Limits())] == [
        "node_unreachable group-1-c"
    ]


@pytest.mark.parametrize("name", recordings.names("replica-restarted"))
def test_a_real_replica_that_has_just_been_started_is_unsettled_and_not_unlisted(name: str) -> None:
    problems = list(group_problems(recordings.view(name), Limits()))
    assert {problem.code for problem in problems} == {"sentinel_member_unsettled"}
    assert sorted(problem.subject for problem in problems) == ["sentinel-a", "sentinel-b", "sentinel-c"]


@pytest.mark.parametrize(("limit", "found"), [(99, True), (100, False)])
def test_the_lag_that_still_counts_as_healthy_is_given(limit: int, found: bool) -> None:
    view = with_link(group_view(), "b", applied_offset=900)
    assert ["replica_lagging"] * found == [problem.code for problem in group_problems(view, Limits(max_lag=limit))]


@pytest.mark.parametrize(
    ("replica", "max_lag", "good"),
    [
        (attached("b"), "10", 1),
        (attached("b", lag=10), "10", 1),
        (attached("b", lag=11), "10", 0),
        (attached("b", lag=-1), "10", 0),
        (attached("b", state="wait_bgsave"), "10", 0),
        # The engine counts whole seconds: with 0 it would find no good replica, so it does not check then.
        (attached("b", lag=1), "0", 1),
    ],
)
def test_good_replicas_are_online_and_have_acknowledged_in_time(replica: object, max_lag: str, good: int) -> None:
    facts = node_facts(replicas=(replica,))
    assert good_replicas(replace(facts, settings={"min-replicas-max-lag": max_lag})) == good


def test_a_replica_that_is_ahead_of_an_older_account_does_not_lag() -> None:
    view = with_link(group_view(), "b", applied_offset=2000)
    assert member(view, "b").facts.upstream
    assert list(group_problems(view, Limits(max_lag=0))) == []

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit: what it finds beside the judgement, where, what that replaces, and what it says will happen and when."""

from __future__ import annotations

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.audit.host_look import HostLook
from ansible_collections.steadyhand.redis.plugins.module_utils._model.audit.scene import Scene
from ansible_collections.steadyhand.redis.plugins.module_utils._model.audit.whole import (
    EXIT_CODES,
    Audit,
    audit,
    is_at_least,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._model.health import Limits
from ansible_collections.steadyhand.redis.plugins.module_utils._model.problems import CODES, Problem
from unit.audit_builders import PLACES, scene
from unit.audit_cases import CASES, Case, cross_wired, silent_primary
from unit.builders import with_node


def audited(made: Scene, accept: tuple[str, ...] = ()) -> Audit:
    """The audit of a scene."""
    return audit(made, Limits(), accept)


def found(made: Scene) -> list[tuple[str, Problem]]:
    """All problems with the label of their group, which is empty for those of none."""
    whole = audited(made)
    of_groups = [(one.group.label, problem) for one in whole.groups for problem in one.judgement.problems]
    return [*of_groups, *(("", problem) for problem in whole.others.problems)]


def one(made: Scene, code: str) -> Problem:
    """The first problem with this code."""
    return next(problem for _label, problem in found(made) if problem.code == code)


@pytest.mark.parametrize("case", [pytest.param(case, id=title) for title, case in CASES.items()])
def test_exactly_these_problems_are_found(case: Case) -> None:
    lines = [f"{label}: {problem.code} {problem.subject}" for label, problem in found(case.make())]
    assert sorted(lines) == sorted(case.problems)


@pytest.mark.parametrize("case", [pytest.param(case, id=title) for title, case in CASES.items() if case.problems])
def test_every_problem_says_what_was_seen_what_it_will_do_when_and_what_to_do(case: Case) -> None:
    for _label, problem in found(case.make()):
        for text in (problem.evidence, problem.remedy, *problem.foreseen):
            assert text
            assert "None" not in text
            assert not text.endswith(".")


# What the playbook says of groups that it could not look at (test__audit_report.py).
OF_THE_PLAYBOOK = {"hosts_unreachable", "not_observed"}


def test_every_code_of_the_audit_has_a_case() -> None:
    seen = {problem.code for case in CASES.values() for _label, problem in found(case.make())}
    assert seen >= {name for name, code in CODES.items() if code.of_audit} - OF_THE_PLAYBOOK


@pytest.mark.parametrize(
    ("title", "when", "outlook"),
    [
        ("a Sentinel is wired to another group", "at the next failover of either group", "The epochs tie at 7"),
        (
            "a primary of another group among the replicas",
            "in about 9 s: it has said that it is a primary for 3 s",
            "",
        ),
        (
            "a primary of another group among the replicas, which the Sentinel still takes for one",
            "in about 16 s: it is a primary, which this Sentinel has not read yet",
            "",
        ),
        ("a replica of another group among the replicas", "within the failover-timeout, 60 s", ""),
        ("a node of another group among the replicas, and it is down", "about 10 s after the Sentinel reaches it", ""),
        ("an entry that nothing is behind any more", "after the address is used again", ""),
        ("the primary is silent", "5 s after the last answer", ""),
    ],
)
def test_when_it_bites_comes_from_what_was_seen(title: str, when: str, outlook: str) -> None:
    foreseen = [problem.foreseen for _label, problem in found(CASES[title].make())]
    assert [said for said in foreseen if when in said[1] and outlook in said[0]], foreseen


@pytest.mark.parametrize(
    ("epoch", "said"),
    [(0, "a hello brings it back, and it keeps the nodes of presence-2"), (9, "the other Sentinels follow it")],
)
def test_the_epochs_tell_who_will_follow_whom(epoch: int, said: str) -> None:
    outlook, when = one(cross_wired(epoch), "sentinel_cross_wired").foreseen
    assert said in outlook
    assert when.startswith("within seconds")


@pytest.mark.parametrize(
    ("flags", "when"),
    [
        ({"master"}, "5 s after the last answer that this Sentinel got"),
        ({"master", "s_down"}, "after down-after-milliseconds"),
        ({"master", "s_down", "o_down"}, "a failover is due now"),
    ],
)
def test_a_silent_primary_is_failed_over_by_what_its_sentinel_holds_it_for(flags: set[str], when: str) -> None:
    assert one(silent_primary(flags=frozenset(flags)), "sentinel_primary_silent").foreseen[1] == when


def test_what_may_be_accepted_is_set_aside_and_what_loses_data_is_not() -> None:
    shared = audited(CASES["two nodes in one zone"].make(), ("zone_shared",))
    assert shared.severity == "none"
    assert [problem.code for problem in shared.groups[0].judgement.accepted] == ["zone_shared"]
    foreign = audited(CASES["an unknown primary among the replicas"].make(), ("foreign_replica_entry",))
    assert foreign.severity == "unsafe"


@pytest.mark.parametrize(
    ("title", "severity"),
    [
        ("two well-tuned groups", "none"),
        ("two nodes in one zone", "advice"),
        ("a group that only Sentinels know", "advice"),
        ("all nodes in one zone", "degraded"),
        ("a replica has gone over to another group", "unsafe"),
        ("the primary is silent", "unknown"),
    ],
)
def test_the_severity_is_that_of_the_worst_problem_anywhere(title: str, severity: str) -> None:
    assert audited(CASES[title].make()).severity == severity


def test_severities_have_numbers_for_scripts_in_their_order() -> None:
    assert EXIT_CODES == {"none": 0, "advice": 1, "degraded": 2, "unsafe": 3, "unknown": 4}


@pytest.mark.parametrize(
    ("severity", "limit", "reached"),
    [("none", "advice", False), ("advice", "advice", True), ("advice", "degraded", False), ("unknown", "unsafe", True)],
)
def test_a_severity_reaches_a_limit(severity: str, limit: str, reached: bool) -> None:
    assert is_at_least(severity, limit) == reached


def test_what_was_not_looked_at_is_said() -> None:
    made = scene(
        first=lambda view: with_node(view, "b", acl=None),
        places={name: place for name, place in PLACES.items() if name not in ("a", "s1")},
        looks={name: HostLook(error="it is not this host" if name == "c" else "") for name in PLACES if name != "b"},
    )
    assert audited(made).groups[0].not_looked_at == (
        "zones of nodes: redis_zone is not set for a",
        "zones of Sentinels: redis_zone is not set for s1",
        "ACL users of b: our user lacks +acl|list",
        "files of b: their hosts were not asked",
        "the file of c: it is not this host",
    )

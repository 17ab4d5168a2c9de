# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole audit: the judgement that gates changes, everything that only an audit looks for, and what was not looked at."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ..health import Limits, group_problems
from ..problems import SEVERITIES, Judgement, Problem, judge
from .durability import durability_problems
from .host_look import node_file_problems, sentinel_file_problems
from .likeness import likeness_problems, unknown_users
from .memory import machine_problems, memory_problems
from .places import place_problems, unknown_places
from .scene import NODE, SENTINEL, AuditedGroup, Found, Scene
from .sentinels import sentinel_problems
from .split_brain import split_brain_problems
from .strays import foreign_replica_entries, nodes_listed_twice, nodes_that_copy_another_group
from .wires import (
    cross_wired_sentinels,
    foreign_sentinels,
    names_with_two_groups,
    primaries_with_two_names,
    unlisted_groups,
)

# In the order of severities; what a script can go by.
EXIT_CODES = {"none": 0, **{severity: index + 1 for index, severity in enumerate(SEVERITIES)}}


# What no group shows by itself: a look at one group alone does not take it back.
BETWEEN = frozenset(
    {
        "foreign_replica_attached",
        "foreign_replica_entry",
        "foreign_sentinel",
        "maxmemory_beyond_machine",
        "name_with_two_groups",
        "node_listed_twice",
        "primary_with_two_names",
        "replica_of_other_group",
        "sentinel_cross_wired",
    }
)


@dataclass(frozen=True)
class Audited:
    """One group with the judgement on it, and what could not be looked at, one sentence each."""

    group: AuditedGroup
    judgement: Judgement
    not_looked_at: tuple[str, ...]


@dataclass(frozen=True)
class Audit:
    """All groups, in the order in which they were given, and the problems of no group that was."""

    groups: tuple[Audited, ...]
    others: Judgement

    @property
    def severity(self) -> str:
        """The worst of all problems that count; ``none`` where there is none."""
        found = [problem.severity for one in self.groups for problem in one.judgement.problems]
        found += [problem.severity for problem in self.others.problems]
        return max(found, key=SEVERITIES.index) if found else "none"


def audit(scene: Scene, limits: Limits, accept: Collection[str] = ()) -> Audit:
    """Judge every group, alone and beside all others."""
    between = [*_between(scene)]
    judged = []
    for group in scene.groups:
        found = [one for one in between if one.label == group.label]
        found += [*_within(group)]
        plain = group_problems(group.view, limits, group.earlier)
        told = dict.fromkeys([*plain, *(one.problem for one in found)])
        problems = [problem for problem in told if not any(one.replaces(group.label, problem) for one in found)]
        judged.append(Audited(group, judge(problems, accept), tuple(_not_looked_at(group))))
    return Audit(tuple(judged), judge(unlisted_groups(scene), accept))


def _between(scene: Scene) -> Iterator[Found]:
    yield from cross_wired_sentinels(scene)
    yield from foreign_replica_entries(scene)
    yield from foreign_sentinels(scene)
    yield from nodes_that_copy_another_group(scene)
    yield from primaries_with_two_names(scene)
    yield from names_with_two_groups(scene)
    yield from nodes_listed_twice(scene)
    yield from machine_problems(scene)


def _within(group: AuditedGroup) -> Iterator[Found]:
    yield from sentinel_problems(group)
    for problem in _plain(group):
        yield Found(group.label, problem)


def _plain(group: AuditedGroup) -> Iterator[Problem]:
    yield from split_brain_problems(group.view)
    yield from place_problems(group)
    yield from memory_problems(group.view)
    yield from durability_problems(group.view)
    yield from likeness_problems(group.view)
    for kind, name in _servers(group):
        look = group.looks.get((kind, name))
        if look is not None:
            yield from node_file_problems(name, look) if kind == NODE else sentinel_file_problems(name, look)


def _servers(group: AuditedGroup) -> list[tuple[str, str]]:
    return [(NODE, node.name) for node in group.view.nodes] + [(SENTINEL, one.name) for one in group.view.sentinels]


def _not_looked_at(group: AuditedGroup) -> Iterator[str]:
    yield from unknown_places(group)
    yield from unknown_users(group.view)
    unseen = [name for kind, name in _servers(group) if (kind, name) not in group.looks]
    if not group.looks:
        yield "the files of its servers: their hosts were not asked (redis_audit_files)"
    elif unseen:
        yield "files of {}: their hosts were not asked".format(", ".join(unseen))
    for server in _servers(group):
        if server in group.looks and group.looks[server].error:
            yield f"the file of {server[1]}: {group.looks[server].error}"


def is_at_least(severity: str, limit: str) -> bool:
    """Whether a severity (or ``none``) is as bad as the limit, or worse."""
    return severity != "none" and SEVERITIES.index(severity) >= SEVERITIES.index(limit)

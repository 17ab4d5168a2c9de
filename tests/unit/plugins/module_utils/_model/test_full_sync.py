# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a full synchronisation would fit, should a hand-over need one."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.candidate import Preference
from ansible_collections.steadyhand.redis.plugins.module_utils._model.full_sync import (
    Needs,
    full_sync_problems,
    replica_buffer_limit,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._model.group import GroupView
from ansible_collections.steadyhand.redis.plugins.module_utils._model.health import Limits
from ansible_collections.steadyhand.redis.plugins.module_utils._model.preflight import full_sync_needs, preflight
from unit.builders import MIB, group_view, with_memory, with_settings


def needs(
    view: GroupView,
    write_rate: float = 0.0,
    machines: Mapping[str, str] | None = None,
    disk_free: Mapping[str, int] | None = None,
) -> Needs:
    """Of a hand-over from a to b. The data set has 10 MiB, each process uses 12 of 1024."""
    preference = Preference(target="b", machines=machines or {})
    plan, reasons = preflight(view, Limits(), preference)
    assert plan is not None, reasons
    return full_sync_needs(plan, write_rate, preference, disk_free or {})


def machine(view: GroupView, name: str, mebibytes: int) -> GroupView:
    """A node's machine has so much memory."""
    return with_memory(view, name, machine=mebibytes * MIB)


LACKING = {
    "memory for the fork": (
        needs(machine(group_view(), "b", 16)),
        f"the machine of b has at most {4 * MIB} bytes of memory left, its fork may need {5 * MIB}",
    ),
    "memory beside a neighbour": (
        needs(machine(group_view(), "b", 28), machines={"a": "m2", "b": "m1", "c": "m1"}),
        f"the machine of b has at most {4 * MIB} bytes of memory left",
    ),
    "less than nothing is nothing": (
        needs(machine(group_view(), "b", 8)),
        "the machine of b has at most 0 bytes of memory left",
    ),
    "room in the output buffer": (
        needs(group_view(), write_rate=1000.0 * MIB),
        "gather on b; client-output-buffer-limit cuts replicas off at 268435456",
    ),
    "a limit below the backlog": (
        needs(with_settings(group_view(), "b", client_output_buffer_limit="replica 1 0 0"), write_rate=10.0 * MIB),
        f"client-output-buffer-limit cuts replicas off at {MIB}",
    ),
    "memory for two data sets": (
        needs(machine(with_settings(group_view(), "a", repl_diskless_load="swapdb"), "a", 20)),
        f"the machine of a has at most {8 * MIB} bytes of memory left, with repl-diskless-load swapdb it needs {10 * MIB}",
    ),
    "disk for the file": (
        needs(with_settings(group_view(), "a", repl_diskless_load="on-empty-db"), disk_free={"a": 9 * MIB}),
        f"{9 * MIB} bytes of disk are free for a, the data set has {10 * MIB}",
    ),
}


@pytest.mark.parametrize(("found", "evidence"), LACKING.values(), ids=LACKING)
def test_what_is_lacking_is_a_problem_that_can_be_accepted(found: Needs, evidence: str) -> None:
    (problem,) = full_sync_problems("b", found)
    assert problem.code == "no_room_for_full_sync"
    assert evidence in problem.evidence


ENOUGH = {
    "as it is": needs(group_view()),
    "a limit below the backlog": needs(
        with_settings(group_view(), "b", client_output_buffer_limit="replica 1 0 0"), write_rate=MIB
    ),
    "just enough memory": needs(machine(group_view(), "b", 17)),
    "memory that nobody knows": needs(machine(group_view(), "b", 0)),
    "neighbours elsewhere": needs(machine(group_view(), "b", 28), machines={"b": "m1", "c": "m2"}),
    "undeclared machines": needs(machine(group_view(), "b", 28)),
    "the old primary empties itself first": needs(machine(group_view(), "a", 13)),
    "just enough disk": needs(group_view(), disk_free={"a": 10 * MIB}),
    "disk of somebody else": needs(group_view(), disk_free={"b": 0}),
    "no file on disk": needs(with_settings(group_view(), "a", repl_diskless_load="swapdb"), disk_free={"a": 0}),
}


@pytest.mark.parametrize("found", ENOUGH.values(), ids=ENOUGH)
def test_what_fits_or_is_not_known_refuses_nothing(found: Needs) -> None:
    assert found.lacking == ()


UNSEEN = {
    "memory and disk": (
        needs(group_view()),
        ("other processes' use of memory on the machine of b", "the free disk space of a"),
    ),
    "disk on both sides": (
        needs(with_settings(group_view(), "b", repl_diskless_sync="no")),
        (
            "the free disk space of b, which writes the RDB file to disk first",
            "other processes' use of memory on the machine of b",
            "the free disk space of a",
        ),
    ),
    "disk that is known": (
        needs(group_view(), disk_free={"a": 10 * MIB}),
        ("other processes' use of memory on the machine of b",),
    ),
}


@pytest.mark.parametrize(("found", "expected"), UNSEEN.values(), ids=UNSEEN)
def test_what_cannot_be_seen_is_named(found: Needs, expected: tuple[str, ...]) -> None:
    assert found.unseen == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60", (268435456, 67108864, 60)),
        ("normal 0 0 0 replica 1 2 3", (1, 2, 3)),
        ("slave 0 0 0", (0, 0, 0)),
        ("normal 1 2 3", (0, 0, 0)),
        ("", (0, 0, 0)),
    ],
)
def test_the_output_buffer_limit_of_replicas(value: str, expected: tuple[int, int, int]) -> None:
    assert replica_buffer_limit(value) == expected

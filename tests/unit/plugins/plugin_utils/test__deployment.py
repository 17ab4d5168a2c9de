# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who leads before a deployment, who joins, and when nothing may be begun: views as group_info returns them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.results import group_result
from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.group import GroupView
from ansible_collections.steadyhand.redis.plugins.module_utils._model.health import Limits, group_problems
from ansible_collections.steadyhand.redis.plugins.module_utils._model.lock import HeldLock, LockRecord
from ansible_collections.steadyhand.redis.plugins.module_utils._model.problems import judge
from ansible_collections.steadyhand.redis.plugins.plugin_utils._deployment import (
    DEPLOYED,
    SEEDED,
    Standing,
    lacks,
    standing,
)
from unit.builders import (
    address_of,
    group_view,
    primary_entry,
    with_account,
    with_link,
    with_node,
    with_sentinel,
    with_silent_sentinel,
)

REFUSED = "[Errno 111] Connection refused"
SENTINELS = ("s1", "s2", "s3")


def silent(view: GroupView, *names: str, error: str = REFUSED) -> GroupView:
    """These nodes and Sentinels do not answer."""
    for name in names:
        view = (
            with_silent_sentinel(view, name) if name in SENTINELS else with_account(view, name, facts=None, error=error)
        )
    return view


def unwatched(view: GroupView) -> GroupView:
    """The Sentinels answer, and none watches the group."""
    for name in SENTINELS:
        view = with_sentinel(view, name, primary=None, replicas=(), peers=())
    return view


def judged(
    view: GroupView,
    states: dict[str, str] | None = None,
    listeners: dict[str, str] | None = None,
    deployed_sentinels: tuple[str, ...] = SENTINELS,
    initial: str = "a",
) -> Standing:
    """Where the group of a view stands."""
    seen = group_result(view, judge(group_problems(view, Limits())))
    nodes: dict[str, dict[str, str]] = {
        name: {
            "state": (states or {}).get(name, ""),
            "listener": (listeners or {}).get(name, ""),
            "address": str(address_of(name)),
        }
        for name in ("a", "b", "c")
    }
    marks = {str(address_of(name)): DEPLOYED if name in deployed_sentinels else "" for name in SENTINELS}
    return standing(seen, nodes, marks, initial)


def test_of_a_group_of_which_nothing_exists_the_initial_primary_leads() -> None:
    found = judged(silent(group_view(), "a", "b", "c", *SENTINELS), deployed_sentinels=(), initial="b")
    assert found == Standing(True, "b", "10.0.0.2:6379", ("a", "b", "c"), ())


EXISTING = {
    "all answer": (group_view(), ()),
    "two are new": (silent(unwatched(group_view(replicas=("b", "c"))), "b", "c"), ("b", "c")),
    "it has no Sentinels yet": (silent(group_view(), *SENTINELS), ()),
}


@pytest.mark.parametrize(("view", "joining"), EXISTING.values(), ids=EXISTING)
def test_where_a_group_exists_its_primary_leads_whoever_was_to_lead_at_first(
    view: GroupView, joining: tuple[str, ...]
) -> None:
    found = judged(view, deployed_sentinels=(), initial="c")
    assert found == Standing(False, "a", "10.0.0.1:6379", joining, ())


def test_a_new_node_joins_by_the_address_that_the_sentinels_know() -> None:
    view = silent(group_view(), "c")
    for name in SENTINELS:
        view = with_sentinel(view, name, primary=primary_entry(address=Address("192.0.2.1", 7000)))
    found = judged(view)
    assert (found.primary_address, found.joining, found.refusals) == ("192.0.2.1:7000", ("c",), ())


def test_a_node_that_was_seeded_and_never_came_into_its_group_is_new() -> None:
    found = judged(silent(group_view(), "a", "b", "c", *SENTINELS), states={"a": SEEDED}, deployed_sentinels=())
    assert (found.new, found.refusals) == (True, ())


FORBIDDEN: dict[str, tuple[GroupView, dict[str, Any], str]] = {
    "the only nodes that were deployed are silent": (
        silent(group_view(), "a", "b", "c", *SENTINELS),
        {"states": {"a": DEPLOYED}, "deployed_sentinels": ()},
        "a was deployed before and does not answer (",
    ),
    "a deployed node is silent beside a healthy rest": (
        silent(group_view(), "c"),
        {"states": {"c": DEPLOYED}},
        "c was deployed before and does not answer (",
    ),
    "another process has the port": (
        silent(group_view(), "a", "b", "c", *SENTINELS),
        {"listeners": {"b": "nginx"}, "deployed_sentinels": ()},
        "the port of b is in use by nginx",
    ),
    "a Sentinel that was deployed is silent": (
        silent(group_view(), "a", "b", "c", "s1"),
        {"deployed_sentinels": ("s1",)},
        "a Sentinel was deployed before and does not answer here (",
    ),
    "only Sentinels know of the group": (
        silent(group_view(), "a", "b", "c"),
        {},
        "the group exists and no primary of it answers (Sentinels name 10.0.0.1:6379)",
    ),
    "only replicas answer": (
        silent(unwatched(group_view()), "a"),
        {},
        "the group exists and no primary of it answers (no Sentinel names one; b, c answer as replicas)",
    ),
    "two primaries": (with_node(group_view(), "b", role="primary", upstream=None), {}, "presence-1: a, b all answer"),
    "a wrong password": (
        with_account(group_view(), "c", facts=None, error="WRONGPASS", denied=True),
        {"listeners": {"c": "redis-server"}},
        "c: WRONGPASS",
    ),
    "a replica of somebody else": (
        with_link(group_view(), "b", primary=Address("10.9.9.9", 1)),
        {},
        "b: ",
    ),
    "a failover": (with_sentinel(group_view(), "s1", primary=primary_entry(failover_state="wait_start")), {}, "s1: "),
    "another run": (
        with_node(group_view(), "a", lock=HeldLock(LockRecord("run-2", "push_config", "2026-11-24T10:00:00Z"), 9)),
        {},
        "run-2 is at work on it (push_config), since 2026-11-24T10:00:00Z",
    ),
    "an initial primary of elsewhere": (
        silent(group_view(), "a", "b", "c", *SENTINELS),
        {"deployed_sentinels": (), "initial": "x"},
        "x, which is to lead at first, is none of its nodes (a, b, c)",
    ),
}


@pytest.mark.parametrize(("view", "options", "reason"), FORBIDDEN.values(), ids=FORBIDDEN)
def test_nothing_is_begun_where(view: GroupView, options: dict[str, Any], reason: str) -> None:
    refusals = judged(view, **options).refusals
    assert any(refusal.startswith(reason) for refusal in refusals), refusals


def test_where_nobody_lets_us_in_that_is_all_that_is_told() -> None:
    view = group_view()
    for name in ("a", "b", "c"):
        view = with_account(view, name, facts=None, error="invalid password", denied=True)
    refusals = judged(view).refusals
    assert [refusal.partition(":")[0] for refusal in refusals] == ["a", "b", "c"]


GB = 1024**3


@pytest.mark.parametrize(
    ("settings", "machine", "reasons"),
    [
        ({}, (4 * GB, 10 * GB, 0), []),
        ({"maxmemory": "4gb"}, (4 * GB, 10 * GB, 3 * GB), []),
        ({"maxmemory": "8gb"}, (4 * GB, 10 * GB, 0), ["maxmemory is 8589934592 bytes and the machine has 4294967296"]),
        ({}, (4 * GB, GB, 2 * GB), ["a full synchronisation writes up to 2147483648 bytes, and 1073741824 are free"]),
        ({}, (GB, 10 * GB, 2 * GB), ["the primary holds 2147483648 bytes and the machine has 1073741824"]),
    ],
)
def test_a_machine_that_is_too_small_for_a_node_is_told_before_its_start(
    settings: dict[str, Any], machine: tuple[int, int, int], reasons: list[str]
) -> None:
    found = lacks(settings, *machine)
    assert len(found) == len(reasons)
    assert all(said.startswith(reason) for said, reason in zip(found, reasons, strict=True))

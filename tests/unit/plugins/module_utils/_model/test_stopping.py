# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule that a guard keeps: who may be stopped, and why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.group import GroupView
from ansible_collections.steadyhand.redis.plugins.module_utils._model.health import Limits, group_problems
from ansible_collections.steadyhand.redis.plugins.module_utils._model.host import ConfigFile, HostFacts
from ansible_collections.steadyhand.redis.plugins.module_utils._model.lock import HeldLock, LockRecord
from ansible_collections.steadyhand.redis.plugins.module_utils._model.problems import judge
from ansible_collections.steadyhand.redis.plugins.module_utils._model.stopping import (
    IS_PRIMARY,
    PRIMARY,
    REPLICA,
    UNKNOWN,
    StopView,
    counted_elsewhere,
    judge_stop,
)
from unit.builders import (
    address_of,
    group_view,
    member,
    primary_entry,
    run_id_of,
    with_account,
    with_all_sentinels,
    with_node,
    with_sentinel,
    with_settings,
    with_silent_sentinel,
)

HOST = HostFacts(ConfigFile("/etc/redis/redis.conf", "port 6379\nreplicaof 10.0.0.1 6379\n"))
LOCK = LockRecord("run-7", "rolling_restart", "2026-11-25T10:00:00Z")


def stop_of(name: str, view: GroupView, host: HostFacts | None = HOST, leaving: str = "") -> StopView:
    """The rule, with the group's own problems."""
    return judge_stop(view, name, judge(group_problems(view, Limits())).problems, host, Limits(), leaving=leaving)


def test_a_replica_of_a_healthy_group_may_be_stopped() -> None:
    assert stop_of("b", group_view()) == StopView(REPLICA, (), ())


def test_a_primary_is_handed_over_and_nothing_else_stands_against_it() -> None:
    assert stop_of("a", group_view()) == StopView(PRIMARY, (IS_PRIMARY,), ())


@dataclass(frozen=True)
class Case:
    """What is changed, and what is then said."""

    change: Callable[[GroupView], GroupView]
    role: str
    said: str
    leaving: str = ""
    host: HostFacts | None = HOST


CASES = {
    "its role is not known": Case(
        lambda view: with_account(view, "b", facts=None, error="refused"), UNKNOWN, "b does not tell its role"
    ),
    "the other replica is gone": Case(
        lambda view: with_account(view, "c", facts=None, error="refused"), REPLICA, "node_unreachable (c)"
    ),
    "the primary is gone": Case(
        lambda view: with_account(view, "a", facts=None, error="refused"), REPLICA, "no_primary"
    ),
    "a Sentinel is gone": Case(lambda view: with_silent_sentinel(view, "s2"), REPLICA, "sentinel_unreachable (s2)"),
    "too few replicas would remain for writes": Case(
        lambda view: with_settings(view, "a", min_replicas_to_write="2"), REPLICA, "every write would be refused"
    ),
    "nobody could take over": Case(
        lambda view: with_settings(view, "c", replica_priority="0"),
        REPLICA,
        "no other replica is left that could take over",
    ),
    "its file names no primary": Case(
        lambda view: view,
        REPLICA,
        "it would come back as a second primary",
        host=HostFacts(ConfigFile("/f", "port 1\n")),
    ),
    "its machine was not looked at": Case(lambda view: view, REPLICA, "its own machine was not looked at", host=None),
}


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES.items()])
def test_a_stop_is_held_when(case: Case) -> None:
    found = stop_of("b", case.change(group_view()), case.host, case.leaving)
    assert found.role == case.role
    assert [reason for reason in found.reasons if case.said in reason], found.reasons


@pytest.mark.parametrize(("quorum", "held"), [(1, False), (2, False), (3, True)])
def test_a_machine_that_takes_its_sentinel_along_must_leave_enough_to_fail_over(quorum: int, held: bool) -> None:
    view = with_all_sentinels(group_view(), primary=primary_entry(quorum=quorum))
    found = stop_of("b", view, leaving="s1")
    assert bool(found.reasons) is held
    assert stop_of("b", view).reasons == ()
    if held:
        assert "with s1, on the same machine, 2 Sentinels would be left of 3: 3 are needed" in found.reasons[0]


def test_a_node_that_is_primary_of_another_group_is_named() -> None:
    view = group_view()
    assert counted_elsewhere(view, member(view, "b")) == []
    here = with_sentinel(view, "s1", primaries={view.name: address_of("b"), "other": address_of("a")})
    assert counted_elsewhere(here, member(here, "b")) == []
    there = with_sentinel(view, "s1", primaries={view.name: address_of("a"), "other": address_of("b")})
    assert counted_elsewhere(there, member(there, "b")) == ["s1 names it as the primary of group other too"]


@pytest.mark.parametrize(("restarting", "announced"), [("", False), (run_id_of("c"), False), (run_id_of("b"), True)])
def test_a_restart_counts_as_announced_only_for_the_process_that_the_lock_names(
    restarting: str, announced: bool
) -> None:
    held = HeldLock(replace(LOCK, restarting=restarting), 60)
    found = stop_of("b", with_node(group_view(), "a", lock=held))
    assert (found.announced, found.lock) == (announced, held)

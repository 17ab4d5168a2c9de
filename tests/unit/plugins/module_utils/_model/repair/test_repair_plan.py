# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which steps a repair takes, in which order, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.errors import Refused
from ansible_collections.steadyhand.redis.plugins.module_utils._model.group import GroupView
from ansible_collections.steadyhand.redis.plugins.module_utils._model.repair.memory import (
    announced_addresses,
    remembering,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._model.repair.plan import repair_plan
from ansible_collections.steadyhand.redis.plugins.module_utils._model.repair.step import RepairPlan, RepairWish
from unit.builders import (
    REPLICATION_ID,
    address_of,
    attached,
    facts_of,
    group_view,
    peer_entry,
    primary_entry,
    replica_entry,
    with_account,
    with_all_sentinels,
    with_link,
    with_node,
    with_sentinel,
    with_silent_sentinel,
)

NOTHING_KNOWN: dict[str, Any] = {"primary": None, "replicas": (), "peers": ()}
ELSEWHERE = Address("10.9.9.9", 6379)
FOREIGN = replica_entry("d", run_id="foreign")
DEAD = replace(FOREIGN, flags=frozenset({"slave", "s_down", "disconnected"}))
DEAD_PEER = replace(
    peer_entry("s1"), run_id="old", address=Address("10.0.0.29", 26379), flags=frozenset({"sentinel", "s_down"})
)
LIVE_PEER = replace(DEAD_PEER, flags=frozenset({"sentinel"}))
DOWN_AFTER = "down-after-milliseconds"


def naming(view: GroupView, sentinel: str, address: Address, **more: Any) -> GroupView:
    """A Sentinel that names that address."""
    names = {address_of("b"): "run-b", address_of("a"): "run-a"}
    return with_sentinel(
        view, sentinel, primary=primary_entry(address=address, run_id=names.get(address, "other"), **more)
    )


def knowing(view: GroupView, entry: Any, *names: str) -> GroupView:
    """Sentinels that know one more replica or Sentinel."""
    for account in view.sentinels:
        if account.facts is not None and account.name in (names or ("s1", "s2", "s3")):
            kind = "peers" if hasattr(entry, "hello_age_ms") else "replicas"
            view = with_sentinel(view, account.name, **{kind: (*getattr(account.facts, kind), entry)})
    return view


def keys(plan: RepairPlan) -> list[tuple[str, str]]:
    """The steps by kind and subject."""
    return [step.key for step in plan.steps]


def chained() -> GroupView:
    """``c`` copies ``b``."""
    view = with_node(group_view(), "a", replicas=(attached("b"),))
    return with_link(view, "c", primary=address_of("b"))


def split(*, choose_b: bool = False) -> GroupView:
    """``b`` was promoted behind the Sentinels' back."""
    view = with_node(
        group_view(), "b", role="primary", upstream=None, replication_id="2" * 40, second_replication_id=REPLICATION_ID
    )
    return with_link(view, "c", primary=address_of("b")) if choose_b else view


def orphaned() -> GroupView:
    """``b`` was promoted too; ``c`` copies it, has its history alone, and ``d`` copies ``c``."""
    view = with_node(
        group_view(replicas=("b", "c", "d")),
        "b",
        role="primary",
        upstream=None,
        replication_id="2" * 40,
        second_replication_id=REPLICATION_ID,
    )
    for name, source in ORPHANS.items():
        view = with_link(with_node(view, name, replication_id="2" * 40), name, primary=source)
    return view


def demoted(view: GroupView) -> GroupView:
    """The loser has begun to copy the winner, and lets nobody copy it until it has everything. No Sentinel watches."""
    copying = facts_of(with_link(view, "c", primary=address_of("a"), up=False, syncing=True), "c").upstream
    view = with_node(with_node(view, "a", replicas=()), "b", role="replica", upstream=copying)
    return with_all_sentinels(with_link(with_link(view, "c", up=False), "d", up=False), **NOTHING_KNOWN)


ORPHANS = {"c": address_of("b"), "d": address_of("c")}
WISH = RepairWish()
TOLD = {DOWN_AFTER: "5000", "failover-timeout": "60000", "parallel-syncs": "1"}
REMOVED = [("remove", "s1"), ("remove", "s2"), ("remove", "s3")]
WATCHED = [("monitor", "s1"), ("monitor", "s2"), ("monitor", "s3")]

STEPS = {
    "nothing wrong": (group_view(), WISH, []),
    "what a hand-over left": (
        with_node(
            group_view(), "a", borrowed={"node|replica-priority|b": "100", "node|replica-priority|stranger": "1"}
        ),
        WISH,
        [("return", "a")],
    ),
    "what a hand-over left before everything else that can wait": (
        naming(with_node(group_view(), "a", borrowed={"sentinel|parallel-syncs|s2": "1"}), "s2", address_of("b")),
        WISH,
        [("return", "a"), ("remove", "s2"), ("monitor", "s2")],
    ),
    "one that does not watch": (with_sentinel(group_view(), "s2", **NOTHING_KNOWN), WISH, [("monitor", "s2")]),
    "one that names a replica": (
        naming(group_view(), "s2", address_of("b")),
        WISH,
        [("remove", "s2"), ("monitor", "s2")],
    ),
    "one that names a node of elsewhere": (
        naming(group_view(), "s2", ELSEWHERE),
        WISH,
        [("remove", "s2"), ("monitor", "s2")],
    ),
    "one that is wrong, with a greater epoch": (
        naming(group_view(), "s2", address_of("b"), config_epoch=9),
        WISH,
        [("remove", "s2"), ("monitor", "s2")],
    ),
    "every wrong one forgets before any gets an address": (
        naming(naming(with_sentinel(group_view(), "s1", **NOTHING_KNOWN), "s2", address_of("b")), "s3", ELSEWHERE),
        WISH,
        [("remove", "s2"), ("remove", "s3"), ("monitor", "s1"), ("monitor", "s2"), ("monitor", "s3")],
    ),
    "all name the same replica": (
        naming(naming(naming(group_view(), "s1", address_of("b")), "s2", address_of("b")), "s3", address_of("b")),
        WISH,
        REMOVED + WATCHED,
    ),
    "one that differs": (naming(group_view(), "s3", address_of("a"), down_after_ms=9000), WISH, [("set", "s3")]),
    "what the user says": (
        group_view(),
        RepairWish(parameters={DOWN_AFTER: "9000"}),
        [("set", "s1"), ("set", "s2"), ("set", "s3")],
    ),
    "what can harm nobody comes first": (
        naming(naming(group_view(), "s3", address_of("a"), failover_timeout_ms=9), "s1", address_of("b")),
        WISH,
        [("set", "s3"), ("remove", "s1"), ("monitor", "s1")],
    ),
    "a chained replica": (chained(), WISH, [("repoint", "c")]),
    "a chained replica that is meant": (chained(), RepairWish(accept=("chained_replica",)), []),
    "a dead replica": (knowing(group_view(), DEAD), WISH, [("reset", "s1"), ("reset", "s2"), ("reset", "s3")]),
    "a dead Sentinel": (knowing(group_view(), DEAD_PEER, "s2"), WISH, [("reset", "s2")]),
    "a live node of elsewhere comes before all": (
        naming(knowing(group_view(), FOREIGN, "s2", "s3"), "s1", address_of("b")),
        WISH,
        [("reset", "s2"), ("reset", "s3"), ("remove", "s1"), ("monitor", "s1")],
    ),
    "two primaries": (
        split(),
        RepairWish(choose="a", can_save=True),
        [*REMOVED, ("save", "b"), ("demote", "b"), *WATCHED],
    ),
    "two primaries, the other one": (
        split(choose_b=True),
        RepairWish(choose="b", can_save=True),
        [*REMOVED, ("save", "a"), ("demote", "a"), *WATCHED],
    ),
    "two primaries, saved already and with Sentinels that let go": (
        with_all_sentinels(split(), **NOTHING_KNOWN),
        RepairWish(parameters=TOLD, choose="a", can_save=True, saved=frozenset({"b"})),
        [("demote", "b"), *WATCHED],
    ),
    "two primaries, each with a replica": (
        orphaned(),
        RepairWish(choose="a", can_save=True),
        [*REMOVED, ("save", "b"), ("demote", "b"), ("repoint", "c"), ("repoint", "d"), *WATCHED],
    ),
    "the demoted loser's replicas, which nothing has told yet": (
        demoted(orphaned()),
        RepairWish(parameters=TOLD, choose="a", saved=frozenset({"b"}), orphans=ORPHANS, accept=("chained_replica",)),
        [("repoint", "c"), ("repoint", "d"), *WATCHED],
    ),
    "the demoted loser's replicas, of which one copies the winner already": (
        with_link(demoted(orphaned()), "c", primary=address_of("a")),
        RepairWish(parameters=TOLD, choose="a", saved=frozenset({"b"}), orphans=ORPHANS),
        [("repoint", "d"), *WATCHED],
    ),
    "one primary that is vouched for, beside a silent node": (
        with_all_sentinels(with_account(group_view(), "c", facts=None, error="timed out"), **NOTHING_KNOWN),
        RepairWish(parameters=TOLD, choose="a"),
        WATCHED,
    ),
}


@pytest.mark.parametrize(("view", "wish", "steps"), STEPS.values(), ids=STEPS)
def test_the_steps_for(view: GroupView, wish: RepairWish, steps: list[tuple[str, str]]) -> None:
    plan = repair_plan(view, wish)
    assert keys(plan) == steps
    for step in plan.steps:
        assert all((step.action, step.before, step.after))
        assert step.kind not in ("monitor", "demote", "repoint") or step.address == address_of(plan.primary)


def test_a_sentinel_gets_the_parameters_of_most_others_and_the_login() -> None:
    view = naming(with_sentinel(group_view(), "s1", **NOTHING_KNOWN), "s2", address_of("a"), parallel_syncs=4)
    with pytest.raises(Refused, match="differ in parallel-syncs, and none of its values has a majority"):
        repair_plan(view, WISH)
    wish = RepairWish(
        parameters={"parallel-syncs": "2"}, secrets={"auth-user": "sentinel", "auth-pass": "secret"}, needs_login=True
    )
    plan = repair_plan(view, wish)
    (given,) = [step.options for step in plan.steps if step.kind == "monitor"]
    assert given == {
        "quorum": "2",
        "down-after-milliseconds": "5000",
        "failover-timeout": "60000",
        "parallel-syncs": "2",
        "auth-user": "sentinel",
        "auth-pass": "secret",
    }
    assert "secret" not in repr(plan) + " ".join(step.action + step.before + step.after for step in plan.steps)


REFUSED = {
    "a failover": (
        naming(group_view(), "s2", address_of("a"), failover_state="wait_promotion"),
        WISH,
        "s2 is in the middle of a failover",
    ),
    "TILT": (with_sentinel(group_view(), "s2", tilt=True), WISH, "s2 is in TILT"),
    "a node that hands over by itself": (
        with_node(group_view(), "a", failover_state="failover-in-progress"),
        WISH,
        "a is in the middle of a failover",
    ),
    "no primary": (
        with_account(group_view(), "a", facts=None, error="timed out"),
        WISH,
        "no answering node is a primary",
    ),
    "most Sentinels name a node that the inventory lacks": (
        naming(naming(group_view(), "s2", ELSEWHERE), "s3", ELSEWHERE),
        WISH,
        "s2 names 10.9.9.9:6379, s3 names 10.9.9.9:6379, which is no node of the inventory",
    ),
    "a primary for which only the inventory speaks": (
        naming(
            with_sentinel(with_sentinel(group_view(replicas=()), "s1", **NOTHING_KNOWN), "s2", **NOTHING_KNOWN),
            "s3",
            ELSEWHERE,
        ),
        WISH,
        "Nothing but the inventory speaks for a",
    ),
    "a live Sentinel of elsewhere": (
        knowing(group_view(), LIVE_PEER, "s1"),
        WISH,
        "two groups have the name presence-1 and were joined",
    ),
    "a replica of elsewhere that is attached": (
        with_node(knowing(group_view(), FOREIGN, "s1"), "a", replicas=(attached("b"), attached("c"), attached("d"))),
        WISH,
        "1 more replicas copy a than are named here",
    ),
    "a node that is watched under another name": (
        with_sentinel(group_view(), "s2", primaries={"presence-2": address_of("b")}),
        WISH,
        "s2 watches b under the name presence-2",
    ),
    "a Sentinel that could not be given its password again": (
        naming(group_view(), "s2", address_of("b")),
        RepairWish(needs_login=True),
        "auth_password is needed",
    ),
    "a group that nobody watches, and of which nobody says how it was watched": (
        with_all_sentinels(group_view(), **NOTHING_KNOWN),
        WISH,
        "say it by the option down_after_milliseconds, failover_timeout, parallel_syncs",
    ),
    "two primaries, Sentinels that let go, and nobody who says what they had": (
        with_all_sentinels(split(), **NOTHING_KNOWN),
        RepairWish(parameters={DOWN_AFTER: "5000"}, choose="a", can_save=True),
        "say it by the option failover_timeout, parallel_syncs",
    ),
    "two primaries without a choice": (
        split(),
        RepairWish(can_save=True),
        "say by choose whose data survive, one of a, b",
    ),
    "a choice of a replica": (
        split(),
        RepairWish(choose="c", can_save=True),
        "choose is c, which is none of the primaries a, b",
    ),
    "a choice of a silent node, beside the only primary that answers": (
        with_account(with_all_sentinels(group_view(), **NOTHING_KNOWN), "c", facts=None, error="timed out"),
        RepairWish(choose="c"),
        "choose is c, which does not answer (timed out), and the only primary that answers is a",
    ),
    "a choice of a replica, beside the only primary": (
        group_view(),
        RepairWish(choose="b"),
        "choose is b, which is a replica, and the only primary that answers is a",
    ),
    "no place for the data": (split(), RepairWish(choose="a"), "save_to is needed"),
    "two primaries and a silent Sentinel": (
        with_silent_sentinel(split(), "s3"),
        RepairWish(choose="a", can_save=True),
        "s3 does not answer, and may demote a primary before its data are saved",
    ),
    "two primaries and a Sentinel of elsewhere": (
        knowing(split(), LIVE_PEER, "s1"),
        RepairWish(choose="a", can_save=True),
        "it may demote a primary before its data are saved",
    ),
    "two primaries and a silent node": (
        with_account(split(), "c", facts=None, error="timed out"),
        RepairWish(choose="a", can_save=True),
        "c does not answer, and may be one more primary",
    ),
    "two primaries and a replica of neither": (
        with_link(split(), "c", primary=ELSEWHERE, up=False),
        RepairWish(choose="a", can_save=True),
        "c copies 10.9.9.9:6379, which is not known to be a",
    ),
    "a replica of a loser that copies somebody else by now": (
        with_link(demoted(orphaned()), "c", primary=ELSEWHERE),
        RepairWish(choose="a", saved=frozenset({"b"}), orphans=ORPHANS),
        "c copies 10.9.9.9:6379, which is not known to be a",
    ),
    "two primaries of different histories": (
        with_node(split(), "b", second_replication_id="0" * 40),
        RepairWish(choose="a", can_save=True),
        "a and b have never had the same history",
    ),
}


@pytest.mark.parametrize(("view", "wish", "reason"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused_for(view: GroupView, wish: RepairWish, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        repair_plan(view, wish)
    assert any(reason in said for said in refused.value.reasons), refused.value.reasons


LEFT = {
    "a silent node": (
        with_account(knowing(group_view(), DEAD), "c", facts=None, error="timed out", declared=address_of("c")),
        "c does not answer",
    ),
    "a Sentinel that has lost the primary": (
        naming(knowing(group_view(), DEAD, "s1"), "s2", address_of("a"), flags=frozenset({"master", "s_down"})),
        "s2 holds the primary for down",
    ),
}


@pytest.mark.parametrize(("view", "reason"), LEFT.values(), ids=LEFT)
def test_no_sentinel_forgets_what_it_could_not_find_again_because_of(view: GroupView, reason: str) -> None:
    plan = repair_plan(view, WISH)
    assert keys(plan) == []
    assert any("it stays, because" in left and reason in left for left in plan.left), plan.left


def test_entries_that_may_be_of_silent_servers_are_left_alone() -> None:
    silent = with_account(knowing(group_view(), DEAD), "c", facts=None, error="timed out")
    assert keys(repair_plan(silent, WISH)) == []
    assert keys(repair_plan(with_silent_sentinel(knowing(group_view(), DEAD_PEER), "s3"), WISH)) == []


def test_an_address_that_only_sentinels_told_is_known_when_they_have_forgotten_it() -> None:
    view = group_view()
    behind_nat = Address("192.0.2.1", 6379)
    for name in ("s1", "s2", "s3"):
        view = with_sentinel(view, name, primary=primary_entry(address=behind_nat))
    for name in ("b", "c"):
        view = with_link(view, name, primary=behind_nat)
    known = announced_addresses(view)
    assert known["a"] == behind_nat
    later = remembering(with_all_sentinels(view, **NOTHING_KNOWN), known)
    assert {step.address for step in repair_plan(later, RepairWish(parameters=TOLD)).steps} == {behind_nat}

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a Sentinel gets a group to watch, with what, and when it does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.errors import Refused
from ansible_collections.steadyhand.redis.plugins.module_utils._model.group import GroupView
from ansible_collections.steadyhand.redis.plugins.module_utils._model.monitoring import (
    MonitorPlan,
    MonitorWish,
    Watched,
    described,
    monitor_plan,
)
from unit.builders import (
    address_of,
    attached,
    group_view,
    primary_entry,
    with_account,
    with_link,
    with_node,
    with_sentinel,
    with_settings,
)

OPTIONS = {"down-after-milliseconds": "5000", "auth-pass": "secret"}
WISH = MonitorWish(present=True, quorum=2, options=OPTIONS)
KEPT = {"auth-pass": "secret"}
NEW = "s1"


def without_sentinel(view: GroupView, *names: str) -> GroupView:
    """These Sentinels answer, and do not watch the group."""
    for name in names:
        view = with_sentinel(view, name, primary=None, replicas=(), peers=())
    return view


def of_nobody() -> GroupView:
    """A group that no Sentinel watches yet."""
    return without_sentinel(group_view(), "s1", "s2", "s3")


def plan(
    view: GroupView,
    wish: MonitorWish = WISH,
    kept: Mapping[str, str] | None = None,
    watched: tuple[Watched, ...] = (),
) -> MonitorPlan:
    """The plan for the Sentinel in question."""
    return monitor_plan(view, NEW, wish, KEPT if kept is None else kept, watched)


ADDRESSES = {
    "the address at which the primary was asked": (without_sentinel(group_view(replicas=()), "s1", "s2", "s3"), None),
    "the address that its replicas copy": (
        with_link(
            with_link(of_nobody(), "b", primary=Address("192.0.2.1", 6379)), "c", primary=Address("192.0.2.1", 6379)
        ),
        Address("192.0.2.1", 6379),
    ),
    "the address that other Sentinels know": (
        with_sentinel(
            with_sentinel(
                without_sentinel(group_view(), "s1"), "s2", primary=primary_entry(address=Address("192.0.2.2", 6379))
            ),
            "s3",
            primary=primary_entry(address=Address("192.0.2.2", 6379)),
        ),
        Address("192.0.2.2", 6379),
    ),
    "the address that it announces": (
        with_settings(of_nobody(), "a", replica_announce_ip="192.0.2.3", replica_announce_port="7000"),
        Address("192.0.2.3", 7000),
    ),
    "the address that is declared": (
        with_account(of_nobody(), "a", declared=Address("192.0.2.4", 6379)),
        Address("192.0.2.4", 6379),
    ),
    "a silent replica does not matter where other Sentinels tell": (
        with_account(without_sentinel(group_view(), "s1"), "c", facts=None, error="timed out"),
        None,
    ),
}


@pytest.mark.parametrize(("view", "address"), ADDRESSES.values(), ids=ADDRESSES)
def test_a_sentinel_that_does_not_watch_the_group_gets_its_primary_by(view: GroupView, address: Address | None) -> None:
    assert plan(view) == MonitorPlan(monitor=address or address_of("a"), options=OPTIONS)


REFUSED = {
    "two primaries": (
        with_node(of_nobody(), "b", role="primary", upstream=None),
        (),
        "more than one node is a primary",
    ),
    "no primary": (with_account(of_nobody(), "a", facts=None, error="timed out"), (), "no answering node is a primary"),
    "a silent node": (
        with_account(of_nobody(), "c", facts=None, error="timed out"),
        (),
        "c does not answer, and no Sentinel tells whether it leads",
    ),
    "a replica of somebody else": (
        with_link(with_node(of_nobody(), "b", replication_id="2" * 40), "b", primary=Address("10.9.9.9", 6379)),
        (),
        "b copies 10.9.9.9:6379, which is not known to be a",
    ),
    "another Sentinel that names somebody else": (
        with_sentinel(
            without_sentinel(group_view(), "s1"),
            "s3",
            primary=primary_entry(address=Address("10.9.9.9", 6379), run_id="other"),
        ),
        (),
        "s3 names 10.9.9.9:6379, which is not a",
    ),
    "a failover elsewhere": (
        with_sentinel(
            without_sentinel(group_view(), "s1"), "s3", primary=primary_entry(failover_state="wait_promotion")
        ),
        (),
        "s3 is in the middle of a failover: wait",
    ),
    "the same primary under another name": (
        with_sentinel(of_nobody(), "s1", primaries={"presence-2": address_of("a")}),
        (),
        "s1 watches a under the name presence-2",
    ),
    "the same primary under another name elsewhere": (
        with_sentinel(of_nobody(), "s3", primaries={"presence-2": address_of("a")}),
        (),
        "s3 watches a under the name presence-2",
    ),
    "a node that leads another group, by a Sentinel that is not behind": (
        with_sentinel(group_view(), "s1", primary=None, primaries={"presence-2": address_of("b")}),
        (),
        "s1 watches b under the name presence-2",
    ),
    "a silent node that leads another group": (
        with_sentinel(
            with_account(without_sentinel(group_view(), "s1"), "c", facts=None, error="timed out"),
            "s2",
            primaries={"presence-1": address_of("a"), "presence-2": address_of("c")},
        ),
        (),
        "s2 watches c under the name presence-2",
    ),
    "a Sentinel among the nodes": (
        with_account(without_sentinel(group_view(), "s1"), "c", facts=None, error="it is a Sentinel", denied=True),
        (),
        "c cannot be asked: it is a Sentinel",
    ),
    "more replicas than were named": (
        with_node(of_nobody(), "a", replicas=(attached("b"), attached("c"), attached("d"))),
        (),
        "1 more replicas copy a than are named here",
    ),
    "a replica with data of another history at the right address": (
        with_link(with_node(of_nobody(), "b", replication_id="2" * 40), "b", up=False),
        (),
        "b has 5 keys of another history than a",
    ),
    "a silent node, and Sentinels of which one is behind": (
        with_sentinel(
            with_account(without_sentinel(group_view(), "s1"), "c", facts=None, error="timed out"),
            "s3",
            primary=primary_entry(config_epoch=8),
        ),
        (),
        "c does not answer, and only 1 of 3 Sentinels can tell whether it leads",
    ),
    "a silent node, and Sentinels that have met another process at that address": (
        with_sentinel(
            with_account(without_sentinel(group_view(), "s1"), "c", facts=None, error="timed out"),
            "s3",
            primary=primary_entry(run_id="another"),
        ),
        (),
        "c does not answer, and only 1 of 3 Sentinels can tell whether it leads",
    ),
    "a silent node, and a Sentinel that has lost the primary": (
        with_sentinel(
            with_account(without_sentinel(group_view(), "s1"), "c", facts=None, error="timed out"),
            "s3",
            primary=primary_entry(flags=frozenset({"master", "s_down"})),
        ),
        (),
        "c does not answer, and only 1 of 3 Sentinels can tell whether it leads",
    ),
    "an old epoch that names somebody else": (
        with_sentinel(
            without_sentinel(group_view(), "s1"),
            "s3",
            primary=primary_entry(address=address_of("b"), run_id="run-b", config_epoch=1),
        ),
        (),
        "s3 names 10.0.0.2:6379, which is not a: repair that Sentinel first",
    ),
    "the same process at another address under another name": (
        of_nobody(),
        (Watched("presence-2", Address("192.0.2.9", 6379), "run-a"),),
        "it watches a already, under the name presence-2",
    ),
    "a name instead of an address": (
        with_account(
            without_sentinel(group_view(replicas=()), "s1", "s2", "s3"),
            "a",
            address=Address("redis-a.example.com", 6379),
        ),
        (),
        "by which address the others know a is not clear",
    ),
    "an address that means another machine to others": (
        with_account(
            without_sentinel(group_view(replicas=()), "s1", "s2", "s3"), "a", address=Address("127.0.0.1", 6379)
        ),
        (),
        "by which address the others know a is not clear",
    ),
}


@pytest.mark.parametrize(("view", "watched", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_group_is_not_given_to_a_sentinel_where_there_is(
    view: GroupView, watched: tuple[Watched, ...], reason: str
) -> None:
    with pytest.raises(Refused) as refused:
        plan(view, watched=watched)
    assert any(said.startswith(reason) for said in refused.value.reasons), refused.value.reasons


FRESH = {
    "a replica that has just begun to copy": with_link(
        with_node(of_nobody(), "b", replication_id="2" * 40), "b", up=False, syncing=True
    ),
    "an empty replica that has not been let in yet": with_link(
        with_node(of_nobody(), "b", replication_id="2" * 40, keys=0), "b", up=False
    ),
    "a replica that has the history of before the last failover": with_link(
        with_node(with_node(of_nobody(), "a", second_replication_id="3" * 40), "b", replication_id="3" * 40),
        "b",
        up=False,
    ),
}


@pytest.mark.parametrize("view", FRESH.values(), ids=FRESH)
def test_nothing_speaks_against_the_primary_in(view: GroupView) -> None:
    assert plan(view).monitor == address_of("a")


def test_a_sentinel_that_has_a_primary_under_two_names_is_not_changed_any_further() -> None:
    view = with_sentinel(group_view(), "s2", primaries={"presence-1": address_of("a"), "presence-2": address_of("a")})
    with pytest.raises(Refused, match="s2 watches a under the name presence-2"):
        plan(view)


def test_a_sentinel_that_watches_the_group_as_wished_is_left_alone() -> None:
    own = Watched("presence-1", address_of("a"), "run-a")
    assert not plan(group_view(), watched=(own,)).changes


DIFFERING = {
    "quorum": (replace(WISH, quorum=3), KEPT, {"quorum": "3"}),
    "time": (replace(WISH, options={"down-after-milliseconds": "9000"}), {}, {"down-after-milliseconds": "9000"}),
    "password": (WISH, {"auth-pass": "old"}, {"auth-pass": "secret"}),
    "no password yet": (WISH, {}, {"auth-pass": "secret"}),
}


@pytest.mark.parametrize(("wish", "kept", "options"), DIFFERING.values(), ids=DIFFERING)
def test_only_what_differs_is_set(wish: MonitorWish, kept: dict[str, str], options: dict[str, str]) -> None:
    assert plan(group_view(), wish, kept) == MonitorPlan(options=options)


def test_a_sentinel_is_never_pointed_to_another_primary_than_the_one_it_names() -> None:
    for address, said in {
        address_of("b"): "that is b, which is a replica",
        Address("10.9.9.9", 1): "no node of this",
    }.items():
        view = with_sentinel(group_view(), NEW, primary=primary_entry(address=address, run_id="x"))
        with pytest.raises(Refused, match=said):
            plan(view)


def test_nothing_is_changed_in_the_middle_of_a_failover_and_nothing_to_change_is_no_refusal() -> None:
    view = with_sentinel(group_view(), NEW, primary=primary_entry(failover_state="wait_promotion"))
    assert not plan(view).changes
    for wish in (replace(WISH, quorum=3), replace(WISH, present=False)):
        with pytest.raises(Refused, match="a failover of presence-1 is under way"):
            plan(view, wish)


def test_a_group_is_forgotten_only_where_it_is_watched() -> None:
    wish = replace(WISH, present=False)
    assert plan(group_view(), wish) == MonitorPlan(remove=True)
    assert not plan(of_nobody(), wish).changes


def test_no_secret_is_in_what_people_see() -> None:
    assert "secret" not in str(described(primary_entry(), KEPT)) + repr(plan(of_nobody())) + repr(WISH)

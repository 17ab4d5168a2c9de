# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is who in a group: by run id, whatever the addresses look like."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.group import GroupView, entry_of, lag_bytes
from ansible_collections.steadyhand.redis.plugins.module_utils._model.health import Limits, group_problems
from ansible_collections.steadyhand.redis.plugins.module_utils._model.node import PRIMARY
from unit import recordings
from unit.builders import (
    address_of,
    facts_of,
    group_view,
    member,
    primary_entry,
    replica_entry,
    sentinel_facts,
    with_account,
    with_link,
    with_node,
    with_sentinel,
    with_settings,
    with_silent_sentinel,
)


def behind_nat(view: GroupView) -> GroupView:
    """Every node is reached elsewhere than the engines say, as through a bastion or published container ports."""
    for number, name in enumerate(("a", "b", "c")):
        view = with_account(view, name, address=Address("bastion.example.org", 7001 + number))
    return view


def test_members_are_matched_by_run_id_through_nat() -> None:
    view = behind_nat(group_view())
    assert [(str(one.account.address), str(one.announced)) for one in view.members] == [
        ("bastion.example.org:7001", "10.0.0.1:6379"),
        ("bastion.example.org:7002", "10.0.0.2:6379"),
        ("bastion.example.org:7003", "10.0.0.3:6379"),
    ]
    assert list(group_problems(view, Limits())) == []


@pytest.mark.parametrize("name", recordings.names("hostnames"))
def test_members_of_a_real_group_that_announces_hostnames_are_matched(name: str) -> None:
    view = recordings.view(name)
    for found in view.members:
        assert found.account.address.host == "127.0.0.1"
        assert found.announced == Address("localhost", found.account.address.port)
    assert view.primary is not None
    assert view.named_primary == view.primary.announced


@pytest.mark.parametrize(
    ("settings", "declared", "announced"),
    [
        ({}, None, address_of("b")),
        ({}, Address("203.0.113.9", 1), Address("203.0.113.9", 1)),
        ({"replica_announce_ip": "203.0.113.7"}, Address("203.0.113.9", 1), Address("203.0.113.7", 6379)),
    ],
)
def test_where_no_sentinel_knows_a_node_it_is_announced_as_it_says_itself(
    settings: dict[str, str], declared: Address | None, announced: Address | None
) -> None:
    view = with_account(with_settings(replace(group_view(), sentinels=()), "b", **settings), "b", declared=declared)
    assert member(view, "b").announced == announced


def test_a_node_that_is_down_is_announced_as_declared() -> None:
    view = with_account(group_view(), "c", facts=None, error="refused", declared=Address("203.0.113.9", 1))
    assert view.announced(view.nodes[2]) == Address("203.0.113.9", 1)
    assert view.member("c") is None
    assert [one.name for one in view.members] == ["a", "b"]


def test_the_primary_is_the_one_node_that_says_so() -> None:
    view = group_view()
    assert [one.name for one in view.primaries] == ["a"]
    assert [one.name for one in view.replicas] == ["b", "c"]
    assert view.primary == member(view, "a")


def test_of_two_primaries_neither_is_the_primary() -> None:
    view = with_node(group_view(), "b", role=PRIMARY, upstream=None)
    assert view.primary is None
    assert [one.name for one in view.primaries] == ["a", "b"]


def test_only_sentinels_that_answer_and_know_the_group_watch_it() -> None:
    view = with_sentinel(with_silent_sentinel(group_view(), "s1"), "s2", primary=None, replicas=(), peers=())
    assert [account.name for account, _facts, _entry in view.watching] == ["s3"]
    assert view.named_primary == address_of("a")


def test_sentinels_that_disagree_name_no_primary() -> None:
    view = with_sentinel(group_view(), "s1", primary=primary_entry(address=address_of("b")))
    assert view.named_primary is None
    assert replace(group_view(), sentinels=()).named_primary is None


def test_a_primary_may_be_named_by_each_of_its_addresses() -> None:
    elsewhere = Address("203.0.113.7", 6379)
    view = with_settings(behind_nat(group_view()), "a", replica_announce_ip=elsewhere.host)
    assert view.addresses(member(view, "a")) == {address_of("a"), elsewhere, Address("bastion.example.org", 7001)}


def test_an_entry_is_found_by_run_id_also_where_another_node_had_the_address() -> None:
    facts = sentinel_facts("s1", primary=primary_entry(address=address_of("c")))
    view = group_view()
    assert entry_of(facts, member(view, "a")) == facts.primary
    assert entry_of(facts, member(with_node(view, "b", run_id="run-b-2"), "b")) is None
    assert entry_of(replace(facts, primary=None), member(view, "b")) == replica_entry("b")


@pytest.mark.parametrize(("applied", "lag"), [(1000, 0), (999, 1), (0, 1000), (1001, 0)])
def test_lag_is_what_is_not_applied_yet(applied: int, lag: int) -> None:
    view = with_link(group_view(), "b", applied_offset=applied)
    assert lag_bytes(facts_of(view, "a"), facts_of(view, "b")) == lag

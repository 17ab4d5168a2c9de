# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups, hosts and variables of what was found."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.discovery import (
    Discovery,
    FoundGroup,
    FoundNode,
    FoundSentinel,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._model.survey import SILENCE, Doubt
from ansible_collections.steadyhand.redis.plugins.module_utils._model.zones import Zones
from ansible_collections.steadyhand.redis.plugins.plugin_utils._discovered import (
    Inventory,
    Naming,
    as_data,
    from_data,
    inventory_of,
)
from ansible_collections.steadyhand.redis.plugins.plugin_utils._inventory import InventoryError

NODES = (
    FoundNode(Address("10.0.1.11", 6379), "primary", "redis", "7.0.15"),
    FoundNode(Address("fd00::2", 7000), "replica", "valkey", "8.1.1"),
    FoundNode(Address("c.example.org", 6379), "unknown"),
)
SENTINELS = (FoundSentinel(Address("10.0.1.21", 26379), "redis", "7.0.15"), FoundSentinel(Address("10.0.2.21", 26379)))
FOUND = Discovery((FoundGroup("presence-1", NODES),), SENTINELS, ())


def laid_out(found: Discovery = FOUND, **naming: Any) -> Inventory:
    """With the usual names."""
    return inventory_of(found, Naming("sentinels", **naming))


def named(*names: str) -> Discovery:
    """Groups of these names, with a node each."""
    return Discovery(
        tuple(
            FoundGroup(name, (FoundNode(Address("10.0.0.1", port), "primary"),)) for port, name in enumerate(names, 1)
        ),
        (),
        (),
    )


def test_a_group_is_laid_out_by_the_contract() -> None:
    built = laid_out(cluster="mt1", zones=Zones.read({"10.0.1.0/24": "a", "*.example.org": "c"}), tls=True)
    assert built.children == {
        "presence_1": {"redis_group": "presence-1", "redis_sentinel_hosts": "sentinels", "redis_cluster": "mt1"}
    }
    assert built.hosts["10.0.1.11-6379"] == {
        "ansible_host": "10.0.1.11",
        "redis_host": "10.0.1.11",
        "redis_port": 6379,
        "redis_announce": "10.0.1.11:6379",
        "redis_role": "primary",
        "redis_engine": "redis",
        "redis_version": "7.0.15",
        "redis_zone": "a",
        "redis_tls": True,
    }
    assert built.hosts["fd00--2-7000"]["redis_announce"] == "[fd00::2]:7000"
    assert "redis_engine" not in built.hosts["c.example.org-6379"]
    assert built.hosts["10.0.1.21-26379"] == {
        "ansible_host": "10.0.1.21",
        "redis_sentinel_host": "10.0.1.21",
        "redis_sentinel_port": 26379,
        "redis_role": "sentinel",
        "redis_engine": "redis",
        "redis_version": "7.0.15",
        "redis_zone": "a",
    }
    assert built.groups_of == {
        "10.0.1.11-6379": ["presence_1", "redis_role_primary"],
        "fd00--2-7000": ["presence_1", "redis_role_replica"],
        "c.example.org-6379": ["presence_1"],
        "10.0.1.21-26379": ["sentinels"],
        "10.0.2.21-26379": ["sentinels"],
    }
    assert built.nowhere == ["fd00--2-7000", "10.0.2.21-26379"]


@pytest.mark.parametrize(
    ("name", "child"),
    [
        ("presence-1", "presence_1"),
        ("my.master:6379", "my_master_6379"),
        ("1st", "_st"),
        ("what*is[this]?", "what_is_this__"),
        ("größe", "größe"),
        ("{{ lookup('pipe', 'id') }}", "___lookup__pipe____id_____"),
    ],
)
def test_an_odd_name_is_made_one_that_ansible_allows_and_the_sentinels_name_is_kept(name: str, child: str) -> None:
    assert laid_out(named(name)).children[child]["redis_group"] == name


def test_two_names_that_become_one_are_an_error() -> None:
    with pytest.raises(InventoryError, match=r"'a-b' and 'a\.b' would both be the inventory group 'a_b'"):
        laid_out(named("a-b", "a.b"))


@pytest.mark.parametrize("name", ["redis", "all", "ungrouped", "sentinels", "redis_role_primary", "roll_stopped"])
def test_a_name_that_means_something_else_is_an_error_until_a_prefix_is_set(name: str) -> None:
    with pytest.raises(InventoryError, match=f"the group '{name}' would be the inventory group '{name}'.*group_prefix"):
        laid_out(named(name))
    assert list(laid_out(named(name), group_prefix="mt1-").children) == [f"mt1_{name}"]


def test_hosts_can_be_named_by_their_variables() -> None:
    built = laid_out(
        node_name=lambda one: f"{one['redis_group']}-{one['redis_port']}-{one['redis_role']}",
        sentinel_name=lambda one: f"s-{one['redis_sentinel_host']}",
    )
    assert {"presence-1-6379-primary", "s-10.0.2.21"} < set(built.hosts)


def test_two_hosts_of_one_name_are_an_error() -> None:
    with pytest.raises(InventoryError, match=r"10\.0\.1\.11:6379 and \[fd00::2\]:7000 would both be the host 'same'"):
        laid_out(node_name=lambda _variables: "same")


def test_what_was_found_survives_a_cache_of_text() -> None:
    found = Discovery(FOUND.groups, FOUND.sentinels, (Doubt(SILENCE, "presence-1", "x"),))
    assert from_data(json.loads(json.dumps(as_data(found)))) == found

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every sentence about a run that cannot be meant, without a sentence of Ansible's around it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.steadyhand.redis.plugins.filter.mistakes_of_run import mistakes_of_run

from .conftest import InventoryFactory

TWO_GROUPS = """
redis: {children: {one: {hosts: {a1: {}, b1: {}}}, two: {hosts: {a2: {}, b2: {}}}}}
sentinels: {hosts: {s1: {}}}
"""

INVENTORIES: dict[str, tuple[str, list[str]]] = {
    "nothing wrong": (TWO_GROUPS, []),
    "no Redis group": ("sentinels: {hosts: {s1: {}}}", ["the inventory has no hosts in the group 'redis'"]),
    "a host in two groups": (
        "redis: {children: {one: {hosts: {a1: {}}}, two: {hosts: {a1: {}}}}}",
        ["host a1: which Redis group is it in? It is in 2 of the child groups"],
    ),
    "a mistake in each group": (
        "redis: {children: {one: {hosts: {a1: {redis_port: x}}}, two: {hosts: {a2: {redis_never_primary: x}}}}}\nsentinels: {hosts: {s1: {}}}",
        ["host a1: redis_port is 'x'", "host a2: redis_never_primary is 'x'"],
    ),
    "no Sentinels": (
        "redis: {children: {one: {hosts: {a1: {}}}}}",
        ["Redis group one: the inventory group 'sentinels', which should hold its Sentinels, does not exist"],
    ),
}


@pytest.mark.parametrize(("text", "beginnings"), INVENTORIES.values(), ids=INVENTORIES)
def test_mistakes_of_an_inventory(inventory: InventoryFactory, text: str, beginnings: list[str]) -> None:
    read = inventory(text)
    found = mistakes_of_run(read.groups, read.hostvars, read.hosts)
    assert len(found) == len(beginnings)
    assert all(sentence.startswith(beginning) for sentence, beginning in zip(found, beginnings, strict=True))


def test_a_torn_group_is_named_first_of_all(inventory: InventoryFactory) -> None:
    read = inventory(TWO_GROUPS)
    (found,) = mistakes_of_run(read.groups, read.hostvars, ["a1", "a2", "b2"])
    assert found.startswith("the limit tears Redis groups apart: one (b1 would be left out)")


VARIABLES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing given": ({}, []),
    "a survey without answers": (
        dict.fromkeys(("redis_accept_full_sync", "redis_return_primary", "redis_serial", "redis_settings"), ""),
        [],
    ),
    "a survey with answers": (
        {
            "redis_accept_full_sync": "no",
            "redis_return_primary": "yes",
            "redis_serial": "1, 25%",
            "redis_settings": '{"hz": 20}',
        },
        [],
    ),
    "values of their own types": (
        {"redis_return_primary": True, "redis_serial": [1, "25%"], "redis_settings": {"hz": 20}},
        [],
    ),
    "codes to accept": ({"redis_accept": "stale_entry, replica_lagging"}, []),
    "codes to accept as a list": ({"redis_accept": ["stale_entry"]}, []),
    "a code that does not exist": ({"redis_accept": "stale-entry"}, ["redis_accept: 'stale-entry' is no problem code"]),
    "a code that nobody may accept": (
        {"redis_accept": ["two_primaries"]},
        ["redis_accept: two_primaries can never be accepted"],
    ),
    "no waves": ({"redis_serial": "all"}, ["redis_serial is 'all'"]),
    "no switch": (
        {"redis_return_primary": "later", "redis_accept_full_sync": 3},
        ["redis_accept_full_sync is 3: it must be true or false", "redis_return_primary is 'later': it must be"],
    ),
    "settings that are no mapping": ({"redis_settings": "hz 20"}, ["redis_settings is a text: it must be a mapping"]),
    "settings that are no mapping, as Ansible holds them": (
        {"redis_settings": type("Tagged", (str,), {})("hz 20")},
        ["redis_settings is a text: it must be a mapping"],
    ),
    "settings as a list": ({"redis_settings": [{"hz": 20}]}, ["redis_settings is a list: it must be a mapping"]),
    "settings that are secret": (
        {"redis_settings": {"hz": 20, "requirepass": "x", "MasterAuth": "x"}},
        ["redis_settings holds MasterAuth, requirepass: secrets are not pushed"],
    ),
    "settings that are secret, as text": (
        {"redis_settings": '{"requirepass": "x"}'},
        ["redis_settings holds requirepass: secrets are not pushed"],
    ),
    "settings that cannot be read": (
        {"redis_settings": '{"hz": 20'},
        ["redis_settings cannot be read as YAML or JSON (while parsing a flow mapping): it must be a mapping"],
    ),
}


@pytest.mark.parametrize(("variables", "beginnings"), VARIABLES.values(), ids=VARIABLES)
def test_mistakes_of_variables(inventory: InventoryFactory, variables: dict[str, Any], beginnings: list[str]) -> None:
    read = inventory(TWO_GROUPS)
    found = mistakes_of_run(read.groups, read.hostvars, read.hosts, variables)
    assert len(found) == len(beginnings)
    assert all(sentence.startswith(beginning) for sentence, beginning in zip(found, beginnings, strict=True))

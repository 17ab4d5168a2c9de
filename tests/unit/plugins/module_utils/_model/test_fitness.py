# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may lead: every reason why a replica must not become the primary."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.fitness import unfit_because
from ansible_collections.steadyhand.redis.plugins.module_utils._model.group import GroupView
from ansible_collections.steadyhand.redis.plugins.module_utils._model.health import Limits
from unit.builders import (
    MIB,
    group_view,
    member,
    with_link,
    with_memory,
    with_node,
    with_persistence,
    with_settings,
)

Change = Callable[[GroupView], GroupView]


def reasons(change: Change) -> list[str]:
    """Why ``b`` must not lead."""
    view = change(group_view())
    return unfit_because(view, member(view, "a"), member(view, "b"), Limits())


FIT: dict[str, Change] = {
    "it is like the primary": lambda view: view,
    "both have the same limit": lambda view: with_memory(with_memory(view, "a", limit=20 * MIB), "b", limit=20 * MIB),
    "its limit is higher": lambda view: with_memory(with_memory(view, "a", limit=20 * MIB), "b", limit=30 * MIB),
    "it has no limit": lambda view: with_memory(view, "a", limit=20 * MIB),
    "it takes more clients": lambda view: with_settings(view, "b", maxclients="20000"),
    "it is less than the limit behind": lambda view: with_link(view, "b", applied_offset=1),
    "it wants as many good replicas as it would have": lambda view: with_settings(view, "b", min_replicas_to_write="2"),
    "it is newer than the primary, as the others are": lambda view: with_node(
        with_node(view, "b", version="8.0.2"), "c", version="8.0.6"
    ),
    "it has a module more, as Redis 8 has from the start": lambda view: with_node(view, "b", modules=("vectorset 1",)),
    "only the primary lists what runs scripts": lambda view: with_node(view, "a", modules=("lua 1",)),
    "another replica is newer": lambda view: with_node(view, "c", version="8.0.2"),
    "another replica is ill": lambda view: with_persistence(view, "c", last_save_ok=False),
}

UNFIT: dict[str, tuple[Change, str]] = {
    "too little memory for the data": (lambda view: with_memory(view, "b", limit=9 * MIB), "it would evict keys"),
    "a limit where the primary has none": (
        lambda view: with_memory(view, "b", limit=900 * MIB),
        f"its maxmemory is {900 * MIB}, the primary's unlimited",
    ),
    "a lower limit": (
        lambda view: with_memory(with_memory(view, "a", limit=30 * MIB), "b", limit=20 * MIB),
        f"its maxmemory is {20 * MIB}, the primary's {30 * MIB}",
    ),
    "another policy": (
        lambda view: with_memory(view, "b", policy="allkeys-lru"),
        "its maxmemory-policy is allkeys-lru, the primary's noeviction",
    ),
    "fewer clients": (
        lambda view: with_settings(view, "b", maxclients="9999"),
        "its maxclients is 9999, the primary's 10000",
    ),
    "no modules where the primary has one": (
        lambda view: with_node(view, "a", modules=("search 2",)),
        "its modules are none, the primary's search 2",
    ),
    "another version of a module": (
        lambda view: with_node(with_node(view, "a", modules=("search 2",)), "b", modules=("search 1",)),
        "its modules are search 1, the primary's search 2",
    ),
    "a failed save": (lambda view: with_persistence(view, "b", last_save_ok=False), "MISCONF"),
    "a failed append": (lambda view: with_persistence(view, "b", aof_write_ok=False), "append-only file failed"),
    "it takes writes": (lambda view: with_settings(view, "b", replica_read_only="no"), "its replica-read-only is no"),
    "it is shutting down": (lambda view: with_node(view, "b", shutting_down=True), "it is shutting down"),
    "more good replicas wanted than there would be": (
        lambda view: with_settings(view, "b", min_replicas_to_write="3"),
        "its min-replicas-to-write is 3, it would have 2 replicas",
    ),
    "another user": (
        lambda view: with_node(view, "b", acl={"default": "digest", "app": "x"}),
        "its ACL users differ from the primary's: app",
    ),
    "another password of a user": (
        lambda view: with_node(view, "b", acl={"default": "other"}),
        "its ACL users differ from the primary's: default",
    ),
    "unknown users": (lambda view: with_node(view, "b", acl=None), "cannot be compared"),
    "unknown users of the primary": (lambda view: with_node(view, "a", acl=None), "cannot be compared"),
    "a priority of 0": (lambda view: with_settings(view, "b", replica_priority="0"), "its replica-priority is 0"),
    "another primary": (
        lambda view: with_link(view, "b", primary=Address("10.0.0.99", 6379)),
        "it does not copy the primary",
    ),
    "a link that is down": (lambda view: with_link(view, "b", up=False), "it is not in sync"),
    "a running synchronisation": (lambda view: with_link(view, "b", syncing=True), "it is not in sync"),
    "a buffered stream": (lambda view: with_link(view, "b", buffered_bytes=1), "it is not in sync"),
    "it is loading": (lambda view: with_node(view, "b", loading=True), "it is not in sync"),
    "another history": (
        lambda view: with_node(view, "b", replication_id="2" * 40),
        "its replication id is not the primary's",
    ),
    "another replica too old to copy it": (
        lambda view: with_node(view, "b", version="8.0.2"),
        "c could not copy it: redis 7.0.15 cannot load what redis 8.0.2 writes (RDB format 12); upgrade c first",
    ),
    "another replica that cannot take over hash fields that expire": (
        lambda view: with_node(
            with_node(view, "c", engine="valkey", version="8.1.1"),
            "b",
            engine="valkey",
            version="9.1.2",
            hashes_with_expiring_fields=1,
        ),
        "c could not copy it: valkey 8.1.1 does not know of hash fields that expire, and the data set has some",
    ),
    "it is behind": (lambda view: with_node(view, "a", offset=11 * MIB), f"it is {11 * MIB - 1000} bytes behind"),
}


@pytest.mark.parametrize("change", [pytest.param(change, id=title) for title, change in FIT.items()])
def test_nothing_stands_against_a_replica_when(change: Change) -> None:
    assert reasons(change) == []


@pytest.mark.parametrize(
    ("change", "reason"), [pytest.param(change, reason, id=title) for title, (change, reason) in UNFIT.items()]
)
def test_a_replica_must_not_lead_for(change: Change, reason: str) -> None:
    found = reasons(change)
    assert len(found) == 1
    assert reason in found[0]


def test_all_reasons_are_named_at_once() -> None:
    found = reasons(lambda view: with_settings(with_persistence(view, "b", last_save_ok=False), "b", maxclients="1"))
    assert len(found) == 2

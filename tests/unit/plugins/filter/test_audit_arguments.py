# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one audit of many groups needs to know, from inventories as Ansible reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.steadyhand.redis.plugins.filter.audit_arguments import audit_arguments
from ansible_collections.steadyhand.redis.plugins.filter.groups_of_run import groups_of_run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .conftest import Inventory, InventoryFactory

# Each machine runs a node and a Sentinel under one inventory name, but for those of the group that none watch.
TEXT = """
redis:
  children:
    one: {hosts: {m1: {redis_zone: a, redis_login_password: p1}, m2: {redis_zone: b, redis_login_password: p2}}}
    two: {hosts: {n1: {redis_service: valkey-server}}}
    bare: {hosts: {b1: {}}, vars: {redis_without_sentinels: true}}
sentinels:
  hosts: {m1: {}, m2: {redis_sentinel_port: 5000}}
  vars: {redis_sentinel_login_password: s}
"""


def arguments(
    inventory: Inventory, hosts: Sequence[str] | None = None, files: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Of the groups that the hosts are in; by default of all."""
    run_groups = groups_of_run(inventory.groups, inventory.hostvars, hosts or inventory.hosts)
    return audit_arguments(run_groups, inventory.groups, inventory.hostvars, files)


def test_every_group_has_its_label_its_nodes_and_its_sentinels_with_names_and_zones(
    inventory: InventoryFactory,
) -> None:
    audit = arguments(inventory(TEXT))["audit"]
    groups = {group["label"]: group for group in audit["groups"]}
    assert list(groups) == ["bare", "one", "two"]
    assert groups["bare"]["sentinel_options"] == []
    assert groups["one"]["sentinel_options"] == [
        {"address": "m1:26379", "name": "m1", "zone": "a"},
        {"address": "m2:5000", "name": "m2", "zone": "b"},
    ]
    assert [(one["name"], one["zone"], one["login_password"]) for one in groups["one"]["node_options"]] == [
        ("m1", "a", "p1"),
        ("m2", "b", "p2"),
    ]
    assert groups["two"]["sentinel_login_password"] == "s"


def test_only_all_groups_of_a_sentinel_set_are_complete(inventory: InventoryFactory) -> None:
    made = inventory(TEXT)
    assert arguments(made)["audit"]["complete"]
    assert not arguments(made, ["m1", "m2"])["audit"]["complete"]
    # None watches it, so no Sentinel watches others beside it.
    assert arguments(made, ["b1"])["audit"]["complete"]


def test_each_server_is_asked_for_its_file_as_itself(inventory: InventoryFactory) -> None:
    found = arguments(inventory(TEXT))
    assert found["nodes"] == {
        "m1": {"login_host": "m1", "login_port": 6379, "login_password": "p1", "service": "redis-server"},
        "m2": {"login_host": "m2", "login_port": 6379, "login_password": "p2", "service": "redis-server"},
        "n1": {"login_host": "n1", "login_port": 6379, "service": "valkey-server"},
        "b1": {"login_host": "b1", "login_port": 6379, "service": "redis-server"},
    }
    assert found["sentinels"] == {
        "m1": {"login_host": "m1", "login_port": 26379, "login_password": "s"},
        "m2": {"login_host": "m2", "login_port": 5000, "login_password": "s"},
    }


def test_what_the_files_of_a_node_and_of_a_sentinel_of_one_name_say_is_kept_apart(inventory: InventoryFactory) -> None:
    looks = {"node": {"m1": {"path": "/etc/redis.conf"}}, "sentinel": {"m1": {"path": "/etc/sentinel.conf"}}}
    groups = {group["label"]: group for group in arguments(inventory(TEXT), None, looks)["audit"]["groups"]}
    assert groups["one"]["files"] == [
        {"name": "m1", "kind": "node", "path": "/etc/redis.conf"},
        {"name": "m1", "kind": "sentinel", "path": "/etc/sentinel.conf"},
    ]
    assert groups["two"]["files"] == [{"name": "m1", "kind": "sentinel", "path": "/etc/sentinel.conf"}]
    assert groups["bare"]["files"] == []

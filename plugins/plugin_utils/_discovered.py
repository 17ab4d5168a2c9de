# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what the Sentinels know to an inventory that keeps the contract of `_inventory.py`: names of groups and hosts, variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ansible.inventory.group import to_safe_group_name
from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.discovery import (
    Discovery,
    FoundGroup,
    FoundNode,
    FoundSentinel,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._model.node import PRIMARY, REPLICA
from ansible_collections.steadyhand.redis.plugins.module_utils._model.survey import Doubt
from ansible_collections.steadyhand.redis.plugins.module_utils._model.zones import Zones
from ansible_collections.steadyhand.redis.plugins.plugin_utils._inventory import ROOT_GROUP, InventoryError

ROLE_GROUPS = {PRIMARY: "redis_role_primary", REPLICA: "redis_role_replica"}
# What the playbooks fill, and Ansible's own: a child group of one of these names would be something else.
_TAKEN = {"all", "ungrouped", ROOT_GROUP, *ROLE_GROUPS.values(), "redis_representatives", "roll_stopped"}
_SENTINEL_ROLE = "sentinel"

Variables = dict[str, Any]
Namer = Callable[[Variables], str]


@dataclass(frozen=True)
class Naming:
    """How groups and hosts are called, and what is said of all of them. Namers get a host's variables; '' is the default name."""

    sentinel_hosts: str
    group_prefix: str = ""
    cluster: str = ""
    zones: Zones = field(default_factory=lambda: Zones.read({}))
    tls: bool = False
    sentinel_tls: bool = False
    node_name: Namer = lambda _variables: ""
    sentinel_name: Namer = lambda _variables: ""


@dataclass
class Inventory:
    """What goes into Ansible's inventory: variables of the child groups of ``redis``, and of hosts, and the groups of each host."""

    children: dict[str, Variables] = field(default_factory=dict)
    hosts: dict[str, Variables] = field(default_factory=dict)
    groups_of: dict[str, list[str]] = field(default_factory=dict)
    nowhere: list[str] = field(default_factory=list)

    def add(self, name: str, variables: Variables, groups: list[str]) -> None:
        """Add a host. Raises InventoryError for a second one of that name."""
        if name in self.hosts:
            one, other = (_where(host) for host in (self.hosts[name], variables))
            raise InventoryError(f"{one} and {other} would both be the host {name!r}: have the names tell them apart")
        self.hosts[name] = variables
        self.groups_of[name] = groups
        if "redis_zone" not in variables:
            self.nowhere.append(name)


def inventory_of(found: Discovery, naming: Naming) -> Inventory:
    """Lay it out. Raises InventoryError for names that cannot be."""
    inventory = Inventory()
    for group in found.groups:
        child = _child_name(group, naming)
        if child in inventory.children:
            raise InventoryError(
                f"the groups {inventory.children[child]['redis_group']!r} and {group.name!r} would both be the inventory group "
                f"{child!r}: give one of them another name, or leave this to an inventory of your own"
            )
        inventory.children[child] = {"redis_group": group.name, "redis_sentinel_hosts": naming.sentinel_hosts}
        if naming.cluster:
            inventory.children[child]["redis_cluster"] = naming.cluster
        for node in group.nodes:
            variables = _node_variables(node, naming)
            name = naming.node_name({**inventory.children[child], **variables}) or _name_of(node.address)
            inventory.add(name, variables, [child, *([ROLE_GROUPS[node.role]] if node.role in ROLE_GROUPS else [])])
    for sentinel in found.sentinels:
        variables = _sentinel_variables(sentinel, naming)
        inventory.add(naming.sentinel_name(variables) or _name_of(sentinel.address), variables, [naming.sentinel_hosts])
    return inventory


def as_data(found: Discovery) -> dict[str, Any]:
    """Plain data for a cache. It holds no secret."""
    return asdict(found)


def from_data(data: Mapping[str, Any]) -> Discovery:
    """Read it back."""
    return Discovery(
        tuple(
            FoundGroup(
                group["name"],
                tuple(FoundNode(**{**node, "address": Address(**node["address"])}) for node in group["nodes"]),
            )
            for group in data["groups"]
        ),
        tuple(FoundSentinel(**{**one, "address": Address(**one["address"])}) for one in data["sentinels"]),
        tuple(Doubt(**doubt) for doubt in data["doubts"]),
    )


def _child_name(group: FoundGroup, naming: Naming) -> str:
    name: str = to_safe_group_name(naming.group_prefix + group.name, force=True, silent=True)
    if name in _TAKEN or name == naming.sentinel_hosts:
        raise InventoryError(
            f"the group {group.name!r} would be the inventory group {name!r}, which means something else here: set group_prefix"
        )
    return name


def _name_of(address: Address) -> str:
    # A colon would part the name in two where hosts are chosen (--limit).
    return f"{address.host.replace(':', '-')}-{address.port}"


def _where(variables: Variables) -> str:
    return str(
        Address(
            variables.get("redis_host") or variables["redis_sentinel_host"],
            variables.get("redis_port") or variables["redis_sentinel_port"],
        )
    )


def _node_variables(node: FoundNode, naming: Naming) -> Variables:
    return {
        "ansible_host": node.address.host,
        "redis_host": node.address.host,
        "redis_port": node.address.port,
        "redis_announce": str(node.address),
        "redis_role": node.role,
        **_common(node, naming),
        **({"redis_tls": True} if naming.tls else {}),
    }


def _sentinel_variables(sentinel: FoundSentinel, naming: Naming) -> Variables:
    return {
        "ansible_host": sentinel.address.host,
        "redis_sentinel_host": sentinel.address.host,
        "redis_sentinel_port": sentinel.address.port,
        "redis_role": _SENTINEL_ROLE,
        **_common(sentinel, naming),
        **({"redis_sentinel_tls": True} if naming.sentinel_tls else {}),
    }


def _common(server: FoundNode | FoundSentinel, naming: Naming) -> Variables:
    zone = naming.zones.of(server.address.host)
    return {
        **({"redis_engine": server.engine, "redis_version": server.version} if server.engine else {}),
        **({"redis_zone": zone} if zone is not None else {}),
    }

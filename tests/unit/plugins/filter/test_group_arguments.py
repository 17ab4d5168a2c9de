# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules and tasks need of a group, read from the variables of its hosts."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.steadyhand.redis.plugins.filter.group_arguments import group_arguments
from ansible_collections.steadyhand.redis.plugins.filter.groups_of_run import groups_of_run

from .conftest import InventoryFactory

SENTINELS = "sentinels: {hosts: {s1: {ansible_host: 10.0.0.9}}}\n"


def described(inventory: InventoryFactory, text: str) -> dict[str, Any]:
    """The one group of an inventory."""
    read = inventory(text)
    (group,) = groups_of_run(read.groups, read.hostvars, read.hosts)
    return group_arguments(group, read.groups, read.hostvars)


def one_group(hosts: str, variables: str = "{}") -> str:
    """An inventory with one Redis group."""
    return f"redis: {{children: {{one: {{hosts: {hosts}, vars: {variables}}}}}}}\n{SENTINELS}"


def test_defaults_need_nothing_but_names(inventory: InventoryFactory) -> None:
    assert described(
        inventory, "redis: {children: {one: {hosts: {a1: {}, b1: {}}}}}\nsentinels: {hosts: {s1: {}}}"
    ) == {
        "arguments": {
            "group": "one",
            "nodes": ["a1:6379", "b1:6379"],
            "node_options": [
                {"address": "a1:6379", "name": "a1", "machine": "a1"},
                {"address": "b1:6379", "name": "b1", "machine": "b1"},
            ],
            "sentinels": ["s1:26379"],
        },
        "node_arguments": {
            "a1": {"login_host": "a1", "login_port": 6379},
            "b1": {"login_host": "b1", "login_port": 6379},
        },
        "nodes": {
            "a1": {"machine": "a1", "zone": "", "service": "redis-server", "command": None, "address": "a1:6379"},
            "b1": {"machine": "b1", "zone": "", "service": "redis-server", "command": None, "address": "b1:6379"},
        },
        "watching": {},
        "never": [],
        "routing": {"command": None, "tasks": None, "timeout": 15.0},
        "sentinels": {
            "s1": {
                "address": "s1:26379",
                "zone": "",
                "arguments": {"login_host": "s1", "login_port": 26379},
            }
        },
    }


def test_a_group_without_sentinels_needs_none_in_the_inventory(inventory: InventoryFactory) -> None:
    text = "redis: {children: {one: {hosts: {a1: {}, b1: {}}, vars: {redis_without_sentinels: true}}}}"
    arguments = described(inventory, text)["arguments"]
    assert arguments["sentinels"] == []
    assert not [name for name in arguments if name.startswith("sentinel_")]


ROUTES = {
    "a command line": ("redis_route_command: '/move \"my group\"'", (["/move", "my group"], None, 15.0)),
    "a list": ("redis_route_command: [/move, now], redis_route_timeout: 5", (["/move", "now"], None, 5.0)),
    "tasks": (f"redis_route_tasks: {__file__}, redis_route_timeout: '30'", (None, __file__, 30.0)),
}


@pytest.mark.parametrize(("variables", "expected"), ROUTES.values(), ids=ROUTES)
def test_what_moves_traffic(inventory: InventoryFactory, variables: str, expected: tuple[Any, ...]) -> None:
    found = described(inventory, one_group("{a1: {}}", f"{{redis_without_sentinels: true, {variables}}}"))["routing"]
    assert tuple(found.values()) == expected


ADDRESSES = {
    "ansible_host": ("{ansible_host: 10.0.0.1}", "10.0.0.1:6379"),
    "redis_host wins": ("{ansible_host: bastion, redis_host: 10.0.0.1}", "10.0.0.1:6379"),
    "a port as text": ("{redis_port: '7000'}", "a1:7000"),
    "a templated port": ("{base: 7000, redis_port: '{{ base + 1 }}'}", "a1:7001"),
    "IPv6": ("{redis_host: 'fd00::1', redis_port: 7000}", "[fd00::1]:7000"),
    "IPv6 in brackets": ("{redis_host: '[fd00::1]'}", "[fd00::1]:6379"),
}


@pytest.mark.parametrize(("variables", "address"), ADDRESSES.values(), ids=ADDRESSES)
def test_addresses(inventory: InventoryFactory, variables: str, address: str) -> None:
    found = described(inventory, one_group(f"{{a1: {variables}}}"))
    assert found["arguments"]["nodes"] == [address]
    assert found["nodes"]["a1"]["address"] == address


def test_each_node_has_its_own_login_and_announced_address(inventory: InventoryFactory) -> None:
    text = one_group(
        "{a1: {redis_login_password: pa, redis_announce: 'a.example:6379'}, b1: {redis_login_password: '{{ secret }}', secret: pb}}",
        "{redis_login_user: maintenance}",
    )
    assert described(inventory, text)["arguments"]["node_options"] == [
        {
            "address": "a1:6379",
            "name": "a1",
            "announce": "a.example:6379",
            "machine": "a1",
            "login_user": "maintenance",
            "login_password": "pa",
        },
        {
            "address": "b1:6379",
            "name": "b1",
            "machine": "b1",
            "login_user": "maintenance",
            "login_password": "pb",
        },
    ]


@pytest.mark.parametrize(
    ("nodes", "variables", "sentinel", "watching"),
    [
        ("{a1: {}}", "{redis_login_password: p}", "{}", {"auth_password": "p"}),
        (
            "{a1: {}}",
            "{redis_login_user: ours, redis_login_password: p, redis_node_sentinel_password: q}",
            "{}",
            {"auth_user": "sentinel", "auth_password": "q"},
        ),
        (
            "{a1: {}}",
            "{redis_login_user: ours, redis_node_sentinel_user: s, redis_node_sentinel_password: q}",
            "{}",
            {"auth_user": "s", "auth_password": "q"},
        ),
        # Nobody says which of two passwords is the one by which Sentinels log in, nor that ours is theirs.
        ("{a1: {redis_login_password: p}, b1: {redis_login_password: q}}", "{}", "{}", {}),
        ("{a1: {}}", "{redis_login_user: ours, redis_login_password: p}", "{}", {}),
        (
            "{a1: {}}",
            "{}",
            "{redis_sentinel_quorum: '2', redis_sentinel_down_after_milliseconds: 5000, redis_sentinel_parallel_syncs: 0}",
            {"quorum": 2, "down_after_milliseconds": 5000},
        ),
    ],
)
def test_how_sentinels_watch_and_log_in_as_far_as_the_inventory_says_it(
    inventory: InventoryFactory, nodes: str, variables: str, sentinel: str, watching: dict[str, Any]
) -> None:
    text = one_group(nodes, variables).replace(SENTINELS, f"sentinels: {{hosts: {{s1: {sentinel}}}}}")
    assert described(inventory, text)["watching"] == watching


def test_modules_for_one_node_get_that_nodes_login(inventory: InventoryFactory) -> None:
    text = one_group(
        "{a1: {redis_host: 'fd00::1', redis_port: 7000, redis_login_password: pa}, b1: {redis_login_password: pb}}",
        "{redis_login_user: maintenance, redis_tls: true}",
    )
    shared = {"login_user": "maintenance", "tls": True}
    assert described(inventory, text)["node_arguments"] == {
        "a1": {"login_host": "fd00::1", "login_port": 7000, "login_password": "pa", **shared},
        "b1": {"login_host": "b1", "login_port": 6379, "login_password": "pb", **shared},
    }


def test_tls_of_nodes_and_of_sentinels_become_module_options(inventory: InventoryFactory) -> None:
    text = """
redis:
  children:
    one: {hosts: {a1: {}}, vars: {redis_tls: true, redis_validate_certs: false, redis_tls_check_hostname: false, redis_ca_certs: /ca}}
sentinels:
  hosts: {s1: {}, s2: {redis_sentinel_port: 5000, redis_sentinel_host: 'fd00::2'}}
  vars: {redis_sentinel_login_user: u, redis_sentinel_login_password: p, redis_sentinel_tls: true, redis_sentinel_client_cert_file: /c}
"""
    arguments = described(inventory, text)["arguments"]
    del arguments["node_options"]
    assert arguments == {
        "group": "one",
        "nodes": ["a1:6379"],
        "sentinels": ["s1:26379", "[fd00::2]:5000"],
        "tls": True,
        "validate_certs": False,
        "check_hostname": False,
        "ca_certs": "/ca",
        "sentinel_login_user": "u",
        "sentinel_login_password": "p",
        "sentinel_tls": True,
        "sentinel_client_cert_file": "/c",
    }


def test_where_a_node_is_and_whether_it_may_lead_is_known_by_its_name(inventory: InventoryFactory) -> None:
    text = one_group(
        "{a1: {redis_zone: a, redis_machine: m1, redis_never_primary: 'no'}, b1: {redis_zone: 2, redis_never_primary: 'yes'}, c1: {redis_never_primary: true}}"
    )
    found = described(inventory, text)
    assert found["never"] == ["b1", "c1"]
    places = [(option["name"], option.get("zone"), option["machine"]) for option in found["arguments"]["node_options"]]
    assert places == [("a1", "a", "m1"), ("b1", "2", "b1"), ("c1", None, "c1")]
    assert {name: node["zone"] for name, node in found["nodes"].items()} == {"a1": "a", "b1": "2", "c1": ""}


RESTARTS = {
    "a service": ("{redis_service: valkey}", {"service": "valkey", "command": None, "machine": "a1"}),
    "a command line": (
        "{redis_restart_command: 'sv restart \"my redis\"'}",
        {"service": None, "command": ["sv", "restart", "my redis"], "machine": "a1"},
    ),
    "a list": (
        "{redis_restart_command: [/restart, now]}",
        {"service": None, "command": ["/restart", "now"], "machine": "a1"},
    ),
    "a machine": (
        "{redis_machine: m7, ansible_host: x}",
        {"service": "redis-server", "command": None, "machine": "m7"},
    ),
    "neighbours by address": (
        "{ansible_host: x, redis_host: y}",
        {"service": "redis-server", "command": None, "machine": "x"},
    ),
}


@pytest.mark.parametrize(("variables", "expected"), RESTARTS.values(), ids=RESTARTS)
def test_how_a_node_is_restarted(inventory: InventoryFactory, variables: str, expected: dict[str, Any]) -> None:
    node = described(inventory, one_group(f"{{a1: {variables}}}"))["nodes"]["a1"]
    assert {key: node[key] for key in expected} == expected


REFUSED = {
    "no port": (one_group("{a1: {redis_port: 0}}"), "host a1: redis_port is 0, which is no port"),
    "a text for a port": (one_group("{a1: {redis_port: redis}}"), "host a1: redis_port is 'redis', which is no port"),
    "the same node twice": (
        one_group("{a1: {redis_host: h}, b1: {redis_host: h}}"),
        "one: a1 and b1 are both at h:6379",
    ),
    "the same Sentinel twice": (
        "redis: {children: {one: {hosts: {a1: {}}}}}\nsentinels: {hosts: {s1: {ansible_host: h}, s2: {ansible_host: h}}}",
        "sentinels: s1 and s2 are both at h:26379",
    ),
    "no Sentinels": (
        "redis: {children: {one: {hosts: {a1: {}}}}}",
        "Redis group one: the inventory group 'sentinels'.*does not exist",
    ),
    "an unknown group of Sentinels": (
        one_group("{a1: {}}", "{redis_sentinel_hosts: watch}"),
        "'watch'.*does not exist",
    ),
    "an empty group of Sentinels": (
        "redis: {children: {one: {hosts: {a1: {}}}}}\nsentinels: {}",
        "'sentinels'.*is empty",
    ),
    "TLS on some nodes only": (
        one_group("{a1: {redis_tls: true}, b1: {}}"),
        "one: redis_tls must be the same.*a1 and b1 differ",
    ),
    "a wish that is neither yes nor no": (
        one_group("{a1: {redis_never_primary: perhaps}}"),
        "host a1: redis_never_primary is 'perhaps'; it is true or false",
    ),
    "with and without Sentinels": (
        one_group("{a1: {redis_without_sentinels: true, redis_sentinel_hosts: sentinels}}"),
        "host a1: redis_without_sentinels is true and redis_sentinel_hosts is 'sentinels'",
    ),
    "perhaps without Sentinels": (
        one_group("{a1: {redis_without_sentinels: perhaps}}"),
        "host a1: redis_without_sentinels is 'perhaps'; it is true or false",
    ),
    "two ways to move traffic": (
        one_group("{a1: {}}", f"{{redis_route_command: /move, redis_route_tasks: {__file__}}}"),
        "one: redis_route_command and redis_route_tasks are both set",
    ),
    "tasks at a path that means another file elsewhere": (
        one_group("{a1: {}}", "{redis_route_tasks: route.yml}"),
        "one: redis_route_tasks must be the absolute path of a file.*'route.yml' is none",
    ),
    "a command that is no command": (
        one_group("{a1: {}}", "{redis_route_command: {move: it}}"),
        "one: redis_route_command must be a command line or a list",
    ),
    "no time for it": (one_group("{a1: {}}", "{redis_route_timeout: 0}"), "one: redis_route_timeout is 0, which is no"),
    "other ways on other nodes": (
        one_group("{a1: {redis_route_command: /a}, b1: {redis_route_command: /b}}"),
        "one: redis_route_command must be the same for all",
    ),
    "an empty restart command": (
        one_group("{a1: {redis_restart_command: []}}"),
        "host a1: redis_restart_command must be",
    ),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_meant_is_refused(inventory: InventoryFactory, text: str, message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=message):
        described(inventory, text)


def test_differing_passwords_of_sentinels_are_refused_without_naming_them(inventory: InventoryFactory) -> None:
    text = """
redis: {children: {one: {hosts: {a1: {}}}}}
sentinels: {hosts: {s1: {redis_sentinel_login_password: topsecret}, s2: {redis_sentinel_login_password: geheim}}}
"""
    with pytest.raises(AnsibleFilterError, match="redis_sentinel_login_password must be the same") as caught:
        described(inventory, text)
    assert "topsecret" not in str(caught.value)
    assert "geheim" not in str(caught.value)

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory contract: which Redis groups an inventory describes, and what modules need to know of each.

Everything is read for the hosts of the group in question, whichever host a task runs for. Every default of the inventory
contract is here and nowhere else.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean

from ..module_utils._model.group_name import why_not_a_name

ROOT_GROUP = "redis"
NODE_PORT = 6379
SENTINEL_PORT = 26379
SENTINEL_HOSTS = "sentinels"
SERVICE = "redis-server"
# The identity of a Sentinel set that does not exist.
NO_SENTINELS = ""
ROUTE_TIMEOUT = 15.0

# Inventory variable, without its prefix, and the module option that it becomes. One value for all servers of a kind.
_SHARED_LOGIN = {
    "tls": "tls",
    "validate_certs": "validate_certs",
    "tls_check_hostname": "check_hostname",
    "ca_certs": "ca_certs",
    "client_cert_file": "client_cert_file",
    "client_key_file": "client_key_file",
}
_OWN_LOGIN = {"login_user": "login_user", "login_password": "login_password"}

Groups = Mapping[str, Sequence[str]]


class InventoryError(Exception):
    """The inventory, or the part of it that the run covers, cannot be meant. Says what, where and what to do."""


@dataclass(frozen=True)
class RedisGroup:
    """One Redis group of the inventory. ``sentinel_hosts`` and ``group`` are its identity; ``label`` is unique too, for people.

    Without Sentinels, ``sentinel_hosts`` is empty.
    """

    label: str
    group: str
    cluster: str
    sentinel_hosts: str
    hosts: tuple[str, ...]

    def as_data(self) -> dict[str, Any]:
        """Plain data for playbooks."""
        return {**asdict(self), "hosts": list(self.hosts)}


def groups_of_run(groups: Groups, hostvars: Any, run_hosts: Iterable[str]) -> list[RedisGroup]:
    """The Redis groups that a run over ``run_hosts`` covers, sorted by label.

    Raises InventoryError for a run that covers nothing or leaves a part of a group out.
    """
    everything = redis_groups(groups, hostvars)
    present = set(run_hosts)
    chosen = [group for group in everything if present.intersection(group.hosts)]
    torn = [
        "{} ({} would be left out)".format(group.label, ", ".join(missing))
        for group in chosen
        if (missing := [host for host in group.hosts if host not in present])
    ]
    if torn:
        raise InventoryError(
            "the limit tears Redis groups apart: {}. A group is treated as a whole: choose all of its hosts, "
            "for example by the name of its inventory group".format("; ".join(torn))
        )
    if not chosen:
        raise InventoryError(
            "no Redis node is in this run, so there is nothing to do. There are: {}".format(
                ", ".join("{} ({})".format(group.label, ", ".join(group.hosts)) for group in everything)
            )
        )
    return chosen


def mistakes_of_run(groups: Groups, hostvars: Any, run_hosts: Iterable[str]) -> list[str]:
    """Everything in the inventory, or in the choice of its hosts, with which the run cannot be meant; empty when it can."""
    try:
        chosen = groups_of_run(groups, hostvars, run_hosts)
    except InventoryError as error:
        return [str(error)]
    found: list[str] = []
    for group in chosen:
        try:
            describe(group.as_data(), groups, hostvars)
        except InventoryError as error:
            found.append(str(error))
    return found


def redis_groups(groups: Groups, hostvars: Any) -> list[RedisGroup]:
    """Every Redis group of the inventory, sorted by label. Raises InventoryError."""
    hosts = list(groups.get(ROOT_GROUP, ()))
    if not hosts:
        raise InventoryError(
            f"the inventory has no hosts in the group '{ROOT_GROUP}', below which every Redis group has a child group"
        )
    names = _default_names(groups, hostvars)
    members: dict[tuple[str, str], list[str]] = {}
    clusters: dict[tuple[str, str], dict[str, str]] = {}
    for host in sorted(hosts):
        variables = hostvars[host]
        group = _text(variables, "redis_group") or names(host)
        reason = why_not_a_name(group)
        if reason is not None:
            raise InventoryError(f"host {host}: {reason}")
        identity = (_sentinel_hosts(host, variables), group)
        members.setdefault(identity, []).append(host)
        clusters.setdefault(identity, {})[host] = _text(variables, "redis_cluster")
    shared_names = {name for _set, name in members if sum(name == other for _s, other in members) > 1}
    found = [
        RedisGroup(
            label=_label(group, sentinel_hosts) if group in shared_names else group,
            group=group,
            cluster=_same(clusters[sentinel_hosts, group], "redis_cluster", group) or "",
            sentinel_hosts=sentinel_hosts,
            hosts=tuple(hosts_of_group),
        )
        for (sentinel_hosts, group), hosts_of_group in members.items()
    ]
    return sorted(found, key=lambda group: group.label)


def describe(group: Mapping[str, Any], groups: Groups, hostvars: Any) -> dict[str, Any]:
    """What tasks need of a group. Raises InventoryError.

    ``arguments`` of the modules that speak of a group, ``node_arguments`` of those that speak of one node, by inventory
    name, both with secrets; ``nodes``, by inventory name: how each is restarted and where it runs; ``never``, the names of
    those that shall not be the primary; ``watching``: how Sentinels log in to the nodes and watch the group, as far as the
    inventory says it, with secrets; ``routing``: what moves its traffic, where no Sentinels tell clients of a new primary;
    and ``sentinels``, by inventory name: where each of its Sentinels is, and how a module speaks to it alone.
    """
    nodes = {host: hostvars[host] for host in group["hosts"]}
    addresses = {host: _address(host, variables, "redis_", NODE_PORT) for host, variables in nodes.items()}
    _no_address_twice(addresses, group["label"])
    sentinels = _sentinels(group, groups, hostvars)
    sentinel_addresses = {
        host: _address(host, variables, "redis_sentinel_", SENTINEL_PORT) for host, variables in sentinels.items()
    }
    _no_address_twice(sentinel_addresses, group["sentinel_hosts"])
    return {
        "arguments": {
            "group": group["group"],
            "nodes": list(addresses.values()),
            "node_options": [_node_options(host, addresses[host], variables) for host, variables in nodes.items()],
            "sentinels": list(sentinel_addresses.values()),
            **_login(nodes, "redis_", _SHARED_LOGIN, "", group["label"]),
            **_login(
                sentinels, "redis_sentinel_", {**_OWN_LOGIN, **_SHARED_LOGIN}, "sentinel_", group["sentinel_hosts"]
            ),
        },
        "node_arguments": {
            host: {
                "login_host": _host(host, variables, "redis_"),
                "login_port": _port(host, variables, "redis_", NODE_PORT),
                **_login({host: variables}, "redis_", {**_OWN_LOGIN, **_SHARED_LOGIN}, "", host),
            }
            for host, variables in nodes.items()
        },
        "nodes": {host: _how_to_restart(host, variables) for host, variables in nodes.items()},
        "watching": _watching(nodes, sentinels),
        "never": [host for host, variables in nodes.items() if _is_true(host, variables, "redis_never_primary")],
        "routing": _routing(nodes, group["label"]),
        "sentinels": {
            host: {
                "address": sentinel_addresses[host],
                "zone": _text(variables, "redis_zone"),
                "arguments": {
                    "login_host": _host(host, variables, "redis_sentinel_"),
                    "login_port": _port(host, variables, "redis_sentinel_", SENTINEL_PORT),
                    **_login({host: variables}, "redis_sentinel_", {**_OWN_LOGIN, **_SHARED_LOGIN}, "", host),
                },
            }
            for host, variables in sentinels.items()
        },
    }


def _watching(nodes: Mapping[str, Mapping[str, Any]], sentinels: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Options of the modules that have Sentinels watch the group: what the roles redis_node and redis_sentinel deploy it with.

    Where a value is not the same on all hosts, it is none of the group's, and the module says that it misses it.
    """
    with_users = any(_text(variables, "redis_login_user") not in ("", "default") for variables in nodes.values())
    if with_users:
        user = _common(nodes, "redis_node_sentinel_user") or "sentinel"
        password = _common(nodes, "redis_node_sentinel_password")
    else:
        user, password = "", _common(nodes, "redis_login_password")
    found: dict[str, Any] = {"auth_user": user, "auth_password": password} if password else {}
    for option in ("quorum", "down_after_milliseconds", "failover_timeout", "parallel_syncs"):
        value = _common(sentinels, "redis_sentinel_" + option)
        if value.isdecimal() and int(value) > 0:
            found[option] = int(value)
    return {option: value for option, value in found.items() if value}


def _common(hosts: Mapping[str, Mapping[str, Any]], variable: str) -> str:
    values = {_text(variables, variable) for variables in hosts.values()}
    return values.pop() if len(values) == 1 else ""


def primaries_elsewhere(hosts: Iterable[str], hostvars: Any) -> dict[str, dict[str, int]]:
    """How many primaries each zone and each machine has, by the newest views of the groups that ``hosts`` stand for.

    A group of which nothing is known, or whose primary is not known, counts for nothing.
    """
    found: dict[str, dict[str, int]] = {"zone": {}, "machine": {}}
    for host in hosts:
        view, described = hostvars[host].get("redis_roll_view"), hostvars[host].get("__redis_roll_described")
        node = described["nodes"].get(view["primary"]) if view and described else None
        for kind, counts in found.items():
            place = node[kind] if node else ""
            if place:
                counts[place] = counts.get(place, 0) + 1
    return found


def _default_names(groups: Groups, hostvars: Any) -> Callable[[str], str]:
    """A function from host to the default name of its Redis group: that of its one child group of ``redis``."""
    # The variable `groups` tells members, not parents; the hierarchy is in the inventory behind `hostvars` alone.
    children: dict[str, Any] = {child.name: child for child in hostvars._inventory.groups[ROOT_GROUP].child_groups}

    def name(host: str) -> str:
        mine = sorted(child for child in children if host in groups[child])
        if len(mine) != 1:
            raise InventoryError(
                "host {}: which Redis group is it in? It is in {} of the child groups of '{}'{}. Set redis_group to the "
                "name by which its Sentinels know the group".format(
                    host, len(mine) or "none", ROOT_GROUP, " ({})".format(", ".join(mine)) if mine else ""
                )
            )
        if children[mine[0]].child_groups:
            raise InventoryError(
                f"host {host}: '{mine[0]}' has child groups, so its name is not the name of one Redis group. Set redis_group in each "
                "of them to the name by which the Sentinels know the group"
            )
        return mine[0]

    return name


def _sentinel_hosts(host: str, variables: Mapping[str, Any]) -> str:
    named, without = _text(variables, "redis_sentinel_hosts"), _is_true(host, variables, "redis_without_sentinels")
    if named and without:
        raise InventoryError(
            f"host {host}: redis_without_sentinels is true and redis_sentinel_hosts is {named!r}. Remove one of them: whether "
            "Sentinels watch the group decides how a primary is moved"
        )
    return NO_SENTINELS if without else named or SENTINEL_HOSTS


def _label(group: str, sentinel_hosts: str) -> str:
    return f"{group} without Sentinels" if sentinel_hosts == NO_SENTINELS else f"{group} of {sentinel_hosts}"


def _routing(hosts: Mapping[str, Mapping[str, Any]], where: str) -> dict[str, Any]:
    """What moves the traffic of a group without Sentinels: a command, the path of a file of tasks, or nothing."""
    found = {
        name: _same({host: variables.get(name) for host, variables in hosts.items()}, name, where)
        for name in ("redis_route_command", "redis_route_tasks", "redis_route_timeout")
    }
    command, tasks, timeout = found.values()
    if command and tasks:
        raise InventoryError(
            f"{where}: redis_route_command and redis_route_tasks are both set; one of them moves traffic"
        )
    if tasks and not (os.path.isabs(str(tasks)) and os.path.isfile(str(tasks))):
        raise InventoryError(
            f"{where}: redis_route_tasks must be the absolute path of a file of tasks on this machine, for example "
            f"{{{{ inventory_dir }}}}/route.yml; {str(tasks)!r} is none"
        )
    return {
        "command": _words(command, "redis_route_command", where) if command else None,
        "tasks": str(tasks) if tasks else None,
        "timeout": _seconds(timeout, "redis_route_timeout", where) if timeout is not None else ROUTE_TIMEOUT,
    }


def _seconds(value: Any, variable: str, where: str) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise InventoryError(f"{where}: {variable} is {value!r}, which is no number of seconds above 0")
    return seconds


def _words(value: Any, variable: str, where: str) -> list[str]:
    words = shlex.split(value) if isinstance(value, str) else value
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
        raise InventoryError(f"{where}: {variable} must be a command line or a list of its words")
    return list(words)


def _is_true(host: str, variables: Mapping[str, Any], name: str) -> bool:
    value = variables.get(name, False)
    try:
        return bool(boolean(value))
    except TypeError as error:
        raise InventoryError(f"host {host}: {name} is {value!r}; it is true or false") from error


def _sentinels(group: Mapping[str, Any], groups: Groups, hostvars: Any) -> dict[str, Any]:
    name = group["sentinel_hosts"]
    if name == NO_SENTINELS:
        return {}
    hosts = sorted(groups.get(name, ()))
    if not hosts:
        raise InventoryError(
            "Redis group {}: the inventory group '{}', which should hold its Sentinels, {}. Set redis_sentinel_hosts to the "
            "inventory group that does, or redis_without_sentinels to true for a group that none watch".format(
                group["label"], name, "is empty" if name in groups else "does not exist"
            )
        )
    return {host: hostvars[host] for host in hosts}


def _address(host: str, variables: Mapping[str, Any], prefix: str, default_port: int) -> str:
    """``host:port``, IPv6 in brackets."""
    name = _host(host, variables, prefix)
    port = _port(host, variables, prefix, default_port)
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


def _host(host: str, variables: Mapping[str, Any], prefix: str) -> str:
    return (_text(variables, prefix + "host") or _text(variables, "ansible_host") or host).strip("[]")


def _port(host: str, variables: Mapping[str, Any], prefix: str, default: int) -> int:
    value = variables.get(prefix + "port", default)
    text = str(value).strip()
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise InventoryError(f"host {host}: {prefix}port is {value!r}, which is no port")
    return int(text)


def _no_address_twice(addresses: Mapping[str, str], where: str) -> None:
    first: dict[str, str] = {}
    for host, address in addresses.items():
        if address in first:
            raise InventoryError(
                f"{where}: {first[address]} and {host} are both at {address}. One server has one inventory name; several on one machine need a "
                "port each"
            )
        first[address] = host


def _node_options(host: str, address: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    options = {
        "address": address,
        "name": host,
        "announce": _text(variables, "redis_announce"),
        "zone": _text(variables, "redis_zone"),
        "machine": _machine(host, variables),
    }
    options.update({option: _text(variables, "redis_" + variable) for variable, option in _OWN_LOGIN.items()})
    return {option: value for option, value in options.items() if value}


def _login(
    hosts: Mapping[str, Mapping[str, Any]], prefix: str, options: Mapping[str, str], option_prefix: str, where: str
) -> dict[str, Any]:
    """Options that a module takes once for all servers of a kind."""
    found = {}
    for variable, option in options.items():
        values = {host: variables.get(prefix + variable) for host, variables in hosts.items()}
        value = _same(values, prefix + variable, where)
        if value is not None:
            found[option_prefix + option] = value
    return found


def _same(values: Mapping[str, Any], variable: str, where: str) -> Any:
    """The one value that all hosts have. Values are not named in the error: some are secret."""
    if not values:
        return None
    (first, value), *others = values.items()
    differing = [host for host, other in others if other != value]
    if differing:
        raise InventoryError(
            f"{where}: {variable} must be the same for all of its hosts, but {first} and {differing[0]} differ"
        )
    return value


def _how_to_restart(host: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    given = variables.get("redis_restart_command")
    command = _words(given, "redis_restart_command", f"host {host}") if given is not None else None
    return {
        "machine": _machine(host, variables),
        "zone": _text(variables, "redis_zone"),
        "service": None if command else _text(variables, "redis_service") or SERVICE,
        "command": command,
        "address": _address(host, variables, "redis_", NODE_PORT),
    }


def _machine(host: str, variables: Mapping[str, Any]) -> str:
    """Nodes on one machine are neighbours; without a declared machine, the address under which it is reached tells."""
    return _text(variables, "redis_machine") or _text(variables, "ansible_host") or host


def _text(variables: Mapping[str, Any], name: str) -> str:
    value = variables.get(name)
    return "" if value is None else str(value)

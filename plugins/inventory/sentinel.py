# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
name: sentinel
short_description: Redis and Valkey groups, asked from their Sentinels
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - Builds the inventory that the playbooks of this collection need. Every Redis group becomes a child group of C(redis), every Sentinel a host
    of O(sentinel_hosts). The nodes are also in C(redis_role_primary) or C(redis_role_replica).
  - The name of the file must end in C(sentinel.yml) or C(sentinel.yaml). One file is one Sentinel set. For several sets give several files,
    each with another O(sentinel_hosts), and with a O(group_prefix) where sets use the same names.
  - All Sentinels in O(sentinels), and those that they know, are asked at the same time, and so is every node. A node leads a group when more than
    half of the Sentinels name it and it says so itself. It belongs to the group when it says that it copies the primary. Whatever contradicts
    that is left out, with a warning.
  - A Sentinel that is not in O(sentinels) counts only when more than half of those that are know it. So give all of them, or at least three.
  - Who leads is true for the moment of the question. The playbooks ask again before every step, whatever the inventory says.
  - Names of groups have characters that Ansible does not allow replaced by underscores. C(redis_group) holds the name that the Sentinels use.
extends_documentation_fragment:
  - steadyhand.redis.login
  - steadyhand.redis.login.sentinel
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
notes:
  - Hosts have the variables C(ansible_host), C(redis_role) (V(primary), V(replica), V(unknown) or V(sentinel)), C(redis_engine) and C(redis_version)
    (where they could be asked), C(redis_zone) (where O(zones) tells), and C(redis_host), C(redis_port) and C(redis_announce), or
    C(redis_sentinel_host) and C(redis_sentinel_port). The groups have C(redis_group), C(redis_sentinel_hosts) and C(redis_cluster).
  - No login and no password is put into the inventory. The playbooks need C(redis_login_password) and so on as variables of your own
    (C(group_vars), encrypted), or by O(compose). With O(tls) and O(sentinel_tls), C(redis_tls) and C(redis_sentinel_tls) are set; the paths of
    certificates on the nodes are yours to set.
  - Only what is beyond doubt is cached. As long as there is something to warn of, everybody is asked again.
requirements:
  - redis (Python library, 4.3 or newer) on the controller
options:
  plugin:
    description:
      - Marks the file as one of this plugin.
    type: str
    required: true
    choices: [steadyhand.redis.sentinel]
  sentinels:
    description:
      - Addresses of the Sentinels, as C(host:port), with IPv6 addresses in brackets. They are written as the nodes reach them, too.
    type: list
    elements: str
    required: true
  sentinel_hosts:
    description:
      - Name of the inventory group of these Sentinels, and value of C(redis_sentinel_hosts).
    type: str
    default: sentinels
  group_prefix:
    description:
      - What the names of the child groups of C(redis) begin with.
    type: str
    default: ""
  cluster:
    description:
      - Value of C(redis_cluster) of all groups.
    type: str
    default: ""
  zones:
    description:
      - Which zone is where. A key is an address, a network (C(10.0.1.0/24)) or a pattern of host names (C(*.a.example.org)).
      - The smallest network counts that holds an address, and the first pattern that matches a name. Names are not resolved.
    type: dict
    default: {}
  node_name:
    description:
      - Template of the inventory names of nodes, with the variables of the node and of its group. By default C(host-port).
    type: str
    default: ""
  sentinel_name:
    description:
      - Template of the inventory names of Sentinels, with the variables of the Sentinel. By default C(host-port).
    type: str
    default: ""
  ask_nodes:
    description:
      - Whether the nodes are asked, too. Switch it off where the controller cannot reach them.
      - The Sentinels are then all that is known. Engine and version of nodes are not, and C(redis_role) is what most Sentinels say.
    type: bool
    default: true
  on_disagreement:
    description:
      - What to do when accounts contradict one another.
      - Servers that cannot be asked are always a warning, as long as one Sentinel can.
    type: str
    choices: [warn, error]
    default: warn
  connect_timeout:
    description:
      - Seconds to wait for a connection and for each reply.
    type: float
    default: 3.0
  login_user:
    description:
      - ACL user to log in to nodes with. Without it, the user V(default) is meant.
      - A template may use C(redis_group), C(redis_host) and C(redis_port), and variables of the command line.
      - The least rights that it needs are V(collection) of P(steadyhand.redis.acl_rules#filter).
    type: str
    env:
      - name: STEADYHAND_REDIS_LOGIN_USER
  login_password:
    description:
      - Password of O(login_user), or of the user V(default). A template like O(login_user).
    type: str
    env:
      - name: STEADYHAND_REDIS_LOGIN_PASSWORD
  sentinel_login_user:
    description:
      - ACL user to log in to Sentinels with. Without it, the user V(default) is meant.
      - A template may use variables of the command line.
      - The least rights that it needs are V(collection_on_sentinel) of P(steadyhand.redis.acl_rules#filter).
    type: str
    env:
      - name: STEADYHAND_REDIS_SENTINEL_LOGIN_USER
  sentinel_login_password:
    description:
      - Password of O(sentinel_login_user), or of the user V(default). A template like O(sentinel_login_user).
    type: str
    env:
      - name: STEADYHAND_REDIS_SENTINEL_LOGIN_PASSWORD
seealso:
  - module: steadyhand.redis.group_info
  - plugin: steadyhand.redis.groups_of_run
    plugin_type: filter
"""

EXAMPLES = r"""
# sentinel.yml
plugin: steadyhand.redis.sentinel
sentinels: [10.0.1.21:26379, 10.0.2.21:26379, 10.0.3.21:26379]

---
# mt1.sentinel.yml, one of several sets, with TLS and ACL users
plugin: steadyhand.redis.sentinel
sentinels: [s-a.mt1.example.org:26379, s-b.mt1.example.org:26379, s-c.mt1.example.org:26379]
sentinel_hosts: sentinels_mt1
group_prefix: mt1_
cluster: mt1
zones:
  10.0.1.0/24: a
  10.0.2.0/24: b
  "*.c.mt1.example.org": c
tls: true
sentinel_tls: true
ca_certs: /etc/ssl/mt1.pem
sentinel_ca_certs: /etc/ssl/mt1.pem
sentinel_login_user: maintenance
sentinel_login_password: "{{ lookup('ansible.builtin.env', 'MT1_SENTINEL_PASSWORD') }}"
login_user: maintenance
login_password: "{{ lookup('ansible.builtin.file', '/run/secrets/' ~ redis_group) }}"
on_disagreement: error
node_name: "{{ redis_group }}-{{ redis_zone }}"
compose:
  redis_service: "'valkey-server' if redis_engine == 'valkey' else 'redis-server'"
keyed_groups:
  - key: redis_version
    prefix: redis_version
groups:
  redis_in_zone_a: redis_zone == 'a'
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleParserError
from ansible.module_utils.basic import missing_required_lib
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.connection import IMPORT_ERROR, Login
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.survey import SurveyTargets, survey
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.targets import login_from
from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.discovery import Discovery, discover
from ansible_collections.steadyhand.redis.plugins.module_utils._model.errors import BadInput, SteadyhandError
from ansible_collections.steadyhand.redis.plugins.module_utils._model.survey import CONTRADICTION
from ansible_collections.steadyhand.redis.plugins.module_utils._model.zones import Zones
from ansible_collections.steadyhand.redis.plugins.plugin_utils import _discovered
from ansible_collections.steadyhand.redis.plugins.plugin_utils._inventory import ROOT_GROUP, InventoryError

_ENDINGS = ("sentinel.yml", "sentinel.yaml")
# What the outcome of a survey depends on, and is no secret: another of these is another survey.
_ASKED_BY = ("sentinels", "ask_nodes", "login_user", "sentinel_login_user", "tls", "sentinel_tls")


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """What Ansible loads."""

    NAME = "steadyhand.redis.sentinel"

    # Ansible sets the inventory before it asks for anything, and declares no types for what it inherits to us.
    inventory: Any
    _given: Mapping[str, Any]

    def verify_file(self, path: str) -> bool:
        """Whether the file is meant for this plugin, by its name."""
        readable: bool = super().verify_file(path)  # type: ignore[no-untyped-call]
        return readable and path.endswith(_ENDINGS)

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Fill the inventory."""
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)  # type: ignore[no-untyped-call]
        self._given = self.get_options()  # type: ignore[no-untyped-call]
        if IMPORT_ERROR is not None:
            raise AnsibleParserError(missing_required_lib("redis")) from IMPORT_ERROR
        try:
            naming = self._naming()
            found = self._found(path, cache)
            self._judge(found)
            self._fill(_discovered.inventory_of(found, naming), naming.sentinel_hosts)
        except (SteadyhandError, InventoryError) as error:
            raise AnsibleParserError(f"{path}: {error}") from error

    def _naming(self) -> _discovered.Naming:
        return _discovered.Naming(
            sentinel_hosts=self._given["sentinel_hosts"],
            group_prefix=self._given["group_prefix"],
            cluster=self._given["cluster"],
            zones=Zones.read(self._given["zones"]),
            tls=self._given["tls"],
            sentinel_tls=self._given["sentinel_tls"],
            node_name=lambda variables: self._text("node_name", variables) or "",
            sentinel_name=lambda variables: self._text("sentinel_name", variables) or "",
        )

    def _found(self, path: str, cache: bool) -> Discovery:
        """What the servers say, or what they said when there was no doubt about it."""
        if not self._given["cache"]:
            return self._asked()
        digest = hashlib.sha256(json.dumps({name: self._given[name] for name in _ASKED_BY}).encode()).hexdigest()
        key = f"{self.get_cache_key(path)}_{digest[:12]}"
        kept = self._cache.get(key) if cache else None
        if kept is not None and not kept["doubts"]:
            return _discovered.from_data(kept)
        found = self._asked()
        # With its doubts, which make it useless: what was certain once must not come back after them.
        self._cache[key] = _discovered.as_data(found)
        return found

    def _asked(self) -> Discovery:
        sentinels = tuple(Address.parse(text) for text in self._given["sentinels"])
        targets = SurveyTargets(
            sentinels,
            self._login("sentinel_", {}),
            self._login_of_node if self._given["ask_nodes"] else None,
        )
        seen = survey(targets, self._given["connect_timeout"])
        given = [report for report in seen.reports if report.given]
        mistaken = [report.error for report in given if report.mistaken]
        if mistaken:
            raise BadInput("sentinels: {}".format("; ".join(mistaken)))
        if all(report.facts is None for report in given):
            why = "; ".join(report.error for report in given)
            raise BadInput(
                f"none of the Sentinels can be asked: {why}. Look at their addresses, and at the options sentinel_*"
            )
        return discover(seen)

    def _login_of_node(self, group: str, address: Address) -> Login:
        return self._login("", {"redis_group": group, "redis_host": address.host, "redis_port": address.port})

    def _login(self, prefix: str, variables: Mapping[str, Any]) -> Login:
        texts = {name: self._text(name, variables) for name in (f"{prefix}login_user", f"{prefix}login_password")}
        return login_from({**self._given, **texts}, prefix)

    def _text(self, option: str, variables: Mapping[str, Any]) -> str | None:
        """An option that may be a template."""
        self.templar.available_variables = {**(self._vars or {}), **variables}
        value = self.templar.template(self._given[option])
        return None if value is None else str(value)

    def _judge(self, found: Discovery) -> None:
        """Say what is doubtful. Raises BadInput where that must not be."""
        contradictions = [str(doubt) for doubt in found.doubts if doubt.kind == CONTRADICTION]
        if contradictions and self._given["on_disagreement"] == "error":
            raise BadInput("the accounts contradict one another: {}".format("; ".join(contradictions)))
        for doubt in found.doubts:
            self.display.warning(str(doubt))
        if not found.groups:
            self.display.warning(
                "the Sentinels watch no group of which anything is certain: there are no Redis nodes in this inventory"
            )

    def _fill(self, built: _discovered.Inventory, sentinel_hosts: str) -> None:
        strict = self._given["strict"]
        self._require_not_taken(built, sentinel_hosts)
        for group in (ROOT_GROUP, *_discovered.ROLE_GROUPS.values(), sentinel_hosts):
            self.inventory.add_group(group)
        for child, variables in built.children.items():
            self.inventory.add_group(child)
            self.inventory.add_child(ROOT_GROUP, child)
            for name, value in variables.items():
                self.inventory.set_variable(child, name, value)
        for host, variables in built.hosts.items():
            for group in built.groups_of[host]:
                self.inventory.add_host(host, group=group)
            for name, value in variables.items():
                self.inventory.set_variable(host, name, value)
            known = {**self._variables_of_groups(built, host), **self.inventory.get_host(host).get_vars()}
            self._set_composite_vars(self._given["compose"], known, host, strict)  # type: ignore[no-untyped-call]
            self._add_host_to_composed_groups(self._given["groups"], known, host, strict)  # type: ignore[no-untyped-call]
            self._add_host_to_keyed_groups(self._given["keyed_groups"], known, host, strict)  # type: ignore[no-untyped-call]
        if self._given["zones"] and built.nowhere:
            self.display.warning("zones does not tell where these are: {}".format(", ".join(built.nowhere)))

    def _require_not_taken(self, built: _discovered.Inventory, sentinel_hosts: str) -> None:
        """What another source has put there must not be mixed with this."""
        for child, variables in built.children.items():
            there = self.inventory.groups.get(child)
            if there is not None and there.get_vars().get("redis_sentinel_hosts", sentinel_hosts) != sentinel_hosts:
                raise InventoryError(
                    f"the inventory group {child!r} of {variables['redis_group']!r} is there already, for other Sentinels "
                    f"({there.get_vars()['redis_sentinel_hosts']}): set another group_prefix"
                )
        for host in built.hosts:
            there = self.inventory.hosts.get(host)
            elsewhere = {group.name for group in there.get_groups()} if there is not None else set()
            other = sorted(
                name
                for name in elsewhere - set(built.groups_of[host])
                if ROOT_GROUP in {parent.name for parent in self.inventory.groups[name].parent_groups}
            )
            if other:
                raise InventoryError(
                    f"the host {host!r} is there already, in the Redis group {other[0]!r}: a node is of one group only"
                )

    @staticmethod
    def _variables_of_groups(built: _discovered.Inventory, host: str) -> dict[str, Any]:
        return {name: value for group in built.groups_of[host] for name, value in built.children.get(group, {}).items()}

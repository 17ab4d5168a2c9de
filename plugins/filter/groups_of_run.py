# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
name: groups_of_run
short_description: Redis groups that a run covers
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - Reads the inventory by the contract of this collection, and says which Redis groups a run covers.
  - Fails when the run covers no Redis node, or leaves a part of a group out.
  - A group is identified by the inventory group of its Sentinels (C(redis_sentinel_hosts)) and its name (C(redis_group)).
    The name of the inventory group is the default only where exactly one child group of C(redis) holds the host.
positional: hostvars, hosts
options:
  _input:
    description: The variable C(groups).
    type: dict
    required: true
  hostvars:
    description: The variable C(hostvars).
    type: dict
    required: true
  hosts:
    description: The hosts of the run, usually C(ansible_play_hosts_all) of a play over C(all).
    type: list
    elements: str
    required: true
seealso:
  - plugin: steadyhand.redis.group_arguments
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Name the Redis groups of this run
  ansible.builtin.debug:
    msg: "{{ groups | steadyhand.redis.groups_of_run(hostvars, ansible_play_hosts_all) | map(attribute='label') }}"
"""

RETURN = r"""
_value:
  description: The groups, sorted by label.
  type: list
  elements: dict
  contains:
    label:
      description: The name, with its Sentinels where two Sentinel sets use the same name.
      type: str
    group:
      description: The name by which the Sentinels know it.
      type: str
    cluster:
      description: C(redis_cluster), or empty.
      type: str
    sentinel_hosts:
      description: The inventory group of its Sentinels; empty for a group that none watch (C(redis_without_sentinels)).
      type: str
    hosts:
      description: Inventory names of its nodes, sorted.
      type: list
      elements: str
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.steadyhand.redis.plugins.plugin_utils import _inventory


def groups_of_run(groups: Mapping[str, Sequence[str]], hostvars: Any, hosts: Sequence[str]) -> list[dict[str, Any]]:
    """The filter."""
    try:
        return [group.as_data() for group in _inventory.groups_of_run(groups, hostvars, hosts)]
    except _inventory.InventoryError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters in this file."""
        return {"groups_of_run": groups_of_run}

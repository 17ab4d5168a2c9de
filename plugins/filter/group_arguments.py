# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
name: group_arguments
short_description: Module arguments and restart commands of a Redis group
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - Reads everything that tasks need to know of one Redis group from the variables of its hosts, with every default of the inventory contract.
  - Task arguments are evaluated for the host that stands for the group, so no task may use a variable of a node directly.
  - The result holds passwords. Keep it in a variable by a task with C(no_log).
positional: groups, hostvars
options:
  _input:
    description: A group, as P(steadyhand.redis.groups_of_run#filter) returns it.
    type: dict
    required: true
  groups:
    description: The variable C(groups).
    type: dict
    required: true
  hostvars:
    description: The variable C(hostvars).
    type: dict
    required: true
seealso:
  - plugin: steadyhand.redis.groups_of_run
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Look at the first group of this run
  vars:
    group: "{{ (groups | steadyhand.redis.groups_of_run(hostvars, ansible_play_hosts_all)) | first }}"
    described: "{{ group | steadyhand.redis.group_arguments(groups, hostvars) }}"
  module_defaults:
    steadyhand.redis.group_info: "{{ described.arguments }}"
  steadyhand.redis.group_info:
  delegate_to: "{{ group.hosts | first }}"
"""

RETURN = r"""
_value:
  description: What tasks need to know of the group.
  type: dict
  contains:
    arguments:
      description: Arguments of the modules that speak of a group, such as M(steadyhand.redis.group_info).
      type: dict
    node_arguments:
      description: By inventory name, arguments of the modules that speak of one node, such as M(steadyhand.redis.config).
      type: dict
    nodes:
      description: By inventory name, the machine of each node, its address, and its service or its restart command.
      type: dict
    sentinels:
      description: By inventory name, C(address) and C(zone) of each Sentinel of the group, and C(arguments) of the modules that speak of one server.
      type: dict
    watching:
      description: Options of M(steadyhand.redis.sentinel_repair) that say how Sentinels log in to the nodes and watch the group, as far as the inventory does.
      type: dict
    routing:
      description: "C(command) or C(tasks), which move the traffic of a group without Sentinels, and C(timeout) in seconds."
      type: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.steadyhand.redis.plugins.plugin_utils import _inventory


def group_arguments(group: Mapping[str, Any], groups: Mapping[str, Sequence[str]], hostvars: Any) -> dict[str, Any]:
    """The filter."""
    try:
        return _inventory.describe(group, groups, hostvars)
    except _inventory.InventoryError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters in this file."""
        return {"group_arguments": group_arguments}

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
name: mistakes_of_run
short_description: What makes a run that nobody can have meant
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - Reads the inventory and the variables of a run as the other filters do, and returns the sentences with which they would fail.
  - A filter that fails inside of a task tells its sentence in the middle of Ansible's own; an assertion with this one tells it alone.
positional: hostvars, hosts, variables
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
    description: Inventory names of the hosts that the run covers.
    type: list
    elements: str
    required: true
  variables:
    description: The variables of the run as they were given, by their names. Those that were not given may be left out or empty.
    type: dict
    default: {}
seealso:
  - plugin: steadyhand.redis.groups_of_run
    plugin_type: filter
  - plugin: steadyhand.redis.waves
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Refuse a run that cannot be meant
  ansible.builtin.assert:
    that: mistakes | length == 0
    fail_msg: "{{ mistakes | join('; ') }}"
  vars:
    mistakes: "{{ groups | steadyhand.redis.mistakes_of_run(hostvars, ansible_play_hosts_all, {'redis_serial': redis_serial | default('')}) }}"
  run_once: true
"""

RETURN = r"""
_value:
  description: A sentence for each mistake; it says what, where and what to do.
  type: list
  elements: str
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.steadyhand.redis.plugins.plugin_utils import _inventory, _run_variables


def mistakes_of_run(
    groups: Mapping[str, Sequence[str]],
    hostvars: Any,
    hosts: Sequence[str],
    variables: Mapping[str, Any] | None = None,
) -> list[str]:
    """The filter."""
    return [*_inventory.mistakes_of_run(groups, hostvars, hosts), *_run_variables.mistakes(variables or {})]


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters in this file."""
        return {"mistakes_of_run": mistakes_of_run}

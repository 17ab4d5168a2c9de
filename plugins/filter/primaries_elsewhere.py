# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
name: primaries_elsewhere
short_description: How many primaries the zones and machines of other groups have
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - Counts the primaries of other groups of a run, for the choice of a new primary by M(steadyhand.redis.failover).
  - Reads the newest view that each group has had in this run, so it is to be evaluated in the task that hands over.
  - Groups that hand over at the same moment do not see one another's choice.
positional: hostvars
options:
  _input:
    description: The hosts that stand for the other groups, as the role C(steadyhand.redis.redis_roll) knows them.
    type: list
    elements: str
    required: true
  hostvars:
    description: The variable C(hostvars).
    type: dict
    required: true
seealso:
  - plugin: steadyhand.redis.group_arguments
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show how the primaries of the other groups are spread over zones and machines
  ansible.builtin.debug:
    msg: "{{ groups['redis_representatives'] | difference([inventory_hostname]) | steadyhand.redis.primaries_elsewhere(hostvars) }}"
"""

RETURN = r"""
_value:
  description: The counts.
  type: dict
  contains:
    zone:
      description: By C(redis_zone), where it is declared.
      type: dict
    machine:
      description: By machine.
      type: dict
"""

from collections.abc import Callable, Iterable
from typing import Any

from ansible_collections.steadyhand.redis.plugins.plugin_utils import _inventory


def primaries_elsewhere(hosts: Iterable[str], hostvars: Any) -> dict[str, dict[str, int]]:
    """The filter."""
    return _inventory.primaries_elsewhere(hosts, hostvars)


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters in this file."""
        return {"primaries_elsewhere": primaries_elsewhere}

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
name: standing_of_group
short_description: Who leads a group before a deployment, and who is to join it
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - Judges what M(steadyhand.redis.group_info) saw of a group, beside what its machines tell, for the role P(steadyhand.redis.redis_node#role).
  - The initial primary counts only where nothing answers, nothing was deployed before and no Sentinel names a primary.
options:
  _input:
    description: What M(steadyhand.redis.group_info) returned.
    type: dict
    required: true
  nodes:
    description:
      - By inventory name, C(state) (V(deployed), V(seeded) or empty), C(listener) (the process that has its port, or empty) and C(address), by which
        the others shall know the node.
    type: dict
    required: true
  sentinels:
    description: By address, V(deployed) for a Sentinel that was deployed before.
    type: dict
    required: true
  initial:
    description: Inventory name of the node that is to lead where no group exists.
    type: str
    required: true
positional: nodes, sentinels, initial
"""

EXAMPLES = r"""
- name: Say who leads
  ansible.builtin.debug:
    msg: "{{ (seen | steadyhand.redis.standing_of_group(nodes, sentinels, 'mt1-p1-a')).primary }}"
"""

RETURN = r"""
_value:
  description: Where the group stands.
  type: dict
  contains:
    new:
      description: Whether no group exists yet.
      type: bool
    primary:
      description: Inventory name of the node that leads, or is to lead.
      type: str
    primary_address:
      description: The address by which the others know it.
      type: str
    joining:
      description: Inventory names of the nodes that are not part of it yet.
      type: list
      elements: str
    refusals:
      description: Why nothing may be begun; empty where it may.
      type: list
      elements: str
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.steadyhand.redis.plugins.plugin_utils import _deployment


def standing_of_group(
    view: Mapping[str, Any], nodes: Mapping[str, Mapping[str, str]], sentinels: Mapping[str, str], initial: str
) -> dict[str, Any]:
    """The filter."""
    return _deployment.standing(view, nodes, sentinels, initial).as_data()


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters in this file."""
        return {"standing_of_group": standing_of_group}

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
name: lacks_of_machine
short_description: What a machine lacks for a new node
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - Compares settings and the data set that a new node will copy with the machine, for the role P(steadyhand.redis.redis_node#role).
options:
  _input:
    description: The wanted settings.
    type: dict
    required: true
  memory:
    description: Bytes of memory of the machine.
    type: int
    required: true
  disk:
    description: Bytes that are free beside the data.
    type: int
    required: true
  data_set:
    description: Bytes of memory that the primary uses; V(0) where there is none.
    type: int
    required: true
positional: memory, disk, data_set
"""

EXAMPLES = r"""
- name: Say what the machine lacks
  ansible.builtin.debug:
    msg: "{{ {'maxmemory': '8gb'} | steadyhand.redis.lacks_of_machine(4294967296, 10737418240, 0) }}"
"""

RETURN = r"""
_value:
  description: What it lacks, and what to do; empty where nothing.
  type: list
  elements: str
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.steadyhand.redis.plugins.plugin_utils import _deployment


def lacks_of_machine(settings: Mapping[str, Any], memory: int, disk: int, data_set: int) -> list[str]:
    """The filter."""
    return _deployment.lacks(settings, memory, disk, data_set)


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters in this file."""
        return {"lacks_of_machine": lacks_of_machine}

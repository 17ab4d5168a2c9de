# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
name: audit_arguments
short_description: Arguments of one audit of many Redis groups
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - Reads everything that M(steadyhand.redis.audit) needs to know of the groups of a run from the variables of their hosts.
  - The result holds passwords. Keep it in a variable by a task with C(no_log).
positional: groups, hostvars, files
options:
  _input:
    description: The groups, as P(steadyhand.redis.groups_of_run#filter) returns them.
    type: list
    elements: dict
    required: true
  groups:
    description: The variable C(groups).
    type: dict
    required: true
  hostvars:
    description: The variable C(hostvars).
    type: dict
    required: true
  files:
    description: What M(steadyhand.redis.file_info) returned as C(file), below C(node) and C(sentinel) by inventory name.
    type: dict
    default: {}
seealso:
  - module: steadyhand.redis.audit
  - plugin: steadyhand.redis.groups_of_run
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Audit everything from one host
  module_defaults:
    steadyhand.redis.audit: >-
      {{ (groups | steadyhand.redis.groups_of_run(hostvars, ansible_play_hosts_all) | steadyhand.redis.audit_arguments(groups, hostvars)).audit }}
  steadyhand.redis.audit:
"""

RETURN = r"""
_value:
  description: What the modules need to know.
  type: dict
  contains:
    audit:
      description: The options O(steadyhand.redis.audit#module:groups) and O(steadyhand.redis.audit#module:complete).
      type: dict
    nodes:
      description: By inventory name, the arguments of M(steadyhand.redis.file_info) for each node.
      type: dict
    sentinels:
      description: The same for each Sentinel.
      type: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.steadyhand.redis.plugins.plugin_utils import _audit_report, _inventory


def audit_arguments(
    run_groups: Sequence[Mapping[str, Any]],
    groups: Mapping[str, Sequence[str]],
    hostvars: Any,
    files: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The filter."""
    try:
        return _audit_report.arguments(run_groups, groups, hostvars, files or {})
    except _inventory.InventoryError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters in this file."""
        return {"audit_arguments": audit_arguments}

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
name: extra_variables
short_description: Command line options that set variables
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - Writes variables as the options C(-e) of a command for a shell.
  - Avoids quotation marks where it can, because Ansible shows messages as JSON, and a command that people copy from there must work.
options:
  _input:
    description: The variables.
    type: dict
    required: true
seealso:
  - plugin: steadyhand.redis.run_command
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Say how to push a setting
  ansible.builtin.debug:
    msg: "ansible-playbook steadyhand.redis.push_config {{ {'redis_settings': {'hz': 20}} | steadyhand.redis.extra_variables }}"
"""

RETURN = r"""
_value:
  description: The options.
  type: str
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.steadyhand.redis.plugins.plugin_utils import _command


def extra_variables(values: Mapping[str, Any]) -> str:
    """The filter."""
    return _command.extra_variables(values)


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters in this file."""
        return {"extra_variables": extra_variables}

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
name: run_command
short_description: The command line of this run, for another one like it
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - Tells the command line of this run again, with the options and variables that were typed, for people who continue or undo it.
  - Variables with the name of a secret (such as C(redis_login_password)) are named and not shown.
positional: playbook
options:
  _input:
    description: Variables to set. They take the place of those that were given.
    type: dict
    required: true
  playbook:
    description: The playbook to run.
    type: str
    required: true
  without:
    description: Names of variables to leave out.
    type: list
    elements: str
    default: []
  limited:
    description: Whether to keep the limit of this run.
    type: bool
    default: true
seealso:
  - plugin: steadyhand.redis.extra_variables
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Say how to continue
  ansible.builtin.debug:
    msg: "{{ ({'redis_roll_since': '2026-11-23T15:00:00Z'} | steadyhand.redis.run_command('steadyhand.redis.rolling_restart')).command }}"
"""

RETURN = r"""
_value:
  description: The command and what it lacks.
  type: dict
  contains:
    command:
      description: The command, for a shell.
      type: str
    again:
      description: Names of the variables that must be given again, because their values are not shown.
      type: list
      elements: str
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible import context
from ansible_collections.steadyhand.redis.plugins.plugin_utils import _command


def run_command(
    added: Mapping[str, Any], playbook: str, without: Sequence[str] = (), limited: bool = True
) -> dict[str, Any]:
    """The filter."""
    found = _command.command_of(context.CLIARGS, playbook, added, without, limited)
    return {"command": found.text, "again": list(found.again)}


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters in this file."""
        return {"run_command": run_command}

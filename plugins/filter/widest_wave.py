# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
name: widest_wave
short_description: How many groups the widest wave has
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - Says how many forks a run needs so that all groups of a wave advance at the same time.
positional: groups
options:
  _input:
    description: The waves, in any form that P(steadyhand.redis.waves#filter) understands.
    type: raw
    required: true
  groups:
    description: Number of groups in the run.
    type: int
    required: true
seealso:
  - plugin: steadyhand.redis.waves
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Say how many forks ten groups need (9)
  ansible.builtin.debug:
    msg: "{{ [1, '100%'] | steadyhand.redis.widest_wave(10) }}"
"""

RETURN = r"""
_value:
  description: Number of groups in the widest wave.
  type: int
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.steadyhand.redis.plugins.plugin_utils import _waves


def widest_wave(serial: Any, groups: int) -> int:
    """The filter."""
    try:
        return _waves.widest(_waves.waves(serial), groups)
    except _waves.WaveError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters in this file."""
        return {"widest_wave": widest_wave}

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
name: waves
short_description: Normal form of a list of waves
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - Turns what people and surveys write into a value for the keyword C(serial), and fails for anything else.
options:
  _input:
    description: "A list such as V([1, '25%', '100%']), one number, or a text such as V(1, 25%, 100%)."
    type: raw
    required: true
seealso:
  - plugin: steadyhand.redis.widest_wave
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Treat one group, then a quarter of all, then the rest
  hosts: redis
  serial: "{{ '1, 25%, 100%' | steadyhand.redis.waves }}"
"""

RETURN = r"""
_value:
  description: The waves.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.steadyhand.redis.plugins.plugin_utils import _waves


def waves(value: Any) -> list[str]:
    """The filter."""
    try:
        return _waves.waves(value)
    except _waves.WaveError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters in this file."""
        return {"waves": waves}

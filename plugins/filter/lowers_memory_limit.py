# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
name: lowers_memory_limit
short_description: Whether settings lower maxmemory
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - A lower C(maxmemory) is set on the primary first, so that it evicts and its replicas follow. Everything else is set on replicas first.
options:
  _input:
    description: RV(steadyhand.redis.config#module:settings) of a node, as seen before it was changed.
    type: list
    elements: dict
    required: true
seealso:
  - module: steadyhand.redis.config
"""

EXAMPLES = r"""
- name: Say where to begin
  ansible.builtin.debug:
    msg: "{{ 'the primary' if inspected.settings | steadyhand.redis.lowers_memory_limit else 'a replica' }}"
"""

RETURN = r"""
_value:
  description: Whether C(maxmemory) is among them, and its wanted value is lower than the running one. V(0) means without limit.
  type: bool
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.steadyhand.redis.plugins.module_utils._model.settings.forms import normal

NAME = "maxmemory"


def lowers_memory_limit(settings: Sequence[Mapping[str, Any]]) -> bool:
    """The filter."""
    return any(
        _limit(setting["desired"]) < _limit(setting["running"]) for setting in settings if setting["name"] == NAME
    )


def _limit(text: str) -> float:
    return float(normal(NAME, text)) or float("inf")


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters in this file."""
        return {"lowers_memory_limit": lowers_memory_limit}

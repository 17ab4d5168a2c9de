# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of modules that speak of a whole group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._model.health import Limits
from .login import login_options, sentinel_login_options


def group_options() -> dict[str, dict[str, Any]]:
    """Argument spec of the options documented in the fragment ``steadyhand.redis.group``."""
    return {
        "group": {"type": "str", "required": True},
        "nodes": {"type": "list", "elements": "str", "required": True},
        "node_options": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "address": {"type": "str", "required": True},
                "name": {"type": "str"},
                "announce": {"type": "str"},
                "zone": {"type": "str"},
                "machine": {"type": "str"},
                "login_user": {"type": "str"},
                "login_password": {"type": "str", "no_log": True},
            },
        },
        "sentinels": {"type": "list", "elements": "str", "default": []},
        "accept": {"type": "list", "elements": "str", "default": []},
        "max_lag": {"type": "int", "default": Limits.max_lag},
        "connect_timeout": {"type": "float", "default": 3.0},
        **login_options(),
        **sentinel_login_options(),
    }


def limits_from(params: Mapping[str, Any]) -> Limits:
    """What still counts as healthy, by the parameters."""
    return Limits(max_lag=params["max_lag"])

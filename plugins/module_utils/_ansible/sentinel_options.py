# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that say how a Sentinel watches a group, of every module that tells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._model.errors import BadInput
from .._model.monitoring import AUTH_PASSWORD, AUTH_USER

# Module option, and the engine's name of it.
_OPTIONS = {
    "down_after_milliseconds": "down-after-milliseconds",
    "failover_timeout": "failover-timeout",
    "parallel_syncs": "parallel-syncs",
    "auth_user": AUTH_USER,
    "auth_password": AUTH_PASSWORD,
}


def watching_options() -> dict[str, dict[str, Any]]:
    """Argument spec of the options documented in the fragment ``steadyhand.redis.watching``."""
    return {
        "quorum": {"type": "int"},
        "down_after_milliseconds": {"type": "int"},
        "failover_timeout": {"type": "int"},
        "parallel_syncs": {"type": "int"},
        "auth_user": {"type": "str"},
        "auth_password": {"type": "str", "no_log": True},
    }


def watching_from(params: Mapping[str, Any]) -> dict[str, str]:
    """What is given of them, by the engine's names, without the quorum. Raises BadInput."""
    options = {name: params[option] for option, name in _OPTIONS.items() if params[option] is not None}
    wrong = [name for name, value in options.items() if isinstance(value, int) and value <= 0]
    if wrong:
        raise BadInput("{}: a number above 0 is needed".format(", ".join(wrong)))
    return {name: str(value) for name, value in options.items()}


def quorum_from(params: Mapping[str, Any], sentinels: int) -> int:
    """How many of the Sentinels must agree: by default the majority. Raises BadInput."""
    quorum: int = params["quorum"] if params["quorum"] is not None else sentinels // 2 + 1
    if not 0 < quorum <= sentinels:
        raise BadInput(
            f"quorum: {quorum} of {sentinels} Sentinels can never be reached: take a number from 1 to {sentinels}"
        )
    return quorum

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options by which a module says whether a node may be restarted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._model.restart import RestartWish
from .._operations.safe_restart import RestartQuestion


def restart_options() -> dict[str, dict[str, Any]]:
    """Argument spec of the options about a node that is to be restarted."""
    return {
        "safe_to_restart": {"type": "str"},
        "accept_full_sync": {"type": "bool", "default": False},
        "expected_restart_seconds": {"type": "float", "default": RestartWish.expected_seconds},
        "service": {"type": "str"},
    }


def question_from(params: Mapping[str, Any]) -> RestartQuestion | None:
    """What is asked about a restart; None when nothing is."""
    if params["safe_to_restart"] is None:
        return None
    wish = RestartWish(params["accept_full_sync"], params["expected_restart_seconds"])
    return RestartQuestion(params["safe_to_restart"], wish, params["service"])

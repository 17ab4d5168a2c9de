# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one guarded way to run a module: every error becomes a failed task that still carries the result's keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Callable

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from .._engine.connection import IMPORT_ERROR
from .._model.errors import SteadyhandError


@dataclass
class Task:
    """A module run: its parameters, whether it may change anything, and the result as far as it has got."""

    params: Mapping[str, Any]
    check_mode: bool
    diff_mode: bool
    result: dict[str, Any]
    warn: Callable[[str], None]


def run_module(
    argument_spec: dict[str, dict[str, Any]],
    empty_result: Mapping[str, Any],
    body: Callable[[Task], None],
    **constraints: Any,
) -> None:
    """Parse the options, run ``body`` and exit. ``empty_result`` holds every key of RETURN, in every mode and on failure."""
    module = AnsibleModule(argument_spec=argument_spec, supports_check_mode=True, **constraints)
    task = Task(module.params, module.check_mode, module._diff, {"changed": False, **empty_result}, module.warn)
    if IMPORT_ERROR is not None:
        module.fail_json(msg=missing_required_lib("redis"), exception=IMPORT_ERROR, **task.result)
    try:
        body(task)
    except SteadyhandError as error:
        module.fail_json(msg=str(error), exception=error, **task.result)
    module.exit_json(**task.result)

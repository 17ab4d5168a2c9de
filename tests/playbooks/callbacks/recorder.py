# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible callback: appends every task result, as a line of JSON, to the file that RECORDER_FILE names."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    """Kept apart from the output for people, which changes more often."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "recorder"
    CALLBACK_NEEDS_ENABLED = True

    def _record(self, outcome: str, result: Any) -> None:
        delegated = (result._result.get("_ansible_delegated_vars") or {}).get("ansible_delegated_host")
        line = {
            "outcome": outcome,
            "host": result._host.get_name(),
            "delegated_to": delegated or result._host.get_name(),
            "task": result._task.get_name(),
            "action": result._task.resolved_action or result._task.action,
            "changed": bool(result._result.get("changed")),
            "message": str(result._result.get("msg", "")),
        }
        with Path(os.environ["RECORDER_FILE"]).open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(line) + "\n")

    def v2_runner_on_ok(self, result: Any) -> None:
        """Also when the task changed something."""
        self._record("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:  # noqa: ARG002  # as Ansible calls it
        """Also when the failure is rescued."""
        self._record("failed", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Also when that is ignored."""
        self._record("unreachable", result)

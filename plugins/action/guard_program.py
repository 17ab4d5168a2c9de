# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documented as the module ``guard_program``."""

from __future__ import annotations

import tempfile
from typing import Any

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible_collections.steadyhand.redis.plugins.plugin_utils._guard_program import guard_program

ARGUMENTS: dict[str, dict[str, Any]] = {"path": {"type": "str", "default": "/usr/local/sbin/steadyhand-guard"}}


class ActionModule(ActionBase):
    """Packs the program on the controller and has it copied."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _validated, wanted = self.validate_argument_spec(argument_spec=ARGUMENTS)  # type: ignore[no-untyped-call]  # core declares no types
        local: str = constants.DEFAULT_LOCAL_TMP  # type: ignore[attr-defined]  # made at run time
        with tempfile.NamedTemporaryFile(dir=local, suffix=".pyz") as packed:
            packed.write(guard_program())
            packed.flush()
            task = self._task.copy()
            task.args = {"src": packed.name, "dest": wanted["path"], "owner": "root", "group": "root", "mode": "0755"}
            copy = self._shared_loader_obj.action_loader.get(
                "ansible.legacy.copy",
                task=task,
                connection=self._connection,
                play_context=self._play_context,
                loader=self._loader,
                templar=self._templar,
                shared_loader_obj=self._shared_loader_obj,
            )
            copied = copy.run(task_vars=task_vars)
        # What it is packed from is text; the archive is none that people could compare.
        copied.pop("diff", None)
        result.update(
            {name: copied[name] for name in copied if name in ("changed", "failed", "msg", "exception", "unreachable")}
        )
        result["path"] = wanted["path"]
        return result

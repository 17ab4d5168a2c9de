# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documented as the module ``turn``."""

from __future__ import annotations

import os
import time
from typing import Any

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.steadyhand.redis.plugins.plugin_utils._turns import NoTurnError, Turn, Turns

ARGUMENTS: dict[str, dict[str, Any]] = {
    "resource": {"type": "str"},
    "owner": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["taken", "returned"], "default": "taken"},
    "limit": {"type": "int", "default": 1},
    "timeout": {"type": "float", "default": 1800.0},
}


class ActionModule(ActionBase):
    """Takes and returns turns on the controller; no host is contacted."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _validated, wanted = self.validate_argument_spec(  # type: ignore[no-untyped-call]  # core declares no types
            argument_spec=ARGUMENTS, required_if=[("state", "taken", ("resource",))]
        )
        result.update(changed=False, waited=0.0, returned=[])
        if self._task.check_mode:
            return result
        # One directory for all workers of a run, which ends with it. (Constants are made at run time.)
        run_directory: str = constants.DEFAULT_LOCAL_TMP  # type: ignore[attr-defined]
        # Wall time: the workers are processes of their own, and people read since when a turn is taken.
        turns = Turns(os.path.join(run_directory, "steadyhand-redis-turns"), time.time, time.sleep)
        if wanted["state"] == "returned":
            result["returned"] = turns.give_back(wanted["owner"], wanted["resource"])
            return result
        try:
            result["waited"] = turns.take(
                wanted["resource"],
                wanted["owner"],
                wanted["limit"],
                wanted["timeout"],
                tell=lambda holders: Display().display(
                    "{} is waiting for its turn at {} (at most {} at once), {}".format(
                        wanted["owner"], wanted["resource"], wanted["limit"], _taken_by(holders)
                    )
                ),
            )
        except NoTurnError as error:
            result.update(
                failed=True,
                msg="{}: {} waited {:g} s for its turn at {} (at most {} at once); {}".format(
                    "no turn",
                    wanted["owner"],
                    wanted["timeout"],
                    wanted["resource"],
                    wanted["limit"],
                    _taken_by(error.holders),
                ),
            )
        return result


def _taken_by(holders: list[Turn]) -> str:
    """Who has the turns; they may have been returned at this very moment."""
    named = [f"{turn.owner} since {time.strftime('%H:%M:%SZ', time.gmtime(turn.since))}" for turn in holders]
    return "taken by " + (", ".join(named) or "nobody any more")

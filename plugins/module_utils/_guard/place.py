# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One service's guard on this machine: where everything is, and how it speaks."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from contextlib import contextmanager

from .._engine.group import GroupConnections
from .._model.errors import BadInput
from .._operations.clock import SystemClock
from .._operations.stopping import Guardian
from .manager import ServiceManager
from .settings import GuardSettings, read_settings

SETTINGS_FOLDER = "/etc/steadyhand-guard"
STATE_FOLDER = "/run/steadyhand-guard"
UNIT_PREFIX = "steadyhand-guard-"
URGENT_TIMEOUT = 1.0

MAY_STOP = 0
MUST_NOT_STOP = 1
BAD_USE = 2
CALLED_OFF = 3
"""Exit codes. The last one: holding had to end, and the stop was called off where that is possible."""


class Place:
    """Where everything of one service's guard is. ``name`` is the service's unit without its suffix."""

    def __init__(self, service: str) -> None:
        self.name = service[: -len(".service")] if service.endswith(".service") else service
        self.settings_file = os.path.join(SETTINGS_FOLDER, self.name + ".json")
        self.override_file = os.path.join(STATE_FOLDER, self.name + ".override")
        self.held_file = os.path.join(STATE_FOLDER, self.name + ".held")
        self.busy_file = os.path.join(STATE_FOLDER, self.name + ".busy")
        self.manager = ServiceManager(
            self.name + ".service", UNIT_PREFIX + self.name + ".service", UNIT_PREFIX + self.name + "-relief.service"
        )

    def settings(self) -> GuardSettings:
        """Raises BadInput."""
        return read_settings(self.settings_file)


def only_service() -> str:
    """The service of the one guard on this machine. Raises BadInput where there is none, or more than one."""
    found = sorted(glob.glob(os.path.join(SETTINGS_FOLDER, "*.json")))
    if len(found) != 1:
        names = ", ".join(os.path.basename(path)[: -len(".json")] for path in found)
        raise BadInput(f"which service? Name it by --service: {names or 'there is none in ' + SETTINGS_FOLDER}")
    return os.path.basename(found[0])[: -len(".json")]


@contextmanager
def guardian(settings: GuardSettings) -> Iterator[Guardian]:
    """Connected to the group."""
    with (
        GroupConnections(settings.targets, settings.timeout) as connections,
        GroupConnections(settings.targets, URGENT_TIMEOUT) as urgent,
    ):
        yield Guardian(connections, urgent, SystemClock(), settings.rule)

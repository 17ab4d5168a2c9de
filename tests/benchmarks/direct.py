# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a roll cannot avoid: restart, sync and hand-over of one group, done directly, without Ansible."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass

from ansible_collections.steadyhand.redis.plugins.module_utils._engine.group import GroupConnections
from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import DONE
from ansible_collections.steadyhand.redis.plugins.module_utils._model.health import Limits
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.clock import SystemClock
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.waiting import Patience, wait_until_healthy
from engine.subjects import conducting, targets_of
from lab.inventory import restart_script
from lab.lab import Lab
from lab.node import DataNode

LOOK_INTERVAL = 0.1
"""Seconds between two looks at the group while it settles."""
HEALTHY_TIMEOUT = 120.0


@dataclass
class Unavoidable:
    """Seconds of one group's roll by kind of work."""

    restart: float = 0.0
    """The restart commands, from stop until the server answers."""
    sync: float = 0.0
    """From there until the collection calls the group healthy; no time is spent on looking at it twice."""
    handover: float = 0.0

    @property
    def total(self) -> float:
        """All of it, one after the other, as the safety of the group demands."""
        return self.restart + self.sync + self.handover


def roll_directly(lab: Lab, group: str) -> Unavoidable:
    """Every node once, replicas first; the primary after a hand-over."""
    spent = Unavoidable()
    primary = lab.primary_of(group)
    for replica in lab.replicas_of(group):
        _restart(lab, replica, spent)
    started = time.monotonic()
    with conducting(lab, group) as conductor:
        result = conductor.run()
    assert result.outcome == DONE, (group, result.outcome, result.reasons)
    spent.handover += time.monotonic() - started
    _restart(lab, primary, spent)
    return spent


def _restart(lab: Lab, node: DataNode, spent: Unavoidable) -> None:
    started = time.monotonic()
    subprocess.run([str(restart_script(node.state))], check=True, capture_output=True)
    restarted = time.monotonic()
    with GroupConnections(targets_of(lab, node.group)) as connections:
        wait_until_healthy(
            connections.observe,
            SystemClock(),
            Patience(HEALTHY_TIMEOUT, LOOK_INTERVAL, stable_for=0.0),
            Limits(),
        )
    spent.restart += restarted - started
    spent.sync += time.monotonic() - restarted

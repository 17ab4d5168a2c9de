# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a safe roll cannot avoid, done directly, without Ansible: restarts, syncs, agreement of the Sentinels, hand-over."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from ansible_collections.steadyhand.redis.plugins.module_utils._engine.group import GroupConnections
from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import DONE
from ansible_collections.steadyhand.redis.plugins.module_utils._model.health import Limits
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.clock import SystemClock
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.waiting import Patience, wait_until_healthy
from engine.subjects import conducting, targets_of
from lab.convergence import why_group_is_not_whole
from lab.errors import LabError
from lab.inventory import restart_script
from lab.lab import Lab
from lab.node import DataNode
from lab.waiting import wait_until

LOOK_INTERVAL = 0.1
"""Seconds between two looks at the group while it settles."""
HEALTHY_TIMEOUT = 120.0
Work = Literal["restart", "sync", "agreement", "handover"]


@dataclass
class Unavoidable:
    """Seconds of one group's roll by kind of work."""

    restart: float = 0.0
    """The restart commands, from stop until the server answers."""
    sync: float = 0.0
    """From there until the nodes themselves say that the group is whole."""
    agreement: float = 0.0
    """From there until every Sentinel has seen it too (it asks every 10 s) and the collection calls the group healthy;
    none of it is spent on a second look."""
    handover: float = 0.0
    handover_phases: dict[str, int] = field(default_factory=dict)
    """Milliseconds, as the hand-over itself accounts for them."""

    @property
    def total(self) -> float:
        """All of it, one after the other, as the safety of the group demands."""
        return self.restart + self.sync + self.agreement + self.handover

    @contextmanager
    def spent_on(self, kind: Work) -> Iterator[None]:
        """Add the time of the block."""
        started = time.monotonic()
        yield
        setattr(self, kind, getattr(self, kind) + time.monotonic() - started)


def roll_directly(lab: Lab, group: str) -> Unavoidable:
    """Every node once, replicas first; the primary after a hand-over."""
    spent = Unavoidable()
    primary = lab.primary_of(group)
    for replica in lab.replicas_of(group):
        _restart(lab, replica, spent)
    with spent.spent_on("handover"), conducting(lab, group) as conductor:
        result = conductor.run()
    if result.outcome != DONE:
        raise LabError(f"{group}: the hand-over was {result.outcome}: {'; '.join(result.reasons)}")
    spent.handover_phases = dict(result.evidence.phases_ms)
    _restart(lab, primary, spent)
    return spent


def _restart(lab: Lab, node: DataNode, spent: Unavoidable) -> None:
    with spent.spent_on("restart"):
        subprocess.run([str(restart_script(node.state))], check=True, capture_output=True)
    with spent.spent_on("sync"):
        members = lab.nodes_of(node.group)
        wait_until(lambda: why_group_is_not_whole(members), HEALTHY_TIMEOUT, f"sync of {node}", LOOK_INTERVAL)
    with spent.spent_on("agreement"), GroupConnections(targets_of(lab, node.group)) as connections:
        wait_until_healthy(
            connections.observe, SystemClock(), Patience(HEALTHY_TIMEOUT, LOOK_INTERVAL, stable_for=0.0), Limits()
        )

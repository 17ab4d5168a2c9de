# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a sequence is given, and what it says when it has ended."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lab.lab import Lab
from lab.node import DataNode
from lab.sentinel import SentinelNode

from benchmarks.failover.measured import DONE


@dataclass(frozen=True)
class Ended:
    """The sequence has done what it does; the group may still be settling."""

    outcome: str = DONE
    stopped_as: str | None = None
    """The role that the process had when it was stopped."""
    note: str = ""


@dataclass(frozen=True)
class Scene:
    """One group, its primary at the beginning, and how its traffic is moved where there are no Sentinels."""

    lab: Lab
    group: str
    primary: DataNode
    route: Path

    @property
    def local_sentinel(self) -> SentinelNode:
        """The Sentinel that a sequence which runs beside the primary talks to."""
        return self.lab.sentinels[0]

    def ask_to_fail_over(self, *how: str) -> None:
        """SENTINEL FAILOVER, which returns as soon as it is begun."""
        with self.local_sentinel.client() as client:
            client.execute_command("SENTINEL", "FAILOVER", self.group, *how)

    def stop(self, kill: bool = False) -> str:
        """Stop the process that was primary, by SIGTERM or SIGKILL; the role that it had then."""
        role = self.primary.role()
        if kill:
            self.primary.process.kill()
        else:
            self.primary.stop()
        return role

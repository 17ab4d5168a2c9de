# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Sentinel of the lab: its process, and what it says about the groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.asked import AskedSentinel
from lab.process import Process
from lab.server import start_server
from lab.state import SentinelState

if TYPE_CHECKING:
    from lab.probe import Endpoint


@dataclass(frozen=True)
class SentinelNode(AskedSentinel):
    """One Sentinel of the lab."""

    state: SentinelState

    @property
    def name(self) -> str:
        """Also its inventory name."""
        return self.state.name

    @property
    def endpoint(self) -> Endpoint:
        """Where the lab's own user asks."""
        return self.state.endpoint

    @property
    def process(self) -> Process:
        """For kill, freeze, thaw, is_running, started_at and the log."""
        return self.state.process

    def start(self) -> None:
        """Start with its own file and wait until it answers."""
        start_server(self.state)

    def stop(self) -> None:
        """SIGTERM and wait."""
        self.process.stop()

    def restart(self) -> None:
        """Stop, then start again with the file as the Sentinel left it."""
        self.stop()
        self.start()

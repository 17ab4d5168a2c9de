# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A data node of the lab: its process, and what it says about itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.asked import AskedNode
from lab.process import Process
from lab.server import start_server
from lab.state import NodeState

if TYPE_CHECKING:
    from lab.probe import Endpoint


@dataclass(frozen=True)
class DataNode(AskedNode):
    """One Redis or Valkey server of the lab."""

    state: NodeState

    @property
    def name(self) -> str:
        """Also its inventory name."""
        return self.state.name

    @property
    def group(self) -> str:
        """The name under which its Sentinels know its group."""
        return self.state.group

    @property
    def endpoint(self) -> Endpoint:
        """Where the lab's own user asks."""
        return self.state.endpoint

    @property
    def announced(self) -> tuple[str, int]:
        """The address under which the group and its Sentinels know the node."""
        return self.state.announced

    @property
    def directory(self) -> Path:
        """Where its files are."""
        return Path(self.state.directory)

    @property
    def process(self) -> Process:
        """For kill, freeze, thaw, is_running, started_at and the log."""
        return self.state.process

    def start(self) -> None:
        """Start with its own file and wait until it answers with its data loaded."""
        start_server(self.state)

    def stop(self) -> None:
        """SIGTERM and wait: an orderly shutdown, with a save where save points are set."""
        self.process.stop()

    def restart(self) -> None:
        """Stop, then start again with the file as the server left it."""
        self.stop()
        self.start()

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server's process on a machine, as the host of all machines sees it: the quickest way to stop and continue it."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

from lab.errors import LabError

from hosts.podman import as_owner, podman


class HostedProcess:
    """The one process of that program in a container. Looked up anew after it was restarted."""

    def __init__(self, container: str, program: str) -> None:
        self._container = container
        self._program = program
        self._pid: int | None = None

    def freeze(self) -> None:
        """Stop it, as a machine does that has no time for it. Raises LabError when it does not run."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on. Raises LabError when it does not run."""
        self._send(signal.SIGCONT)

    def _send(self, number: signal.Signals) -> None:
        if self._pid is None or not self._is_it(self._pid):
            self._pid = self._found()
        done = subprocess.run(
            [*as_owner(), "kill", f"-{number.value}", str(self._pid)], capture_output=True, check=False
        )
        if done.returncode != 0:
            raise LabError(f"{self._program} of {self._container} has ended: no {number.name} sent")

    def _is_it(self, pid: int) -> bool:
        try:
            # The kernel keeps 15 characters of a name (proc(5)).
            return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip() == self._program[:15]
        except OSError:
            return False

    def _found(self) -> int:
        lines = podman("top", self._container, "hpid", "comm").splitlines()[1:]
        pids = [int(words[0]) for words in map(str.split, lines) if words[1] == self._program[:15]]
        if len(pids) != 1:
            raise LabError(f"{self._container} has {len(pids)} processes {self._program}")
        return pids[0]

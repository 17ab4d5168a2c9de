# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting a server process and seeing it answer. Standard library only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from lab.errors import PortTakenError
from lab.waiting import wait_until

if TYPE_CHECKING:
    from lab.process import Process

ANSWER_TIMEOUT = 60.0
"""Seconds until a started server must answer; loading a large data set is part of it."""


class Server(Protocol):
    """A node, a Sentinel or an sshd: a process behind a port."""

    @property
    def process(self) -> Process: ...

    @property
    def port(self) -> int: ...

    def why_not_answering(self, pid: int) -> str | None:
        """None when the process *pid* answers, and is ready to serve."""


def start_server(server: Server, timeout: float = ANSWER_TIMEOUT) -> None:
    """Start the process and wait until it, and no other, answers at its port and is ready to serve.

    :raises PortTakenError: the port was bound by somebody else in the meantime.
    :raises StartError: the process ended; the message holds the end of its log.
    """
    process = server.process
    log_before = process.log_file.stat().st_size if process.log_file.exists() else 0
    process.spawn()
    pid = process.pid()
    assert pid is not None, "spawn() returns after the pid file exists"

    def reason() -> str | None:
        if not process.is_running():
            with process.log_file.open("rb") as log:
                log.seek(log_before)
                if b"Address already in use" in log.read():
                    raise PortTakenError(str(process.failure(f"port {server.port} is taken")))
            raise process.failure("ended right after its start")
        return server.why_not_answering(pid)

    wait_until(reason, timeout, f"{process.name} (log: {process.log_file})")

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting a Redis or Sentinel process and seeing it answer. Standard library only."""

from __future__ import annotations

from lab.errors import PortTakenError
from lab.probe import Endpoint, why_not_answering
from lab.process import Process
from lab.waiting import wait_until

ANSWER_TIMEOUT = 60.0
"""Seconds until a started server must answer; loading a large data set is part of it."""


def start_server(process: Process, endpoint: Endpoint, timeout: float = ANSWER_TIMEOUT) -> None:
    """Start the process and wait until it, and no other, answers at *endpoint* with its data loaded.

    :raises PortTakenError: the port was bound by somebody else in the meantime.
    :raises StartError: the process ended; the message holds the end of its log.
    """
    log_before = process.log_file.stat().st_size if process.log_file.exists() else 0
    process.spawn()
    pid = process.pid()
    assert pid is not None, "spawn() returns after the pid file exists"

    def reason() -> str | None:
        if not process.is_running():
            with process.log_file.open("rb") as log:
                log.seek(log_before)
                if b"Address already in use" in log.read():
                    raise PortTakenError(str(process.failure(f"{endpoint} is taken")))
            raise process.failure("ended right after its start")
        return why_not_answering(endpoint, pid)

    wait_until(reason, timeout, f"{process.name} (log: {process.log_file})")

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running a playbook on a lab and saying where the time went."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.errors import LabError
from lab.lab import Lab
from lab.playbook import ansible_program

from benchmarks.cpu import ProcessTimes, Sampler, times_of
from benchmarks.interpreter import AccountingInterpreter

LAST_LINES = 60


@dataclass(frozen=True)
class Cost:
    """Seconds, but for the number of module runs."""

    wall: float
    main: float
    """Processor time of Ansible's main process."""
    workers: float
    """Of the processes that it forks, one per task and host, without the modules that they start."""
    modules: float
    """Of module runs on the nodes, restart commands included."""
    servers: float
    """Of all nodes and Sentinels."""
    module_runs: int

    @property
    def controller(self) -> float:
        """Processor time of what runs on the controller."""
        return self.main + self.workers


def run_measured(
    lab: Lab, playbook: str, extra_vars: Mapping[str, Any], interpreter: AccountingInterpreter, log: Path
) -> Cost:
    """Run `ansible-playbook`; its output goes to *log*. A playbook that fails is an error with the end of its output."""
    interpreter.reset()
    command = [
        ansible_program("ansible-playbook"),
        "-i",
        str(lab.inventory_file),
        playbook,
        "-e",
        json.dumps(extra_vars),
    ]
    with Sampler(lambda: server_pids(lab)) as servers, log.open("wb") as output:
        started = time.monotonic()
        ansible = subprocess.Popen(
            command,
            env={**os.environ, "ANSIBLE_CONFIG": str(lab.ansible_config_file)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            times = _times_at_the_end(ansible.pid)
            wall = time.monotonic() - started
            code = ansible.wait()
        except BaseException:
            os.killpg(ansible.pid, signal.SIGKILL)
            ansible.wait()
            raise
    if code != 0:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        raise LabError(f"{playbook} ended with {code}:\n" + "\n".join(lines[-LAST_LINES:]))
    modules = interpreter.cpu_seconds
    return Cost(
        wall=wall,
        main=times.own,
        workers=times.children - modules,
        modules=modules,
        servers=servers.cpu_seconds,
        module_runs=interpreter.runs,
    )


def server_pids(lab: Lab) -> Iterable[int]:
    """Of every node and Sentinel, as they run now."""
    for process in [*(node.process for node in lab.nodes), *(sentinel.process for sentinel in lab.sentinels)]:
        pid = process.pid()
        if pid is not None:
            yield pid


def _times_at_the_end(pid: int) -> ProcessTimes:
    """Wait for the end without reaping, so that the process still has its times."""
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    times = times_of(pid)
    assert times is not None, "a process that was not waited for stays in /proc"
    return times

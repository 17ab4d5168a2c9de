# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ending everything that runs in a lab and removing what it wrote. Standard library only; needs no readable state."""

from __future__ import annotations

import shutil
from pathlib import Path

from lab.errors import LabError
from lab.ports import release_all_ports
from lab.process import kill_with_descendants, processes_below
from lab.ssh import control_directory
from lab.state import STATE_FILE


def end_processes(directory: Path) -> None:
    """SIGKILL every process that the lab started, whoever started it last (the lab, a test, a restart command)."""
    # A restart command at work may start a server while we end others: look until nothing is left.
    while running := [process for process in processes_below(directory) if process.is_running()]:
        for process in running:
            kill_with_descendants(process)


def remove(directory: Path) -> None:
    """End everything and remove the directory. A directory that is gone already is no error; one that is no lab is."""
    if not directory.exists():
        return
    if not (directory / STATE_FILE).exists():
        raise LabError(f"{directory} is not a lab (no {STATE_FILE}): not removed")
    end_processes(directory)
    # Taken away in one step, so that a restart command under way finds no state to start from.
    doomed = directory.with_name(f"{directory.name}.removed")
    if doomed.exists():
        # An earlier removal was interrupted.
        end_processes(doomed)
        shutil.rmtree(doomed)
    directory.rename(doomed)
    end_processes(doomed)
    shutil.rmtree(doomed)
    # Its sockets vanish by themselves while we remove it: the sshds they lead to have just ended.
    shutil.rmtree(control_directory(directory), ignore_errors=True)
    release_all_ports(directory)

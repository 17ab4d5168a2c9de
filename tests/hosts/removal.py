# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removing machines and all that belongs to them, and seeing to it when their owner cannot any more.

`python -m hosts.removal DIRECTORY` is the warden (lab/warden.py).
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from lab.removal import end_processes
from lab.ssh import control_directory
from lab.warden import watch

from hosts.machine import LABEL
from hosts.podman import podman


def remove(directory: Path) -> None:
    """Remove every container and network of the directory, and the directory. What is gone already is no error."""
    if not directory.exists():
        return
    end_processes(directory)
    # First the network, with the containers on it: a start that its killed owner has left under way then fails, too.
    for network in podman("network", "ls", "--quiet", mine(directory)).split():
        podman("network", "rm", "--force", "--time=0", network)
    for container in podman("ps", "--all", "--quiet", mine(directory)).split():
        podman("rm", "--force", "--ignore", "--time=0", container)
    shutil.rmtree(control_directory(directory), ignore_errors=True)
    shutil.rmtree(directory)


def mine(directory: Path) -> str:
    """The option by which podman lists what belongs to the directory."""
    return f"--filter=label={LABEL}={directory}"


if __name__ == "__main__":
    sys.exit(watch(sys.argv[1:], remove))

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines do not outlive the process that made them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hosts.distribution import DISTRIBUTIONS
from hosts.podman import podman
from hosts.removal import mine
from lab.waiting import wait_until

MAKE = "import sys; from hosts.hosts import Hosts; Hosts(sys.argv[1]).__enter__()"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda number: number.name)
def test_machines_that_are_being_started_are_removed_when_their_owner_ends(
    number: signal.Signals, tmp_path: Path
) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", MAKE, next(iter(DISTRIBUTIONS))],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stderr=subprocess.DEVNULL,  # the traceback of an interruption
    )
    wait_until(lambda: None if _left(tmp_path) else "no container", 60.0, "a container", interval=0.1)
    owner.send_signal(number)
    assert owner.wait(60.0) != 0
    wait_until(
        lambda: None if not (left := _left(tmp_path)) and not list(tmp_path.iterdir()) else f"left: {left}",
        60.0,
        "removal",
        interval=0.2,
    )


def _left(base: Path) -> str:
    """Containers and networks of what was made below the directory."""
    return "".join(
        podman("ps", "--all", "--quiet", mine(directory)) + podman("network", "ls", "--quiet", mine(directory))
        for directory in sorted(base.iterdir())
    )

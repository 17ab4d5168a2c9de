# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calling podman, as `./dev` found it (tools/machines.py)."""

from __future__ import annotations

import json
import os
import shlex
import subprocess

from lab.errors import LabError

PODMAN_VARIABLE = "MACHINES_PODMAN"
IMAGES_VARIABLE = "MACHINES_IMAGES"
USER_VARIABLE = "MACHINES_USER"
TIMEOUT = 120.0
"""Seconds for one command; most take less than one."""


def podman(*words: str, script: str | None = None, timeout: float = TIMEOUT) -> str:
    """Run `podman WORDS`, with *script* as its standard input; what it printed.

    :raises LabError: it failed; the message holds what it printed. Not the script, which may carry passwords.
    """
    command = [*json.loads(_variable(PODMAN_VARIABLE)), *words]
    done = subprocess.run(
        command,
        input="" if script is None else script,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )
    if done.returncode != 0:
        raise LabError(f"this ended with code {done.returncode}: {shlex.join(command)}\n{done.stdout.rstrip()}")
    return done.stdout


def as_owner() -> list[str]:
    """What to put before a command that is to run as whoever owns the containers."""
    words: list[str] = json.loads(_variable(PODMAN_VARIABLE))
    return words[:-1]


def image(name: str) -> str:
    """The image of that name (`debian-12`) as podman knows it."""
    return str(json.loads(_variable(IMAGES_VARIABLE))[name])


def user() -> str:
    """Who may log in on a machine, and become root there."""
    return _variable(USER_VARIABLE)


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise LabError(f"{name} is not set: machines are made by `./dev test machines`")
    return value

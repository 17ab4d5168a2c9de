# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running a playbook of the collection on a lab, as a user would."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from lab.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet

END_TIMEOUT = 20
"""Seconds that Ansible gets to end after an interrupt."""


class Inventoried(Protocol):
    """What an inventory describes."""

    @property
    def inventory_file(self) -> Path:
        """For `ansible-playbook -i`."""

    @property
    def ansible_config_file(self) -> Path:
        """For ANSIBLE_CONFIG."""

    @property
    def secrets(self) -> AbstractSet[str]:
        """What must never be seen in any output."""


def ansible_program(name: str) -> str:
    """The Ansible that belongs to the running Python, else the one on PATH."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise LabError(f"no {name} beside {sys.executable} or on PATH: install ansible-core")
    return found


def run_playbook(
    lab: Inventoried,
    playbook: str,
    extra_vars: Mapping[str, Any] | None = None,
    arguments: tuple[str, ...] = (),
    environment: Mapping[str, str] | None = None,
    on_line: Callable[[str], None] = lambda _line: None,
) -> int:
    """Run `ansible-playbook -i INVENTORY PLAYBOOK -e EXTRA_VARS`; its exit code. See `run_command`."""
    command = [ansible_program("ansible-playbook"), "-i", str(lab.inventory_file), playbook, *arguments]
    if extra_vars is not None:
        command += ["-e", json.dumps(extra_vars)]
    return run_command(lab, command, environment, on_line)


def run_command(
    lab: Inventoried,
    command: list[str],
    environment: Mapping[str, str] | None = None,
    on_line: Callable[[str], None] = lambda _line: None,
) -> int:
    """Run a command that finds Ansible and the lab's configuration of it; its exit code.

    :arg on_line: gets every line of output (both streams, without its end) as it comes.

    When this is left by an exception (Ctrl-C), Ansible and all that it started has ended before.
    """
    programs = f"{Path(ansible_program('ansible-playbook')).parent}{os.pathsep}{os.environ['PATH']}"
    variables = {**(environment or {}), "ANSIBLE_CONFIG": str(lab.ansible_config_file), "PATH": programs}
    return run_heard(command, variables, on_line)


def run_heard(
    command: list[str],
    environment: Mapping[str, str],
    on_line: Callable[[str], None],
    directory: Path | None = None,
) -> int:
    """Run a command that runs Ansible; its exit code. Like `run_command`, but whatever it runs on is the caller's affair."""
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        # A process group of its own: on Ctrl-C we end it, and wait, before the servers go.
        start_new_session=True,
    )
    try:
        assert process.stdout is not None, "a pipe was asked for"
        for line in process.stdout:
            on_line(line.rstrip("\n"))
        return process.wait()
    finally:
        _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    if process.stdout is not None:
        process.stdout.close()
    if process.poll() is not None:
        return
    os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(END_TIMEOUT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

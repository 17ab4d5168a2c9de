# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moving the traffic of a group without Sentinels: a command of the user's, run on the host that runs the module."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from typing import IO

from .._model.address import Address
from .._model.errors import Refused

# Of what the command printed, this many characters from the end are shown.
SHOWN = 400


class CommandRoute:
    """Calls the command with what it needs to know in its environment. ``seconds`` bounds it."""

    def __init__(self, group: str, command: Sequence[str], seconds: float) -> None:
        self._group = group
        self._command = list(command)
        self._seconds = seconds

    def __call__(self, old: Address, new: Address) -> None:
        """Move the traffic from one address to the other. Raises Refused when the command fails or takes too long."""
        environment = {
            **os.environ,
            "STEADYHAND_GROUP": self._group,
            "STEADYHAND_OLD_HOST": old.host,
            "STEADYHAND_OLD_PORT": str(old.port),
            "STEADYHAND_NEW_HOST": new.host,
            "STEADYHAND_NEW_PORT": str(new.port),
        }
        # To a file, not a pipe: what the command starts and leaves running may keep its output open for ever.
        with tempfile.TemporaryFile() as output:
            returncode = self._run(environment, output)
            output.seek(0)
            said = output.read().decode(errors="replace").strip()[-SHOWN:]
        if returncode != 0:
            raise Refused("routing failed", [f"{self._command[0]} ended with {returncode}: {said}"])

    def _run(self, environment: Mapping[str, str], output: IO[bytes]) -> int:
        """Run it in a process group of its own, which is ended as a whole when the time is over. Raises Refused."""
        try:
            # Not AnsibleModule.run_command: this layer runs without Ansible too, under the guard.
            process = subprocess.Popen(  # pylint: disable=ansible-bad-function,consider-using-with
                self._command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise Refused("routing failed", [f"{self._command[0]} cannot be run: {error.strerror}"]) from error
        try:
            return process.wait(self._seconds)
        except subprocess.TimeoutExpired as error:
            # Until it is waited for, its id belongs to nobody else.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise Refused("routing failed", [f"{self._command[0]} did not end in {self._seconds:g} s"]) from error

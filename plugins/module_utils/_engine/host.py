# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the machine that a module runs on: files, memory, disk, the service manager. Linux."""

from __future__ import annotations

import glob
import os
import re
import shutil
import subprocess

from .._model.errors import BadInput
from .._model.host import ConfigFile, HostFacts, directives
from .._model.node import NodeFacts
from .._model.replies import yes
from .settings_start import start_arguments


def read_host(facts: NodeFacts, service: str | None = None) -> HostFacts:
    """What this machine tells about a node that runs on it.

    Raises BadInput when the node's process is not on this machine: its files would be those of another server.
    """
    require_local(facts)
    start, stop = _unit_timeouts(service) if service else (None, None)
    return HostFacts(
        config_file=read_config_file(facts.config_file, facts.settings.get("dir", "")),
        start_arguments=start_arguments(facts.process_id, yes(facts.settings, "set-proc-title"), service),
        memory_available=_memory_available(),
        disk_free=_disk_free(facts.settings.get("dir", "")),
        start_timeout=start,
        stop_timeout=stop,
    )


def require_local(facts: NodeFacts) -> None:
    """Make sure that the node runs on this machine, by its process. Raises BadInput."""
    arguments = " ".join(_command_line(facts.process_id))
    if "redis" not in arguments and "valkey" not in arguments and os.path.basename(facts.executable) not in arguments:
        raise BadInput(
            "the process {} of {} is not on this machine: this must run on the node's own host".format(
                facts.process_id, facts.executable or "the server"
            )
        )


def read_config_file(path: str, data_folder: str = "") -> ConfigFile:
    """Read a configuration file with its includes. Why it cannot be read is part of the result.

    ``data_folder`` is the working directory of the running server.
    """
    if not path:
        return ConfigFile(path, error="the server was started without a configuration file")
    try:
        reader = IncludeReader(os.path.dirname(path), data_folder)
        text = reader.read(path)
    except OSError as error:
        # The distributions keep it from others, because it holds passwords.
        advice = " (run this with become, as root)" if isinstance(error, PermissionError) else ""
        return ConfigFile(
            path, error=f"{error.filename or path} cannot be read: {error.strerror}{advice}", writable=False
        )
    # CONFIG REWRITE writes a new file beside the old one and renames it, so the folder counts too.
    writable = os.access(path, os.W_OK) and os.access(os.path.dirname(path), os.W_OK)
    return ConfigFile(path, text, writable=writable, includes=tuple(reader.included), unfound=tuple(reader.unfound))


class IncludeReader:
    """Follows includes as the server does when it starts: a relative one counts from its working directory.

    That is where it is started, until it comes to a ``dir`` line and goes there (loadServerConfig and setConfigDirOption in
    config.c). Where it is started is not known for sure: the running server tells where it is now, and people mean the
    folder of the file.
    """

    def __init__(self, file_folder: str, data_folder: str) -> None:
        self.included: list[tuple[str, str]] = []
        self.unfound: list[str] = []
        self._guesses = [folder for folder in (data_folder, file_folder) if folder]
        self._entered: str | None = None
        self._open: list[str] = []

    def read(self, path: str) -> str:
        """The text of a file; what it includes is added to ``included``. Raises OSError."""
        text = _read(path)
        self._open.append(os.path.realpath(path))
        for directive, value in directives(text):
            argument = value.strip("\"'")
            if directive == "dir":
                self._enter(argument)
            elif directive == "include":
                self._include(argument)
        self._open.pop()
        return text

    def _enter(self, folder: str) -> None:
        if self._entered is not None or os.path.isabs(folder):
            self._entered = os.path.join(self._entered or "", folder)

    def _include(self, pattern: str) -> None:
        folders = self._guesses if self._entered is None and not os.path.isabs(pattern) else [self._entered or ""]
        if folders is self._guesses:
            self.unfound.append(pattern)
        found = {path: None for folder in folders for path in sorted(glob.glob(os.path.join(folder, pattern)))}
        for path in found:
            # One that includes itself keeps a server from starting; it is no reason for us to turn in circles.
            if os.path.realpath(path) not in self._open:
                place = len(self.included)
                text = self.read(path)
                self.included.insert(place, (path, text))


def _read(path: str) -> str:
    with open(path, encoding="utf-8", errors="surrogateescape") as stream:
        return stream.read()


def _command_line(process_id: int) -> tuple[str, ...]:
    try:
        with open(f"/proc/{process_id}/cmdline", "rb") as stream:
            raw = stream.read()
    except OSError:  # no such process here, or not ours to see: the caller decides what that means
        return ()
    return tuple(part.decode("utf-8", "replace") for part in raw.split(b"\0") if part)


def _memory_available() -> int | None:
    with open("/proc/meminfo", encoding="ascii") as stream:
        found = re.search(r"^MemAvailable:\s+(\d+) kB$", stream.read(), re.MULTILINE)
    return int(found.group(1)) * 1024 if found else None


def _disk_free(directory: str) -> int | None:
    return shutil.disk_usage(directory).free if os.path.isdir(directory) else None


def _unit_timeouts(service: str) -> tuple[float | None, float | None]:
    """The unit's start and stop time-outs in seconds; None for "infinity", or where there is no service manager."""
    if shutil.which("systemctl") is None:
        return None, None
    # Not AnsibleModule.run_command: this layer runs without Ansible too, under the guard.
    shown = subprocess.run(  # pylint: disable=ansible-bad-function
        ["systemctl", "show", "--property=TimeoutStartUSec,TimeoutStopUSec", "--", service],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    ).stdout
    values = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    return _seconds(values.get("TimeoutStartUSec", "")), _seconds(values.get("TimeoutStopUSec", ""))


_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}


def _seconds(text: str) -> float | None:
    """Read systemd's time form, as in ``1min 30s``."""
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*(us|ms|min|s|h|d|w)", text)
    return sum(float(number) * _UNITS[unit] for number, unit in parts) if parts else None

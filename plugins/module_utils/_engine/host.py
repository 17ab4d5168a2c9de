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


def read_host(facts: NodeFacts, service: str | None = None) -> HostFacts:
    """What this machine tells about a node that runs on it.

    Raises BadInput when the node's process is not on this machine: its files would be those of another server.
    """
    require_local(facts)
    start, stop = _unit_timeouts(service) if service else (None, None)
    return HostFacts(
        config_file=read_config_file(facts.config_file),
        command_line=_command_line(facts.process_id),
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


def read_config_file(path: str) -> ConfigFile:
    """Read a configuration file with its includes. Why it cannot be read is part of the result."""
    if not path:
        return ConfigFile(path, error="the server was started without a configuration file")
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as stream:
            text = stream.read()
        included = [
            (name, _read(name))
            for directive, value in directives(text)
            if directive == "include"
            for name in sorted(glob.glob(os.path.join(os.path.dirname(path), value.strip("\"'"))))
        ]
    except OSError as error:
        # The distributions keep it from others, because it holds passwords.
        advice = " (run this with become, as root)" if isinstance(error, PermissionError) else ""
        return ConfigFile(path, error=f"{path} cannot be read: {error.strerror}{advice}", writable=False)
    # CONFIG REWRITE writes a new file beside the old one and renames it, so the folder counts too.
    writable = os.access(path, os.W_OK) and os.access(os.path.dirname(path), os.W_OK)
    return ConfigFile(path, text, writable=writable, includes=tuple(included))


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

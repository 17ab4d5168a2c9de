# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a server is started: its command line, and whether its program takes a set of lines. Nothing here starts a service."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence

DRY_START_SECONDS = 20
CAP_SYS_RESOURCE = 24  # capabilities(7)

# Enough that the program reads its options and ends before it listens anywhere, reads data or leaves a file behind.
_HARMLESS = ("port 0", 'save ""', "appendonly no", 'logfile ""', "daemonize no")
_OPTIONS_ARE_GOOD = "Configured to not listen anywhere"
_FATAL = re.compile(r"FATAL CONFIG FILE ERROR.*?\n.*?\n>>> (?P<line>.*?)\n(?P<why>.*?)\s*\Z", re.DOTALL)


def start_arguments(process_id: int, titled: bool, service: str | None) -> tuple[str, ...] | None:
    """The arguments a server was started with; None when they cannot be seen.

    With set-proc-title (the default) the process shows its title in their place, so its unit is asked: the one named, or
    the one whose control group the process is in, and only if the process is the unit's main one.
    """
    if not titled:
        with open(f"/proc/{process_id}/cmdline", "rb") as stream:
            return tuple(part.decode("utf-8", "replace") for part in stream.read().split(b"\0") if part)
    unit = service or _unit_of(process_id)
    if unit is None or shutil.which("systemctl") is None:
        return None
    # Not AnsibleModule.run_command: this layer runs without Ansible too, under the guard.
    shown = subprocess.run(  # pylint: disable=ansible-bad-function
        ["systemctl", "show", "--property=ExecStart,MainPID", "--", unit],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    ).stdout
    return parse_unit(shown, process_id)


def parse_unit(shown: str, process_id: int) -> tuple[str, ...] | None:
    """Read ``systemctl show``: the arguments of the unit whose main process this is; None when it is not, or hides them."""
    values: dict[str, str] = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    found = re.search(r"argv\[\]=(.*?) ; ", values.get("ExecStart", ""))
    if found is None or values.get("MainPID") != str(process_id):
        return None
    try:
        arguments = tuple(shlex.split(found.group(1)))
    except ValueError:  # quotes that systemd printed unpaired: what they enclose is not known
        return None
    # A variable of the unit's environment could hold anything.
    return None if any("$" in argument for argument in arguments) else arguments


def program_of(executable: str, process_id: int) -> str:
    """The path of the program that will run at the next start: what INFO names, or what the process was made from.

    INFO takes a program that was found through PATH for one in the working directory.
    """
    if os.access(executable, os.X_OK):
        return executable
    # A package upgrade replaces the file under the running process; the new one stands at the same path.
    return re.sub(r" \(deleted\)\Z", "", os.readlink(f"/proc/{process_id}/exe"))


def library_folders(process_id: int) -> list[str]:
    """Where a running process has its shared libraries from. They may be known to nothing but its own environment.

    Read from its memory map, for a server with a title shows that in the place of its environment (set-proc-title). Empty
    where another user's process is not ours to see: a program of the distribution needs nothing of it.
    """
    try:
        with open(f"/proc/{process_id}/maps", encoding="utf-8", errors="surrogateescape") as stream:
            mapped = stream.read()
    except OSError:
        return []
    return sorted(
        {os.path.dirname(path) for path in re.findall(r" (/\S+\.so(?:\.\S+)?)(?: \(deleted\))?$", mapped, re.MULTILINE)}
    )


def why_not_startable(program: str, called: str, lines: Sequence[str], libraries: Sequence[str] = ()) -> str | None:
    """Let the node's own program read these lines of a configuration file in an empty folder; None when it takes them.

    ``called`` is the name it is started by (``redis-server``): one program serves several purposes and goes by its name.
    ``libraries`` are folders in which to look for its shared libraries first.
    It never listens (no port, no socket) and has no data; Redis 7.0 and newer and Valkey then end by themselves.
    """
    if not os.access(program, os.X_OK):
        return f"it cannot be tried: the server's program {program!r} is not on this host any more"
    with tempfile.TemporaryDirectory(prefix="steadyhand-") as folder:
        path = os.path.join(folder, "try.conf")
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as stream:
            stream.write("\n".join([*_HARMLESS, "dir " + folder, *lines]) + "\n")
        try:
            # Not AnsibleModule.run_command: this layer runs without Ansible too, under the guard.
            tried = subprocess.run(  # pylint: disable=ansible-bad-function
                [called, path],
                executable=program,
                cwd=folder,
                env={**os.environ, **({"LD_LIBRARY_PATH": os.pathsep.join(libraries)} if libraries else {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=DRY_START_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"it cannot be tried: {program} did not end within {DRY_START_SECONDS} s"
    return _reason(tried.stdout.decode("utf-8", "replace"))


def most_open_files(process_id: int) -> int | None:
    """How many files a server can allow itself to open: its hard limit, or the kernel's where it may go beyond its own."""
    with open(f"/proc/{process_id}/limits", encoding="ascii") as stream:
        hard = re.search(r"^Max open files\s+\S+\s+(\d+)", stream.read(), re.MULTILINE)
    with open(f"/proc/{process_id}/status", encoding="utf-8", errors="replace") as stream:
        capabilities = re.search(r"^CapEff:\s*([0-9a-f]+)", stream.read(), re.MULTILINE)
    if capabilities is not None and int(capabilities.group(1), 16) >> CAP_SYS_RESOURCE & 1:
        with open("/proc/sys/fs/nr_open", encoding="ascii") as stream:
            return int(stream.read())
    return int(hard.group(1)) if hard is not None else None


def _reason(output: str) -> str | None:
    if _OPTIONS_ARE_GOOD in output:
        return None
    found = _FATAL.search(output)
    if found is not None:
        return "the server would not start with {}: {}".format(found.group("line"), found.group("why"))
    return "the server would not start with it: {}".format(" ".join(output.split())[-300:] or "it ended without a word")


def _unit_of(process_id: int) -> str | None:
    with open(f"/proc/{process_id}/cgroup", encoding="utf-8") as stream:
        found = re.search(r"/([^/\n]+\.service)$", stream.read(), re.MULTILINE)
    return found.group(1) if found else None

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One machine: a container in which systemd is the first process."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.errors import LabError
from lab.waiting import wait_until

from hosts.podman import image, podman

if TYPE_CHECKING:
    from ipaddress import IPv4Address

LABEL = "steadyhand.hosts"
"""A container's and a network's label; its value is the directory that they belong to."""
BOOT_TIMEOUT = 120.0
"""Seconds until the service manager has started all that it starts."""
SHUTDOWN_TIMEOUT = 300.0
"""Seconds that a machine may take to go down; guards hold it until its group can do without it."""
LIMITS = {"nofile": resource.RLIMIT_NOFILE, "nproc": resource.RLIMIT_NPROC}
MOST = 16384
"""Of either limit. podman's own defaults may lie above what it may hand on, which ends where process ids end."""

# The distribution's unit puts the server into namespaces of its own. Without these the service manager of Debian 13
# leaves its sandbox out, and what a sandboxed server can do would not be seen: mounting wants SYS_ADMIN and a /proc of
# which podman has hidden nothing, a hidden process's map of users wants SYS_PTRACE.
# Such a /proc lets the service manager do at its start what it does on every Debian host: raise the kernel's fs.nr_open and
# fs.file-max. Other settings of the kernel it leaves alone (tools/machines.py).
SANDBOX = ("--cap-add", "SYS_ADMIN,SYS_PTRACE", "--security-opt", "unmask=ALL")


@dataclass(frozen=True)
class Unit:
    """A service as its manager sees it, at one moment."""

    invocation: str
    """Changes with every start."""
    active_since: int
    """Microseconds, monotonic; all machines of one host share the clock."""
    restarts: int
    """Starts that nobody asked for (NRestarts)."""


@dataclass(frozen=True)
class Machine:
    """`name` is its container's, too."""

    name: str
    network: str
    address: IPv4Address
    image_name: str
    owner: Path

    def create(self) -> None:
        """Start it for the first time and wait until it has booted."""
        limits = (f"--ulimit={name}={_allowed(number)}:{_allowed(number)}" for name, number in LIMITS.items())
        podman(
            *("run", "--detach", "--name", self.name, "--hostname", self.name, "--label", f"{LABEL}={self.owner}"),
            *("--network", self.network, "--ip", str(self.address)),
            # Both service managers work under it, on every layout of control groups.
            *("--runtime", "runc", "--systemd=always", *SANDBOX, *limits),
            image(self.image_name),
        )
        self._wait_booted()

    def stop(self) -> None:
        """Shut it down."""
        podman("stop", self.name)

    def shut_down(self) -> None:
        """Have its service manager power it off, and wait until it is off."""
        podman("exec", self.name, "systemctl", "poweroff", "--no-block")
        self.wait_off()

    def cut_power(self) -> None:
        """End everything on it at once: SIGKILL to its first process, with which the kernel kills all others."""
        podman("kill", "--signal", "KILL", self.name)
        self.wait_off()

    def wait_off(self) -> None:
        """Wait until it is off."""
        podman("wait", self.name, timeout=SHUTDOWN_TIMEOUT)

    def start(self) -> None:
        """Switch it on again and wait until it has booted."""
        podman("start", self.name)
        self._wait_booted()

    def run(self, script: str) -> str:
        """Run a shell script on it as root, from its standard input; what it printed. It ends at the first error."""
        return podman("exec", "--interactive", self.name, "sh", "-eus", script=script)

    @contextmanager
    def hears_nothing_of(self, port: int) -> Iterator[None]:
        """Within the block, what servers on this port of other machines answer is dropped on its way in, without a word.

        The rule that finds local addresses is the first of all; ours must come before it (ip-rule(8)). 6 is TCP.
        """
        self._set_rules(f"add pref 2 lookup local|del pref 0|add pref 1 iif eth0 ipproto 6 sport {port} blackhole")
        try:
            yield
        finally:
            self._set_rules("del pref 1|add pref 0 lookup local|del pref 2")

    def _set_rules(self, rules: str) -> None:
        """A machine may not change its own network; who owns it may."""
        script = "".join(f"ip rule {rule}\n" for rule in rules.split("|"))
        podman("exec", "--privileged", "--interactive", self.name, "sh", "-eus", script=script)

    def unit(self, name: str) -> Unit:
        """What the service manager says of a unit."""
        names = ("InvocationID", "ActiveEnterTimestampMonotonic", "NRestarts")
        shown = dict(
            line.split("=", 1)
            for line in self.run(f"systemctl show --property={','.join(names)} -- {name}").splitlines()
        )
        invocation, active_since, restarts = (shown[name] for name in names)
        return Unit(invocation, int(active_since), int(restarts))

    def _wait_booted(self) -> None:
        wait_until(self._why_not_booted, BOOT_TIMEOUT, f"boot of {self.name}", interval=0.2)

    def _why_not_booted(self) -> str | None:
        try:
            state = self.run("systemctl is-system-running || true").strip()
        except LabError as error:
            return str(error)
        # Degraded: a unit failed. Which of them matter, those who need them find out.
        return None if state in ("running", "degraded") else state


def _allowed(limit: int) -> int:
    """As high as we may hand it on, but no higher than any machine needs."""
    hard = resource.getrlimit(limit)[1]
    return MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)

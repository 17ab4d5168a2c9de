# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service manager, as far as a guard has to do with it (systemd; seen with 252 and 257)."""

from __future__ import annotations

import fcntl
import subprocess
from dataclasses import dataclass

from .._model.errors import SteadyhandError

STOP = "stop"
PACKAGE = "package"
SHUTDOWN = "shutdown"
KINDS = (STOP, PACKAGE, SHUTDOWN)
"""A stop or restart of the service; the same while packages are installed or removed; the machine goes down."""

HOLDING = ("active", "deactivating")
"""A unit that would hold the next stop, or holds one: any other one waits for that, too."""
SHUTDOWN_UNIT = "shutdown.target"
PACKAGE_LOCK = "/var/lib/dpkg/lock"
"""Held by dpkg for as long as it works (man dpkg, man 2 fcntl)."""


class ManagerSilent(SteadyhandError):
    """The service manager did not answer, or not as expected."""


@dataclass(frozen=True)
class Job:
    """Something that the service manager is about to do."""

    number: str
    unit: str
    kind: str


class ServiceManager:
    """Asked about the service of a node, the unit of its guard, and the one that relieves it.

    A unit whose stop command has run is inactive for a moment, whatever follows, and would hold nothing in it. So the other one is
    active before the one that has called off a stop ends, and is stopped again once the guard's own is active.
    """

    def __init__(self, service: str, guard: str, relief: str) -> None:
        self._service = service
        self._guard = guard
        self._relief = relief

    def is_running(self) -> bool:
        """Whether the service has a process. Raises ManagerSilent."""
        return self._shown(self._service, "MainPID")["MainPID"] not in ("", "0")

    def kind_of_stop(self) -> str | None:
        """Which kind of stop is under way; None when nothing stops the service. Raises ManagerSilent."""
        jobs = self._jobs()
        if any(job.unit == SHUTDOWN_UNIT and job.kind == "start" for job in jobs):
            return SHUTDOWN
        if not self._stops(jobs):
            return None
        return PACKAGE if _packages_are_changed() else STOP

    def stop_under_way(self) -> str:
        """The number of the job that stops the service, which no other job has until the next boot; "" where nothing does.

        Raises ManagerSilent.
        """
        return ",".join(job.number for job in self._stops(self._jobs()))

    def call_off(self) -> None:
        """Cancel the stop, before any signal has reached the server; who asked for it is told so. Raises ManagerSilent."""
        for job in self._stops(self._jobs()):
            _systemctl("cancel", job.number)

    def call_relief(self) -> None:
        """Start what is to hold the next stop while the unit that has held this one ends. Raises ManagerSilent."""
        _systemctl("start", "--no-block", self._relief if self._state(self._guard) == "deactivating" else self._guard)

    def is_relieved(self) -> bool:
        """Whether one of the two units would hold the next stop. Raises ManagerSilent."""
        return "active" in (self._state(self._guard), self._state(self._relief))

    def arm_again(self) -> None:
        """Have the guard's own unit start again once it has stopped: the service goes on, and its guard with it."""
        _systemctl("start", "--no-block", self._guard)

    def is_armed(self) -> bool:
        """Whether the guard's own unit would hold a stop. Raises ManagerSilent."""
        return self._state(self._guard) == "active"

    def end_relief(self) -> None:
        """Stop what has held in its place. Raises ManagerSilent."""
        if self._state(self._relief) == "active":
            _systemctl("stop", "--no-block", self._relief)

    def unit_file(self) -> str:
        """The file that the service's unit is read from. Raises ManagerSilent."""
        return self._shown(self._service, "FragmentPath")["FragmentPath"]

    def what_is_broken(self) -> list[str]:
        """Why the guard would not hold a stop now; an empty list when it would."""
        try:
            broken = [*self._misplaced(self._guard), *self._misplaced(self._relief)]
            states = (self._state(self._guard), self._state(self._relief))
            if not broken and not any(state in HOLDING for state in states):
                broken.append(f"{self._guard} is {states[0]}: start it")
        except ManagerSilent as error:
            return [str(error)]
        return broken

    def _misplaced(self, unit: str) -> list[str]:
        """Why a stop would not reach that unit before the service."""
        shown = self._shown(unit, "LoadState", "PartOf", "After")
        if shown["LoadState"] != "loaded":
            return [f"there is no unit {unit} ({shown['LoadState']})"]
        names = self._names()
        return [
            f"{unit} is not {relation}= {self._service}: a stop would not reach it first"
            for relation in ("PartOf", "After")
            if not names.intersection(shown[relation].split())
        ]

    def _state(self, unit: str) -> str:
        return self._shown(unit, "ActiveState")["ActiveState"]

    def _names(self) -> set[str]:
        """The service's unit name and its aliases."""
        return {self._service, *self._shown(self._service, "Names")["Names"].split()}

    def _stops(self, jobs: list[Job]) -> list[Job]:
        names = self._names()
        return [job for job in jobs if job.unit in names and job.kind in ("stop", "restart", "try-restart")]

    def _jobs(self) -> list[Job]:
        lines = [line.split() for line in _systemctl("list-jobs", "--no-legend", "--plain", "--full").splitlines()]
        return [Job(words[0], words[1], words[2]) for words in lines if len(words) >= 4]

    def _shown(self, unit: str, *names: str) -> dict[str, str]:
        text = _systemctl("show", "--property=" + ",".join(names), "--", unit)
        found = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        missing = [name for name in names if name not in found]
        if missing:
            raise ManagerSilent(f"systemctl does not show {', '.join(missing)} of {unit}")
        return found


def _systemctl(*words: str) -> str:
    command = ["systemctl", *words]
    try:
        # Not AnsibleModule.run_command: this runs without Ansible.
        done = subprocess.run(  # pylint: disable=ansible-bad-function
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ManagerSilent(f"{' '.join(command)}: {error}") from error
    if done.returncode != 0:
        raise ManagerSilent(f"{' '.join(command)} ended with code {done.returncode}: {done.stdout.strip()}")
    return done.stdout


def _packages_are_changed() -> bool:
    """Whether dpkg is at work: it holds its lock, which fcntl(2) tells without taking it for longer than a moment."""
    try:
        with open(PACKAGE_LOCK, "r+b") as stream:
            fcntl.lockf(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:  # BlockingIOError or PermissionError: somebody holds it
        return True
    return False

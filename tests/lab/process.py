# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One operating-system process in a directory of its own, whoever started it.

The process writes its own pid file before it becomes the server, so that no moment exists in which it runs unrecorded.
The pid file holds the pid and the start time in clock ticks (proc(5), field 22 of /proc/PID/stat): together they name
one process for ever, and a recycled pid is never mistaken for ours. Signals go through a pidfd for the same reason.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError, StartError
from lab.waiting import wait_until

START_TIMEOUT = 10.0
"""Seconds until a forked child must have written its pid file."""
STOP_TIMEOUT = 30.0
"""Seconds that a server gets to end after SIGTERM (it may save its data set first)."""
LOG_TAIL_LINES = 30

# Runs in the child: note who we are, then become the server. `mv` makes the pid file appear whole.
_BECOME = 'echo "$$ $(cut -d" " -f22 "/proc/$$/stat")" > "$0.new" && mv "$0.new" "$0" && exec "$@"'


@dataclass(frozen=True)
class Process:
    """A process known by the directory that holds its `pid` and `log` files."""

    name: str
    directory: Path
    command: tuple[str, ...]

    @property
    def log_file(self) -> Path:
        """Standard output and standard error of every start, appended."""
        return self.directory / "log"

    @property
    def pid_file(self) -> Path:
        """`PID STARTTIME`, written by the process itself."""
        return self.directory / "pid"

    def spawn(self, environment: dict[str, str] | None = None) -> None:
        """Start the command detached: own session, adopted by init, no descriptor inherited, output into the log."""
        if self.is_running():
            raise LabError(f"{self.name} runs already as pid {self.pid()}")
        self.pid_file.unlink(missing_ok=True)
        with self.log_file.open("ab") as log:
            subprocess.run(
                ["setsid", "--fork", "sh", "-c", _BECOME, str(self.pid_file), *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.directory,
                env=environment,
                close_fds=True,
                check=True,
            )
        wait_until(
            lambda: None if self.pid_file.exists() else f"no {self.pid_file}",
            START_TIMEOUT,
            f"start of {self.name}",
            interval=0.002,
        )

    def pid(self) -> int | None:
        """The pid of the last start, or None when it never ran. It may have ended since."""
        identity = self._identity()
        return identity[0] if identity else None

    def is_running(self) -> bool:
        """Whether the process of the last start lives (a frozen one does, a zombie does not)."""
        with self._opened() as pidfd:
            return pidfd is not None

    def started_at(self) -> float:
        """Start of the running process in seconds since the epoch (resolution: one clock tick, 10 ms)."""
        identity = self._identity()
        if identity is None or not self.is_running():
            raise LabError(f"{self.name} does not run")
        return _boot_time() + identity[1] / os.sysconf("SC_CLK_TCK")

    def send_signal(self, number: signal.Signals) -> None:
        """Signal the process; an error when it does not run."""
        with self._opened() as pidfd:
            if pidfd is None:
                raise LabError(f"{self.name} does not run: no {number.name} sent")
            signal.pidfd_send_signal(pidfd, number)

    def stop(self, timeout: float = STOP_TIMEOUT) -> None:
        """SIGTERM and wait for the end. A process that had ended already is no error."""
        self._end(signal.SIGTERM, timeout)

    def kill(self) -> None:
        """SIGKILL and wait for the end. A process that had ended already is no error."""
        self._end(signal.SIGKILL, STOP_TIMEOUT)

    def freeze(self) -> None:
        """SIGSTOP: it keeps its sockets and answers nothing."""
        self.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self.send_signal(signal.SIGCONT)

    def log_tail(self, lines: int = LOG_TAIL_LINES) -> str:
        """The last lines of the log."""
        if not self.log_file.exists():
            return "(no log)"
        return "\n".join(self.log_file.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def failure(self, what: str) -> StartError:
        """An error about this process with the evidence."""
        return StartError(f"{self.name}: {what}\n--- end of {self.log_file} ---\n{self.log_tail()}")

    def _end(self, number: signal.Signals, timeout: float) -> None:
        with self._opened() as pidfd:
            if pidfd is None:
                return
            signal.pidfd_send_signal(pidfd, number)
            # A frozen process takes SIGTERM only once it goes on.
            signal.pidfd_send_signal(pidfd, signal.SIGCONT)
            if not _readable(pidfd, timeout):
                raise LabError(
                    f"{self.name} (pid {self.pid()}) still runs {timeout:g} s after {number.name}\n{self.log_tail()}"
                )

    def _identity(self) -> tuple[int, int] | None:
        try:
            pid, ticks = self.pid_file.read_text(encoding="ascii").split()
        except FileNotFoundError:
            return None
        return int(pid), int(ticks)

    @contextmanager
    def _opened(self) -> Iterator[int | None]:
        """A pidfd of exactly the recorded process, or None when it has ended."""
        identity = self._identity()
        if identity is None:
            yield None
            return
        pid, ticks = identity
        try:
            pidfd = os.pidfd_open(pid)
        except (
            FileNotFoundError,
            ProcessLookupError,
        ):  # Linux 6.15 and later say ENOENT of one that is being collected
            yield None
            return
        try:
            # Once the pidfd is open the pid cannot be recycled under us, so the check below is about the same process.
            yield pidfd if start_ticks(pid) == ticks and not _readable(pidfd, 0) else None
        finally:
            os.close(pidfd)


def lives(pid: int) -> bool:
    """Whether any process has that pid; a zombie that init has not collected yet is dead."""
    fields = _stat_fields(pid)
    return fields is not None and fields[0] != "Z"


def start_ticks(pid: int) -> int | None:
    """Clock ticks between boot and the start of *pid*; None when it is gone."""
    fields = _stat_fields(pid)
    return None if fields is None else int(fields[19])


def _stat_fields(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat from the third (state) on; None when the process is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field is the command in parentheses and may itself hold spaces and parentheses.
    return stat.rpartition(")")[2].split()


def processes_below(directory: Path) -> list[Process]:
    """Every process ever started in a directory below *directory*, found by its pid file."""
    return [Process(file.parent.name, file.parent, ()) for file in sorted(directory.glob("**/pid"))]


def kill_with_descendants(process: Process) -> None:
    """SIGKILL a process and what it forked (a saving child, the sessions of an sshd), and wait for its end."""
    if process.is_running():
        pid = process.pid()
        assert pid is not None, "a running process has a pid file"
        # Stopped first, so that it forks nothing between our look at its children and its end.
        process.freeze()
        descendants = _descendants(pid)
        process.kill()
        for child, ticks in descendants:
            _kill_exactly(child, ticks)


def kill_sessions(sshd: Process) -> None:
    """SIGKILL what an sshd forked to serve its connections, and neither the daemon nor the commands of the sessions."""
    pid = sshd.pid()
    assert pid is not None, "the daemon runs"
    for child, ticks in _descendants(pid):
        # OpenSSH before 9.8 serves connections by itself, later ones by sshd-session and sshd-auth.
        if _command_name(child).startswith("sshd"):
            _kill_exactly(child, ticks)


def _command_name(pid: int) -> str:
    """The name of a process' program; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _descendants(pid: int) -> list[tuple[int, int]]:
    """Pid and start ticks of all children, and theirs. (/proc/PID/task/TID/children is a kernel option, PPid is
    not.)"""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        fields = _stat_fields(int(entry.name))
        if fields is not None:
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found: list[tuple[int, int]] = []
    unseen = list(children.get(pid, []))
    while unseen:
        child = unseen.pop()
        unseen += children.get(child, [])
        ticks = start_ticks(child)
        if ticks is not None:
            found.append((child, ticks))
    return found


def _kill_exactly(pid: int, ticks: int) -> None:
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        if start_ticks(pid) == ticks and not _readable(pidfd, 0):
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            _readable(pidfd, STOP_TIMEOUT)
    finally:
        os.close(pidfd)


def _readable(pidfd: int, timeout: float) -> bool:
    """A pidfd becomes readable when its process has ended (pidfd_open(2))."""
    poller = select.poll()
    poller.register(pidfd, select.POLLIN)
    return bool(poller.poll(timeout * 1000))


def _boot_time() -> float:
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting other programs, and the one kind of error that `./dev` itself reports."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO


class SetupError(Exception):
    """Something that `./dev` needs is missing; the text says what, and what to do about it."""


def replace_process(command: Sequence[str], env: Mapping[str, str]) -> int:
    """Become `command`: signals then reach it directly, and nothing is left between it and the terminal.

    Never returns; the type lets a caller write `return replace_process(...)`.
    """
    if shutil.which(command[0], path=env["PATH"]) is None:
        raise SetupError(f"no such command: {command[0]}")
    os.execvpe(command[0], list(command), dict(env))


@dataclass(frozen=True)
class Command:
    """A command line; its output goes to the terminal, or into a file."""

    words: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    output: IO[bytes] | None = None


@dataclass(frozen=True)
class Ended:
    """How a command ended, 128 + N where signal N ended it, and after how many seconds."""

    code: int
    seconds: float


def run_foreground(command: Sequence[str], env: Mapping[str, str], cwd: Path) -> int:
    """Run `command` to its end and return its exit code. See `run_side_by_side`."""
    (ended,) = run_side_by_side([Command(command, env, cwd)])
    return ended.code


def run_side_by_side(commands: Sequence[Command]) -> list[Ended]:
    """Run the commands at the same time, each to its end.

    Ctrl-C reaches them by the terminal. We only wait for them to clean up and then stop ourselves; SIGTERM and SIGHUP
    come to us alone and are handed on.
    """
    processes: list[subprocess.Popen[bytes]] = []
    interrupted = False

    def wait_for_clean_up(_number: int, _frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = True

    def hand_on(number: int, _frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = True
        for process in processes:
            process.send_signal(number)

    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, wait_for_clean_up),
        signal.SIGTERM: signal.signal(signal.SIGTERM, hand_on),
        signal.SIGHUP: signal.signal(signal.SIGHUP, hand_on),
    }
    try:
        begun = time.monotonic()
        for command in commands:
            processes.append(_started(command))
        if interrupted:  # maybe before there was a process to hand the signal on to
            for process in processes:
                process.terminate()
        with ThreadPoolExecutor(len(processes)) as pool:
            ended = list(pool.map(lambda process: _end_of(process, begun), processes))
    except OSError:
        for process in processes:
            process.terminate()
            process.wait()
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if interrupted:
        raise KeyboardInterrupt
    return ended


def _started(command: Command) -> subprocess.Popen[bytes]:
    hidden = command.output is not None
    return subprocess.Popen(
        list(command.words),
        env=dict(command.env),
        cwd=command.cwd,
        stdin=subprocess.DEVNULL if hidden else None,
        stdout=command.output,
        stderr=subprocess.STDOUT if hidden else None,
    )


def _end_of(process: subprocess.Popen[bytes], begun: float) -> Ended:
    code = process.wait()
    return Ended(code if code >= 0 else 128 - code, time.monotonic() - begun)


def run_quietly(
    command: Sequence[str | Path], env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `command` and keep what it prints (both streams in one, in order)."""
    return subprocess.run(
        [str(word) for word in command],
        env=None if env is None else dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def must_run(command: Sequence[str | Path], purpose: str, cwd: Path | None = None) -> str:
    """Run `command` and return what it printed; raise SetupError with all of that where it failed."""
    done = run_quietly(command, cwd=cwd)
    if done.returncode != 0:
        line = shlex.join(str(word) for word in command)
        raise SetupError(f"{purpose}: this ended with code {done.returncode}:\n  {line}\n{done.stdout.rstrip()}")
    return done.stdout

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
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType


class SetupError(Exception):
    """Something that `./dev` needs is missing; the text says what, and what to do about it."""


def replace_process(command: Sequence[str], env: Mapping[str, str]) -> int:
    """Become `command`: signals then reach it directly, and nothing is left between it and the terminal.

    Never returns; the type lets a caller write `return replace_process(...)`.
    """
    if shutil.which(command[0], path=env["PATH"]) is None:
        raise SetupError(f"no such command: {command[0]}")
    os.execvpe(command[0], list(command), dict(env))


def run_foreground(command: Sequence[str], env: Mapping[str, str], cwd: Path) -> int:
    """Run `command` to its end and return its exit code, 128 + N where signal N ended it.

    Ctrl-C reaches the command by the terminal. We only wait for it to clean up and then stop ourselves; SIGTERM and
    SIGHUP come to us alone and are handed on.
    """
    process: subprocess.Popen[bytes] | None = None
    interrupted = False

    def wait_for_clean_up(_number: int, _frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = True

    def hand_on(number: int, _frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = True
        if process is not None:
            process.send_signal(number)

    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, wait_for_clean_up),
        signal.SIGTERM: signal.signal(signal.SIGTERM, hand_on),
        signal.SIGHUP: signal.signal(signal.SIGHUP, hand_on),
    }
    try:
        process = subprocess.Popen(list(command), env=dict(env), cwd=cwd)
        if interrupted:  # before there was a process to hand the signal on to
            process.terminate()
        code = process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if interrupted:
        raise KeyboardInterrupt
    return code if code >= 0 else 128 - code


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

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A hand-over in a process of its own that is struck by signals at one exact step.

`python -m engine.faults.doomed LAB_DIRECTORY GROUP DRIVER STEP SIGNAL...`; its result is one line of JSON on standard
output.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.drivers import SENTINEL
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.interruptions import uninterrupted
from engine.faults.injection import Injection
from engine.faults.steps import strike
from engine.faults.trial import hand_over
from lab.lab import Lab
from lab.waiting import wait_until

_started: list[subprocess.Popen[str]] = []


def start(lab: Lab, group: str, step: str, *signals: signal.Signals, driver: str = SENTINEL) -> subprocess.Popen[str]:
    """Start one that strikes itself there."""
    words = [sys.executable, "-P", "-m", "engine.faults.doomed", str(lab.directory), group, driver, step]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [*words, *(one.name for one in signals)], stdout=subprocess.PIPE, text=True, env=environment
    )
    _started.append(process)
    return process


def end_all() -> None:
    """End those that a test which failed has left, frozen ones too."""
    while _started:
        with _started.pop() as process:
            if process.poll() is None:
                process.kill()


def froze(process: subprocess.Popen[str]) -> bool:
    """Wait until it stands still, or has ended before it came to that: whether it stands still."""

    def reason() -> str | None:
        if process.poll() is not None:
            return None
        state = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        return None if state == "T" else f"its state is {state}"

    wait_until(reason, 60.0, "the process to freeze or to end")
    return process.poll() is None


def main(arguments: list[str]) -> None:
    """Run from the command line."""
    directory, group, driver, step, *signals = arguments

    def struck() -> None:
        for name in signals:
            os.kill(os.getpid(), signal.Signals[name])

    with pytest.MonkeyPatch.context() as monkeypatch:
        inject = Injection(monkeypatch)
        inject.at_once()
        strike(inject, step, struck, driver)
        with uninterrupted():
            result = hand_over(Lab.load(Path(directory)), group, driver=driver)
    print(json.dumps({**dataclasses.asdict(result), "pending": inject.pending}))


if __name__ == "__main__":
    main(sys.argv[1:])

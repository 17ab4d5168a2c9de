# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A hand-over in a process of its own that is struck by signals at one exact step.

`python -m engine.faults.doomed LAB_DIRECTORY GROUP STEP SIGNAL...`; its result is one line of JSON on standard output.
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
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover import promotion
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.interruptions import uninterrupted
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.ledger import Ledger
from engine.faults.injection import Fault, Injection
from engine.faults.trial import hand_over
from lab.lab import Lab

PHASES = ("align", "fence", "prove", "promote", "demote", "adopt", "release")


def strike(inject: Injection, step: str, fault: Fault) -> None:
    """Prepare the fault at a step: a phase of the passage, or one of those below."""
    if step in PHASES:
        inject.after_phase(step, fault)
    elif step == "written down":
        inject.after_call(Ledger, "note", fault)
    elif step == "borrowed":
        inject.after_call(Ledger, "borrow_setting", fault)
    elif step == "about to ask":
        inject.before_call(promotion, "ask", fault)
    elif step == "asked":
        inject.after_call(promotion, "ask", fault)
    elif step == "about to return":
        inject.before_call(Ledger, "return_all", fault)
    else:
        raise ValueError(step)


def start(lab: Lab, group: str, step: str, *signals: signal.Signals) -> subprocess.Popen[str]:
    """Start one that strikes itself there."""
    words = [sys.executable, "-P", "-m", "engine.faults.doomed", str(lab.directory), group, step]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [*words, *(one.name for one in signals)], stdout=subprocess.PIPE, text=True, env=environment
    )


def main(arguments: list[str]) -> None:
    """Run from the command line."""
    directory, group, step, *signals = arguments

    def struck() -> None:
        for name in signals:
            os.kill(os.getpid(), signal.Signals[name])

    with pytest.MonkeyPatch.context() as monkeypatch:
        inject = Injection(monkeypatch)
        inject.at_once()
        strike(inject, step, struck)
        with uninterrupted():
            result = hand_over(Lab.load(Path(directory)), group)
    print(json.dumps({**dataclasses.asdict(result), "pending": inject.pending}))


if __name__ == "__main__":
    main(sys.argv[1:])

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo cleans up after itself, however it is ended. (That it succeeds is shown where the playbooks are tested.)"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from lab.process import lives, processes_below
from lab.waiting import wait_until

TESTS_DIRECTORY = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(signal.SIGINT, 130, id="Ctrl-C"),
        pytest.param(signal.SIGTERM, 143, id="terminated"),
        pytest.param(signal.SIGKILL, -signal.SIGKILL, id="killed"),
    ],
)
def test_an_interrupted_demo_leaves_nothing_behind(tmp_path: Path, number: signal.Signals, code: int) -> None:
    # A short path: the demo makes its lab below the directory for temporary files.
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "lab.demo", "--groups", "1"],
        cwd=TESTS_DIRECTORY,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        seen = ""
        while "connections per group write" not in seen:
            line = demo.stdout.readline()
            assert line, f"the demo ended too early:\n{seen}"
            seen += line
        pids = [process.pid() or 0 for process in processes_below(tmp_path)]
        assert len(pids) == 3 + 3 + 1, "nodes, Sentinels and the users' process"
        assert all(lives(pid) for pid in pids)
        demo.send_signal(number)
        demo.stdout.read()
    assert demo.returncode == code
    wait_until(lambda: _left(tmp_path), 15, "end of all that the demo started")
    assert [pid for pid in pids if lives(pid)] == []


def _left(directory: Path) -> str | None:
    files = [str(path) for path in directory.glob("**/*") if path.is_file()]
    return f"left: {files[:5]}" if files else None

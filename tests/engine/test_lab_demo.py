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
from lab import demo
from lab.lab import Lab
from lab.process import lives, processes_below
from lab.traffic.journal import Outcome, key_of, read_journal
from lab.traffic.load import Load
from lab.traffic.traffic import Traffic
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
    ) as started:
        assert started.stdout is not None
        seen = ""
        while "connections per group write" not in seen:
            line = started.stdout.readline()
            assert line, f"the demo ended too early:\n{seen}"
            seen += line
        pids = [process.pid() or 0 for process in processes_below(tmp_path)]
        assert len(pids) == 3 + 3 + 1, "nodes, Sentinels and the users' process"
        assert all(lives(pid) for pid in pids)
        started.send_signal(number)
        started.stdout.read()
    assert started.returncode == code
    wait_until(lambda: _left(tmp_path), 15, "end of all that the demo started")
    assert [pid for pid in pids if lives(pid)] == []


@pytest.mark.parametrize("stolen", [False, True])
def test_the_demo_ends_with_1_when_an_acknowledged_write_is_missing(
    shared_lab: Lab, monkeypatch: pytest.MonkeyPatch, stolen: bool
) -> None:
    """On real servers and their users; what leads there, two pushes, is shown where the playbooks are tested."""
    group = shared_lab.groups[0]

    def only_the_end(_lab: Lab, load: Load) -> list[str]:
        found = demo.Demo(shared_lab)
        traffic = Traffic.start(shared_lab, load, [group])
        wait_until(lambda: None if _acknowledged(traffic, group) else "nothing is acknowledged", 30, "a write")
        key = _acknowledged(traffic, group)[0]
        if stolen:
            with shared_lab.primary_of(group).client() as client:
                assert client.delete(key) == 1
        found.judge(traffic)
        assert any(key in problem for problem in found.problems) is stolen
        return found.problems

    monkeypatch.setattr(demo, "play", only_the_end)
    # main takes the signals of the process, which belong to pytest here.
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        assert demo.main(["--groups", "1", "--value-size", "100", "--data-set-mb", "0"]) == int(stolen)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _acknowledged(traffic: Traffic, group: str) -> list[str]:
    """Keys of acknowledged writes that set them."""
    return [
        key_of(connection.prefix, record.number)
        for connection in traffic.connections(group)
        for record in read_journal(connection.journal)
        if record.outcome is Outcome.ACKNOWLEDGED
    ]


def _left(directory: Path) -> str | None:
    files = [str(path) for path in directory.glob("**/*") if path.is_file()]
    return f"left: {files[:5]}" if files else None

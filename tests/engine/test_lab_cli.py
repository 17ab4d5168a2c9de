# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`./dev lab`, as a user types it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from lab.lab import Lab
from lab.process import lives, processes_below

TESTS_DIRECTORY = Path(__file__).resolve().parent.parent


def lab_command(*words: str) -> tuple[int, str]:
    """In a process of its own, because the lab has to outlive it. Exit code and output."""
    result = subprocess.run(
        [sys.executable, "-m", "lab.cli", *words],
        cwd=TESTS_DIRECTORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return result.returncode, result.stdout


def test_a_lab_stays_up_until_it_is_taken_down(tmp_path: Path) -> None:
    where = ("--dir", str(tmp_path / "play"))
    assert lab_command("status", *where)[0] == 1
    code, output = lab_command("up", "--groups", "1", "--replicas", "1", *where)
    try:
        assert code == 0, output
        lab = Lab.load(tmp_path / "play")
        pids = [process.pid() or 0 for process in processes_below(lab.directory)]
        assert [lives(pid) for pid in pids] == [True] * 5
        assert lab.primary_of("group-1").name == "group-1-a"
        assert f"-i {lab.inventory_file} steadyhand.redis.audit" in output

        code, output = lab_command("up", *where)
        assert (code, "is up already" in output) == (0, True)
        assert len(lab.groups) == 1, "the lab that was up is the lab that is up"

        lab.node("group-1-b").stop()
        code, output = lab_command("status", *where)
        assert code == 1
        (line,) = [line for line in output.splitlines() if line.startswith("group-1-b")]
        assert line.endswith("does not run")
    finally:
        code, output = lab_command("down", *where)
    assert code == 0, output
    assert list(tmp_path.iterdir()) == []
    assert [pid for pid in pids if lives(pid)] == []
    assert lab_command("down", *where)[0] == 0

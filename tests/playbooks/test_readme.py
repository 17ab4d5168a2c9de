# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command of the README is run, in the order in which it stands there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.long
ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(\./dev [^`]+)`")

# What stands in the text and is run elsewhere.
ELSEWHERE = {
    "./dev lint": "CI",
    "./dev test": "CI",
    "./dev test faults": "CI",
    "./dev test incidents": "CI",
    "./dev test machines": "CI, the long tests on one distribution each",
    "./dev test molecule": "CI, the scenario guard",
    "./dev test unit": "CI",
    "./dev bench audit": "a measurement of some minutes, run by people",
    "./dev bench failover": "a measurement of an hour, run by people",
    "./dev bench rolling_restart": "a measurement of about a quarter of an hour, run by people",
}


def blocks() -> list[list[str]]:
    """The commands of each console block."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return [block.strip().splitlines() for block in BLOCK.findall(text)]


def test_there_is_no_command_in_the_text_that_nobody_runs() -> None:
    named = set(INLINE.findall((ROOT / "README.md").read_text(encoding="utf-8")))
    assert named <= set(ELSEWHERE), named - set(ELSEWHERE)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("commands", [pytest.param(block, id=block[0]) for block in blocks()])
def test_the_commands_of_the_readme_work_as_they_stand_there(commands: list[str], tmp_path: Path) -> None:
    # A lab that a person keeps up in this checkout must stay: the commands get a directory of their own.
    environment_directory = tmp_path / "up"
    try:
        for command in commands:
            words = shlex.split(command.replace(".dev/lab/up", str(environment_directory)))
            ended = _run(words, environment_directory)
            assert ended.returncode == 0, f"{command}\n{ended.stdout}"
    finally:
        _run(["./dev", "lab", "down"], environment_directory)
    assert not environment_directory.exists()


def _run(words: list[str], directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        cwd=ROOT,
        env={**os.environ, "LAB_DIRECTORY": str(directory)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

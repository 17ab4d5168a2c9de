# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`./dev` as it is called, and the pieces of it that decide something."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tools import lint, suites
from tools.commands import COMMANDS
from tools.lint.step import LintError
from tools.lock import merged
from tools.processes import Command, SetupError, must_run, run_foreground, run_side_by_side
from tools.suites import Suite

ROOT = Path(__file__).resolve().parents[2]


def _dev(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ROOT / "dev", *words], cwd=cwd, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("words", [(), ("dmeo",)], ids=["no word", "wrong word"])
def test_a_wrong_word_is_answered_with_what_exists(words: tuple[str, ...]) -> None:
    done = _dev(*words)
    assert done.returncode == 2
    for command in COMMANDS.values():
        assert f"./dev {command.usage}" in done.stderr
        assert command.help in done.stderr


def test_a_command_runs_where_the_user_stands_and_its_exit_code_is_kept(tmp_path: Path) -> None:
    done = _dev("run", "sh", "-c", "pwd; exit 7", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (7, f"{tmp_path}\n")


def test_a_command_that_does_not_exist_is_named() -> None:
    done = _dev("run", "no-such-program")
    assert (done.returncode, done.stderr) == (1, "dev: no such command: no-such-program\n")


def test_a_wrong_suite_or_lint_step_is_answered_with_what_exists() -> None:
    with pytest.raises(
        SetupError, match="no suite 'untit'; there are: unit, engine, faults, incidents, playbooks, machines, molecule"
    ):
        suites.run(["untit"])
    with pytest.raises(SetupError, match="no scenario 'defualt'; there are: default, "):
        suites.run(["molecule", "defualt"])
    with pytest.raises(SetupError, match="no lint step 'rufff'; there are: sanity-oldest, "):
        lint.run(["rufff"])


def test_a_suite_that_collects_nothing_fails() -> None:
    done = _dev("test", "unit", "-k", "no_test_has_this_name")
    assert done.returncode == 5
    assert "dev: tests/unit failed: it holds no test, or none was chosen" in done.stdout


def test_every_lint_step_runs_although_one_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails() -> str:
        raise LintError("line 3: wrong")

    monkeypatch.setattr(lint, "STEPS", {"first": fails, "second": lambda: "ok: 2 files", "third": lambda: None})
    monkeypatch.setattr("tools.environments.prepare", lambda *_kinds, **_options: None)
    assert lint.run([]) == 1
    said = capsys.readouterr().out
    for line in ("line 3: wrong", "lint first: FAILED (", "lint second: ok: 2 files (", "lint third: ok (", "first\n"):
        assert line in said


def test_sigterm_reaches_the_command_and_its_clean_up_is_awaited(tmp_path: Path) -> None:
    mark = tmp_path / "cleaned"
    ready = tmp_path / "ready"
    os.mkfifo(ready)
    script = f"trap 'touch {mark}; exit 0' TERM; echo > {ready}; while :; do sleep 0.05; done"

    def terminate_once_ready() -> None:
        ready.read_text()  # a named pipe: returns when the command has set its trap
        os.kill(os.getpid(), signal.SIGTERM)

    helper = threading.Thread(target=terminate_once_ready)
    helper.start()
    with pytest.raises(KeyboardInterrupt):
        run_foreground(["sh", "-c", script], os.environ, tmp_path)
    helper.join()
    assert mark.exists()


def test_a_suite_that_runs_beside_another_is_shown_whole_after_it_and_counts_like_any_other(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    os.mkfifo(here)
    os.mkfifo(there)
    # Neither goes on before the other does.
    scripts = {
        "first": f"echo one; echo > {here}; read line < {there}; echo two",
        "beside": f"echo three; read line < {here}; echo > {there}; echo four >&2; exit 3",
        "last": "echo five",
    }
    monkeypatch.setattr(suites, "SUITES", {"first": Suite(), "last": Suite(), "beside": Suite(beside="first")})
    monkeypatch.setattr(
        suites, "_command", lambda name, *_others: Command(["sh", "-c", scripts[name]], os.environ, tmp_path)
    )
    assert suites.run([]) == 1
    said = re.sub(r" \(\d+ s\)", "", capfd.readouterr().out)
    assert [line for line in said.splitlines() if line] == [
        *("dev: tests/first (and beside it, shown after it: tests/beside)", "one", "two"),
        *("dev: tests/beside", "three", "four", "dev: tests/first passed", "dev: tests/beside failed"),
        *("dev: tests/last", "five", "dev: tests/last passed"),
        "dev: suites passed: 2 of 3; failed: beside",
    ]


def test_sigterm_reaches_all_commands_that_run_side_by_side(tmp_path: Path) -> None:
    names = ("one", "other")
    for name in names:
        os.mkfifo(tmp_path / f"{name}-ready")

    def script(name: str) -> str:
        mark = tmp_path / name
        return f"trap 'touch {mark}; exit 0' TERM; echo > {mark}-ready; while :; do sleep 0.05; done"

    def terminate_once_ready() -> None:
        for name in names:
            (tmp_path / f"{name}-ready").read_text()
        os.kill(os.getpid(), signal.SIGTERM)

    helper = threading.Thread(target=terminate_once_ready)
    helper.start()
    with pytest.raises(KeyboardInterrupt):
        run_side_by_side([Command(["sh", "-c", script(name)], os.environ, tmp_path) for name in names])
    helper.join()
    assert all((tmp_path / name).exists() for name in names)


def test_a_command_that_cannot_be_started_ends_those_beside_it(tmp_path: Path) -> None:
    """They are waited for, so that this would not end otherwise."""
    with pytest.raises(FileNotFoundError):
        run_side_by_side([Command(words, os.environ, tmp_path) for words in (["sleep", "600"], ["no-such-program"])])


def test_a_signal_that_ended_the_command_shows_in_the_exit_code(tmp_path: Path) -> None:
    assert run_foreground(["sh", "-c", "kill -KILL $$"], os.environ, tmp_path) == 128 + signal.SIGKILL


def test_a_set_up_step_that_fails_says_what_it_was_and_what_it_printed() -> None:
    with pytest.raises(SetupError) as raised:
        must_run([sys.executable, "-c", "print('no space'); raise SystemExit(4)"], "cannot unpack")
    assert str(raised.value).startswith("cannot unpack: this ended with code 4:\n")
    assert str(raised.value).endswith("\nno space")


def test_versions_that_differ_between_pythons_are_locked_with_a_marker() -> None:
    pins = {
        'python_version < "3.12"': ["Sphinx==9.0", "redis==8.1"],
        'python_version >= "3.12"': ["redis==8.1", "b==2"],
    }
    assert merged(pins) == ['b==2 ; python_version >= "3.12"', "redis==8.1", 'Sphinx==9.0 ; python_version < "3.12"']

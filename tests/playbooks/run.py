# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of a playbook on a lab or on machines, and what was seen of it."""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.playbook import Inventoried, run_command, run_playbook

CALLBACKS = Path(__file__).resolve().parent / "callbacks"

# Tasks that start no module on a node. (`raw` runs a command of the shell, and not even Python.)
ON_THE_CONTROLLER = frozenset(
    {
        "add_host",
        "assert",
        "debug",
        "fail",
        "group_by",
        "import_role",
        "include_role",
        "include_tasks",
        "raw",
        "set_fact",
        "steadyhand.redis.turn",
        "validate_argument_spec",
    }
)


@dataclass(frozen=True)
class Result:
    """The result of one task for one host."""

    outcome: str
    host: str
    delegated_to: str
    task: str
    action: str
    changed: bool
    message: str


@dataclass(frozen=True)
class Run:
    """A playbook that has ended."""

    code: int
    output: str
    results: tuple[Result, ...]

    @property
    def text(self) -> str:
        """The output with the lines of each list joined, as the table of an audit has its long sentences over several."""
        return re.sub(r'",\n\s*"\s*', " ", self.output)

    @property
    def changes(self) -> list[Result]:
        """What changed something."""
        return [result for result in self.results if result.changed]

    @property
    def messages(self) -> list[str]:
        """What people were told, success and failure."""
        return [result.message for result in self.results if result.message]

    def module_runs(self) -> Counter[str]:
        """Starts of a module, by the host that stands for the group."""
        return Counter(
            result.host
            for result in self.results
            if result.action.removeprefix("ansible.builtin.").removeprefix("ansible.legacy.") not in ON_THE_CONTROLLER
        )

    def failure(self, host: str | None = None) -> str:
        """The last failure (of a host): what the user reads at the end. Empty when nothing failed."""
        failures = [
            result.message for result in self.results if result.outcome == "failed" and host in (None, result.host)
        ]
        return failures[-1] if failures else ""

    def said(self, text: str) -> bool:
        """Whether a message holds the text."""
        return any(text in message for message in self.messages)


def play(
    lab: Inventoried,
    playbook: str,
    extra_vars: dict[str, Any] | None = None,
    *arguments: str,
    on_line: Callable[[str], None] = lambda _line: None,
) -> Run:
    """Run steadyhand.redis.PLAYBOOK as a user would."""

    def run(environment: dict[str, str], hear: Callable[[str], None]) -> int:
        return run_playbook(lab, f"steadyhand.redis.{playbook}", extra_vars, arguments, environment, hear)

    return _recorded(lab, run, on_line)


def play_command(lab: Inventoried, command: str) -> Run:
    """Run a command line in a shell, as a user does who has copied it."""
    return _recorded(lab, lambda environment, hear: run_command(lab, ["/bin/sh", "-c", command], environment, hear))


def _recorded(
    lab: Inventoried,
    run: Callable[[dict[str, str], Callable[[str], None]], int],
    on_line: Callable[[str], None] = lambda _line: None,
) -> Run:
    lines: list[str] = []

    def hear(line: str) -> None:
        lines.append(line)
        on_line(line)

    with tempfile.NamedTemporaryFile(suffix=".jsonl") as record:
        environment = {
            "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
            "ANSIBLE_CALLBACKS_ENABLED": "recorder",
            "ANSIBLE_NOCOLOR": "1",
            "RECORDER_FILE": record.name,
        }
        code = run(environment, hear)
        results = tuple(
            Result(**json.loads(line)) for line in Path(record.name).read_text(encoding="utf-8").splitlines()
        )
    told = "\n".join([*lines, *(result.message for result in results)])
    assert not [secret for secret in lab.secrets if secret in told], "a password is in the output"
    # Shown by pytest when the test fails.
    print("\n".join(lines))
    return Run(code, "\n".join(lines), results)

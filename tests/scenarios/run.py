# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run of one of molecule's scenarios, and what of it did not run.

Molecule ends well although the file of a step is missing, or a scenario's tests are, and it reports some steps that it has
skipped as successful. So a run counts only for what it shows of every step: what Ansible said at its end, the tests that
pytest has counted, and that no machine is left.
"""

from __future__ import annotations

import itertools
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import yaml
from hosts.removal import remove
from lab.playbook import run_heard
from lab.warden import Warden

PROJECT = Path(__file__).resolve().parents[2]
BASE = ".config/molecule/config.yml"
_REPORT = "DETAILS"
"""The line of molecule's output after which every step is named with its outcome."""
_REPORTED = re.compile(r"\S+ > (?P<step>\w+): Executed: (?P<outcome>.*)")
_BEGUN = re.compile(r"INFO +\[\S+ > (?P<step>\w+)\] Executing")
"""As in NO_COLOR's output."""
_DONE = re.compile(r"(\d+ )?successful")
_OF_PYTEST = ("verify",)
_PLAYED = "PLAY RECAP"
_NO_HOSTS = "skipping: no hosts matched"
"""Ansible says so of a play that has done nothing, and ends well."""


@dataclass(frozen=True)
class Step:
    """A step as molecule reports it, and whether a playbook ran to an end in it."""

    name: str
    outcome: str
    played: bool


@dataclass(frozen=True)
class Tests:
    """What pytest has counted, once the scenario was verified."""

    passed: int = 0
    others: int = 0
    """Failed, broken or skipped."""


@dataclass(frozen=True)
class ScenarioRun:
    """A scenario that has ended."""

    code: int
    output: tuple[str, ...]
    tests: Tests
    machines_left: bool

    @property
    def steps(self) -> list[Step]:
        """In their order."""
        lines = [line.strip() for line in self.output]
        reported = lines[lines.index(_REPORT) + 1 :] if _REPORT in lines else []
        found = filter(None, map(_REPORTED.fullmatch, reported))
        return [
            Step(match["step"], match["outcome"], played) for match, played in zip(found, self._played(), strict=False)
        ]

    def _played(self) -> Iterator[bool]:
        """For every step in its order."""
        begun = [at for at, line in enumerate(self.output) if _BEGUN.fullmatch(line.strip())]
        for first, last in itertools.pairwise([*begun, len(self.output)]):
            yield any(line.startswith(_PLAYED) for line in self.output[first:last])

    def shortcomings(self, sequence: Sequence[str]) -> list[str]:
        """Everything but a run in which each step of the sequence was done; empty for such a run."""
        wanted, seen = [step.split()[0] for step in sequence], [step.name for step in self.steps]
        found = [] if self.code == 0 else [f"molecule ended with code {self.code}"]
        if seen != wanted:
            found.append(f"steps: {', '.join(seen) or 'none'}, instead of {', '.join(wanted)}")
        found += [f"{step.name}: {step.outcome}" for step in self.steps if not _DONE.fullmatch(step.outcome.lower())]
        found += [
            f"{step.name}: no playbook ran" for step in self.steps if not step.played and step.name not in _OF_PYTEST
        ]
        found += [f"a play that did nothing: {line.strip()}" for line in self.output if _NO_HOSTS in line]
        if self.tests.passed == 0 or self.tests.others:
            found.append(f"tests: {self.tests.passed} passed, {self.tests.others} did not")
        if self.machines_left:
            found.append("machines were left behind")
        return found


def sequence_of(project: Path, scenario: str) -> list[str]:
    """The steps of a whole test, from the scenario's own file or else from what all have in common."""
    for file in (project / "molecule" / scenario / "molecule.yml", project / BASE):
        content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
        sequence: list[str] = content.get("scenario", {}).get("test_sequence", [])
        if sequence:
            return sequence
    return []


def run_scenario(project: Path, scenario: str) -> ScenarioRun:
    """Run `molecule test`. Its machines do not outlive this process, however it ends."""
    lines: list[str] = []

    def hear(line: str) -> None:
        lines.append(line)
        print(line)  # pytest shows it when the test fails

    with tempfile.TemporaryDirectory(prefix="molecule-") as scratch:
        state, counted = Path(scratch, "state").resolve(), Path(scratch, "tests.xml")
        machines = state / "machines"  # as molecule/shared/create.yml has it
        warden = Warden(machines, "hosts.removal")
        environment = {
            "MOLECULE_EPHEMERAL_DIRECTORY": str(state),
            "MOLECULE_COMMAND_BORDERS": "0",
            "NO_COLOR": "1",
            "PYTEST_ADDOPTS": f"--junit-xml={counted}",
        }
        command = ["molecule", "test", "--report", "--destroy=always", "--scenario-name", scenario]
        try:
            code = run_heard(command, environment, hear, project)
            left = machines.exists()
        finally:
            remove(machines)
            warden.dismiss()
        return ScenarioRun(code, tuple(lines), _counted(counted), left)


def _counted(file: Path) -> Tests:
    if not file.exists():
        return Tests()
    suites = ElementTree.parse(file).getroot().iter("testsuite")
    counts = [
        {name: int(suite.get(name, 0)) for name in ("tests", "errors", "failures", "skipped")} for suite in suites
    ]
    total, others = sum(one.pop("tests") for one in counts), sum(sum(one.values()) for one in counts)
    return Tests(total - others, others)

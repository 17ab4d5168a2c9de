# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What molecule passes over in silence is a failure here. Tried on a project with one scenario and no machines."""

from __future__ import annotations

from pathlib import Path

import pytest

from .run import run_scenario, sequence_of

CONFIG = """\
prerun: false
verifier: {name: testinfra, options: {hosts: local://}}
scenario:
  test_sequence: [converge, side_effect, verify]
"""
PLAY = "- {hosts: localhost, gather_facts: false, tasks: [{ansible.builtin.ping: }]}\n"
TEST = "def test_it(host):\n    assert host.run('true').succeeded\n"
SKIPPED = f"import pytest\n@pytest.mark.skip\n{TEST}"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose scenario lacks nothing."""
    scenario = tmp_path / "molecule/default"
    (scenario / "tests").mkdir(parents=True)
    (scenario / "molecule.yml").write_text(CONFIG)
    for step in ("converge", "side_effect"):
        (scenario / f"{step}.yml").write_text(PLAY)
    (scenario / "tests/test_it.py").write_text(TEST)
    return scenario.parents[1]


@pytest.mark.parametrize(
    ("changed", "shortcomings"),
    [
        pytest.param({}, [], id="nothing is missing"),
        pytest.param(
            {"side_effect.yml": None, "tests/test_it.py": None},
            [
                "side_effect: Missing playbook (Remove from test_sequence to suppress)",
                "side_effect: no playbook ran",
                "tests: 0 passed, 0 did not",
            ],
            id="files are missing",
        ),
        pytest.param(
            {"converge.yml": PLAY.replace("localhost", "nobody"), "tests/test_it.py": SKIPPED},
            ["a play that did nothing: skipping: no hosts matched", "tests: 0 passed, 1 did not"],
            id="nothing is in them",
        ),
    ],
)
def test_what_does_not_run_is_a_shortcoming_although_molecule_ends_well(
    project: Path, changed: dict[str, str | None], shortcomings: list[str]
) -> None:
    for name, content in changed.items():
        file = project / "molecule/default" / name
        file.unlink() if content is None else file.write_text(content)
    run = run_scenario(project, "default")
    assert run.code == 0
    assert run.shortcomings(sequence_of(project, "default")) == shortcomings


def test_a_step_that_fails_is_a_shortcoming_and_so_are_those_after_it(project: Path) -> None:
    (project / "molecule/default/converge.yml").write_text(PLAY.replace("ping", "fail"))
    run = run_scenario(project, "default")
    first, second, third, *_others = run.shortcomings(sequence_of(project, "default"))
    assert first == "molecule ended with code 2"
    assert second.startswith("steps: converge, cleanup, destroy, instead of converge, side_effect, verify")
    assert third.startswith("converge: ")

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Molecule and its scenarios: an environment of its own, because testinfra's pytest plugin is not for the other suites."""

from __future__ import annotations

import sys

from tools import environments
from tools.paths import GENERATED, ROOT
from tools.processes import SetupError

_FOLDER = ROOT / "molecule"
_VENV = GENERATED / "molecule"


def names() -> list[str]:
    """Every scenario."""
    return sorted(file.parent.name for file in _FOLDER.glob("*/molecule.yml"))


def variables() -> dict[str, str]:
    """The process environment in which `molecule` runs at the top of the checkout; made where it is not there yet."""
    environments.prepare("runtime", "test", "molecule", python=sys.executable, venv=_VENV)
    # Molecule keeps the state of scenarios that are run by hand in Ansible's home, by nothing but the checkout's last name.
    return environments.variables(
        _VENV, {"ANSIBLE_HOME": str(GENERATED / "molecule-home"), "MOLECULE_GLOB": "molecule/*/molecule.yml"}
    )


def chosen_by(arguments: list[str]) -> list[str]:
    """The words for pytest (tests/scenarios/conftest.py): a scenario's name comes first, or none stands for all."""
    if not arguments or arguments[0].startswith(("-", "tests/")):
        return arguments
    if arguments[0] not in names():
        raise SetupError(f"no scenario {arguments[0]!r}; there are: {', '.join(names())}")
    return ["--scenario", *arguments]

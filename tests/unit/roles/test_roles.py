# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of each role agree with one another: Ansible itself compares none of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROLES = sorted((Path(__file__).resolve().parents[3] / "roles").iterdir())
pytestmark = pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)


def load(role: Path, name: str) -> dict[str, Any]:
    """One YAML file of a role."""
    content: dict[str, Any] = yaml.safe_load((role / name).read_text(encoding="utf-8"))
    return content


def tasks_of(role: Path) -> str:
    """All of its tasks."""
    return "".join(file.read_text(encoding="utf-8") for file in (role / "tasks").glob("*.yml"))


def test_argument_specs_and_defaults_hold_the_same_defaults(role: Path) -> None:
    entries = load(role, "meta/argument_specs.yml")["argument_specs"].values()
    documented = {
        name: option["default"] for entry in entries for name, option in entry["options"].items() if "default" in option
    }
    assert documented == load(role, "defaults/main.yml")


def test_every_variable_of_a_role_is_used_and_carries_its_name(role: Path) -> None:
    text = tasks_of(role) + "".join(
        file.read_text(encoding="utf-8") for folder in ("templates", "vars") for file in (role / folder).glob("*")
    )
    for name in load(role, "defaults/main.yml"):
        assert name.startswith(f"{role.name}_")
        assert re.search(rf"\b{name}\b", text), f"{name} is used nowhere"
    for name in load(role, "vars/main.yml"):
        assert name.startswith(f"__{role.name}_")
        assert len(re.findall(rf"\b{name}\b", text)) > 1, f"{name} is used nowhere"


def test_every_entry_point_is_a_file_and_in_the_readme(role: Path) -> None:
    readme = (role / "README.md").read_text(encoding="utf-8")
    for name in load(role, "meta/argument_specs.yml")["argument_specs"]:
        assert (role / "tasks" / f"{name}.yml").is_file()
        assert f"| `{name}` |" in readme


def test_every_file_of_tasks_and_every_template_is_used(role: Path) -> None:
    text, entries = tasks_of(role), load(role, "meta/argument_specs.yml")["argument_specs"]
    for file in (role / "tasks").glob("*.yml"):
        assert file.stem in entries or f"include_tasks: {file.name}" in text
    for file in (role / "templates").iterdir():
        assert file.name in text + (role / "vars/main.yml").read_text(encoding="utf-8"), file.name

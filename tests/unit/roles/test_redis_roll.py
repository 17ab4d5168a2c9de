# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role's parts agree with one another: Ansible itself compares none of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROLE = Path(__file__).resolve().parents[3] / "roles" / "redis_roll"


def load(name: str) -> dict[str, Any]:
    """One YAML file of the role."""
    content: dict[str, Any] = yaml.safe_load((ROLE / name).read_text(encoding="utf-8"))
    return content


def test_argument_specs_and_defaults_hold_the_same_defaults() -> None:
    entries = load("meta/argument_specs.yml")["argument_specs"].values()
    documented = {
        name: option["default"] for entry in entries for name, option in entry["options"].items() if "default" in option
    }
    assert documented == load("defaults/main.yml")


def test_every_entry_point_is_a_file_and_in_the_readme() -> None:
    readme = (ROLE / "README.md").read_text(encoding="utf-8")
    for name in load("meta/argument_specs.yml")["argument_specs"]:
        assert (ROLE / "tasks" / f"{name}.yml").is_file()
        assert f"| `{name}` |" in readme


def test_every_file_of_tasks_is_used() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in (ROLE / "tasks").glob("*.yml"))
    entries = load("meta/argument_specs.yml")["argument_specs"]
    for file in (ROLE / "tasks").glob("*.yml"):
        assert file.stem in entries or f"include_tasks: {file.name}" in text

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must agree across files of the project."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.steadyhand.redis.plugins.module_utils._model.problems import CODES, NEVER_ACCEPTABLE
from ansible_collections.steadyhand.redis.plugins.modules import audit, group_info

ROOT = Path(__file__).resolve().parents[2]

_SOURCES = (".cfg", ".j2", ".py", ".sh", ".toml", ".txt", ".yaml", ".yml")
_SOURCES_BY_NAME = ("dev", "run", ".ansible-lint", ".gitattributes", ".gitignore", ".yamllint")
_WRITTEN_BY_TOOLS = {ROOT / "changelogs/changelog.yaml"}
_NOT_OURS = re.compile(r"\.dev|\.git|\.ansible|\.hypothesis|\..*_cache|__pycache__|fixtures|output")
"""Folders: what is generated, and under tests/ the recorded replies of servers and what ansible-test leaves."""


def _yaml(path: str) -> dict[str, Any]:
    content = yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split("."))


def _source_files() -> list[Path]:
    found: list[Path] = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if not _NOT_OURS.fullmatch(name)]
        found += [Path(folder, name) for name in files if name.endswith(_SOURCES) or name in _SOURCES_BY_NAME]
    return sorted(set(found) - _WRITTEN_BY_TOOLS)


def test_every_module_is_in_the_action_group() -> None:
    """So that `module_defaults` for the group reaches all of them. Actions of the controller take no such options."""
    modules = {path.stem for path in (ROOT / "plugins/modules").glob("[!_]*.py")}
    actions = {path.stem for path in (ROOT / "plugins/action").glob("[!_]*.py")}
    group = _yaml("meta/runtime.yml")["action_groups"]["redis"]
    assert set(group) == modules - actions
    assert group == sorted(group)


def test_every_problem_code_is_documented_for_users_as_it_is() -> None:
    """In the README with what may be accepted, and in the documentation of the module that returns it."""
    rows = [
        f"| `{name}` | {code.severity} | {'never' if name in NEVER_ACCEPTABLE else 'yes'} | {code.meaning} |"
        for of_audit in (False, True)
        for name, code in CODES.items()
        if code.of_audit == of_audit
    ]
    readme = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in readme if line.startswith("| `") and line.split("`")[1] in CODES] == rows
    lines = {name: f"V({name}) ({code.severity}) means that {code.meaning}." for name, code in CODES.items()}
    of_info = yaml.safe_load(group_info.RETURN)["problems"]["contains"]["code"]["description"]
    assert of_info[1:] == [line for name, line in lines.items() if not CODES[name].of_audit]
    of_audit = yaml.safe_load(audit.RETURN)["groups"]["contains"]["problems"]["contains"]["code"]["description"]
    assert of_audit[1:] == list(lines.values())


def test_the_page_of_problems_says_what_each_will_do_and_when() -> None:
    page = (ROOT / "docs/problems.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in page if line.startswith("| `")] == [
        f"| `{name}` | {code.severity} | {code.outlook} | {code.when} |" for name, code in CODES.items()
    ]


def test_every_module_of_the_group_documents_it() -> None:
    """By the fragment, from which `ansible-doc` tells users of the group."""
    for name in _yaml("meta/runtime.yml")["action_groups"]["redis"]:
        text = (ROOT / f"plugins/modules/{name}.py").read_text(encoding="utf-8")
        fragments = re.search(r"^extends_documentation_fragment:\n((?:\s*-\s+\S+\n)+)", text, flags=re.MULTILINE)
        assert fragments, f"{name} extends no documentation fragment"
        assert "steadyhand.redis." in fragments[1], f"{name} lacks the fragment of our connection options"


def test_the_changelog_leads_to_the_version_of_the_collection() -> None:
    """The version is the newest released one, or a newer one of which fragments say what changed."""
    version = _version(_yaml("galaxy.yml")["version"])
    released = [_version(text) for text in _yaml("changelogs/changelog.yaml")["releases"]]
    if version not in released:
        assert version > max(released, default=(0, 0, 0))
        assert list((ROOT / "changelogs/fragments").glob("*.yml")), "nothing says what is new in this version"


def test_the_oldest_core_that_is_tested_is_the_oldest_that_is_promised() -> None:
    promised = re.fullmatch(r">=(\d+\.\d+)\.0", _yaml("meta/runtime.yml")["requires_ansible"])
    assert promised, "an upper bound, or a patch level, in requires_ansible"
    pinned = re.findall(r"^ansible-core==(\d+\.\d+)\.", (ROOT / "requirements/runtime.txt").read_text(), re.MULTILINE)
    assert min(pinned, key=_version) == promised[1]


def test_every_requirement_is_pinned() -> None:
    for file in (ROOT / "requirements").glob("*.txt"):
        for line in file.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                assert re.match(r"[\w.-]+(\[[\w,]+\])?==[\w.]+( ;|$)", line), f"{file.name}: {line}"


@pytest.mark.parametrize("path", [pytest.param(path, id=str(path.relative_to(ROOT))) for path in _source_files()])
def test_source_file_names_its_licence(path: Path) -> None:
    head = path.read_text(encoding="utf-8").splitlines()[:5]
    if head or path.name != "__init__.py":  # ansible-test wants some of those empty
        assert "# SPDX-License-Identifier: GPL-3.0-or-later" in head
        assert "# Copyright (c) 2026, the steadyhand.redis authors" in head

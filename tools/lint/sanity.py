# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`ansible-test sanity` under the oldest supported line of ansible-core and under the newest."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools import debian, environments, pythons
from tools.lint import pip_bootstrap
from tools.lint.step import LintError, tool
from tools.paths import COLLECTION_LINK, GENERATED, REQUIREMENTS, ROOT
from tools.pythons import Version

_SHARED_WITH_HOME = (".cache", ".config", ".netrc", ".pip")
"""What pip may need of the user's home: its settings, its log-ins and what it has downloaded before."""


@dataclass(frozen=True)
class CoreLine:
    """A line of ansible-core, e.g. "2.19", and the Pythons that its controller runs on, the one to prefer first."""

    name: str
    pythons: tuple[Version, ...]

    def pinned(self) -> str:
        """The requirement of this line in requirements/runtime.txt."""
        text = (REQUIREMENTS / "runtime.txt").read_text(encoding="utf-8")
        found = re.search(rf"^ansible-core=={re.escape(self.name)}\.\S+", text, flags=re.MULTILINE)
        if found is None:
            raise LintError(f"requirements/runtime.txt pins no ansible-core {self.name}")
        return found.group()


OLDEST = CoreLine("2.19", ((3, 11), (3, 12), (3, 13)))
NEWEST = CoreLine("2.21", ((3, 14), (3, 13), (3, 12)))

_ALL_PYTHONS: tuple[Version, ...] = tuple((3, minor) for minor in range(8, 15))
"""Those that ansible-test may start, to see whether plugins compile and import on nodes that have them."""


def oldest() -> str:
    """Under the oldest line."""
    return _run(OLDEST)


def newest() -> str:
    """Under the newest line."""
    return _run(NEWEST)


def _run(line: CoreLine) -> str:
    _no_exceptions()
    debian.install("git", ("git",))  # ansible-test asks it which files there are
    python = pythons.first_present(line.pythons)
    if python is None:
        needed = ", ".join(f"{major}.{minor}" for major, minor in line.pythons)
        return f"NOT RUN: ansible-core {line.name} needs one of Python {needed}, and none of them is on this machine"
    requirement = line.pinned()
    place = GENERATED / "sanity" / line.name
    venv = place / "venv"
    environments.prepare(python=python, venv=venv, extra=(requirement,))
    env = environments.variables(venv, _home(place / "home"))
    pythons.link_all(_ALL_PYTHONS, place / "pythons")
    env["PATH"] = f"{venv / 'bin'}{os.pathsep}{place / 'pythons'}{os.pathsep}{env['PATH']}"
    pip_bootstrap.seed(venv, place / "home")
    tool("ansible-test", "sanity", "--color", "no", "--truncate", "0", env=env, cwd=COLLECTION_LINK)
    return f"ok: {requirement.replace('==', ' ')} on {python.name}"


def _no_exceptions() -> None:
    """Fail where an ignore file has entries: we have none, and each would have to be justified when certified."""
    for file in sorted((ROOT / "tests/sanity").glob("ignore-*.txt")):
        if file.read_text(encoding="utf-8").strip():
            raise LintError(f"{file.relative_to(ROOT)} has entries: remove the cause instead")


def _home(home: Path) -> Mapping[str, str]:
    """A home for ansible-test, which keeps virtual environments and a pip of its own in it."""
    home.mkdir(parents=True, exist_ok=True)
    for name in _SHARED_WITH_HOME:
        original, link = Path.home() / name, home / name
        if original.exists() and not link.exists():
            link.symlink_to(original)
    return {"HOME": str(home)}

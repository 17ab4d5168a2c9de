# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the source text: Python and YAML."""

from __future__ import annotations

from tools.lint.step import tool
from tools.paths import COLLECTION_LINK, GENERATED, ROOT


def ruff() -> None:
    """Style and likely bugs; what is selected stands in pyproject.toml."""
    tool("ruff", "check", "--cache-dir", GENERATED / "ruff", ".")


def ruff_format() -> None:
    """Formatting. `ruff format .` is the remedy."""
    tool("ruff", "format", "--check", "--diff", "--cache-dir", GENERATED / "ruff", ".")


def mypy() -> None:
    """Strict types. The plugins are named by the link, so that they are the same modules as those that tests import."""
    tests = [path for path in sorted((ROOT / "tests").iterdir()) if any(path.rglob("*.py"))]
    targets = [COLLECTION_LINK / "plugins", ROOT / "tools", ROOT / "molecule", *tests]
    tool("mypy", "--cache-dir", GENERATED / "mypy", *targets)


def yamllint() -> None:
    """Every YAML file of the checkout."""
    tool("yamllint", "--strict", ".")

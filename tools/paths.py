# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things lie. Everything generated is below `.dev/`, which may be removed at any time."""

from __future__ import annotations

from pathlib import Path

NAMESPACE = "steadyhand"
NAME = "redis"

ROOT = Path(__file__).resolve().parent.parent
GENERATED = ROOT / ".dev"
REQUIREMENTS = ROOT / "requirements"

CONSTRAINTS = REQUIREMENTS / "constraints.txt"
"""The exact version of everything that the requirements bring with them; `./dev lock` writes it."""

VENV = GENERATED / "venv"
"""The environment of demo, lab, tests and linters."""

WRAPPERS = GENERATED / "bin"
"""Starters of programs that were unpacked from distribution packages."""

COLLECTION_LINK = GENERATED / "ansible_collections" / NAMESPACE / NAME
"""The checkout under the only kind of path by which Ansible finds a collection."""


def keep_collection_link() -> None:
    """Make COLLECTION_LINK point at this checkout, also after the checkout was moved."""
    if COLLECTION_LINK.is_symlink() and COLLECTION_LINK.resolve() == ROOT:
        return
    COLLECTION_LINK.parent.mkdir(parents=True, exist_ok=True)
    COLLECTION_LINK.unlink(missing_ok=True)
    COLLECTION_LINK.symlink_to(ROOT, target_is_directory=True)

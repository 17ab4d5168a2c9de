# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python interpreters of this machine."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from tools.processes import run_quietly

Version = tuple[int, int]


def first_present(versions: Iterable[Version]) -> Path | None:
    """An interpreter of the first of `versions` that starts here; None where none does."""
    return next((found for found in map(find, versions) if found is not None), None)


def find(version: Version) -> Path | None:
    """The interpreter of this version.

    Looked for on PATH as `python3.N`, and in pyenv's folder, because pyenv's launchers on PATH refuse to start a
    version that was not chosen before.
    """
    if sys.version_info[:2] == version:
        return Path(sys.executable).resolve()
    return next((candidate for candidate in _candidates(version) if _starts(candidate, version)), None)


def link_all(versions: Iterable[Version], folder: Path) -> None:
    """Make `folder` hold a link `python3.N` to every interpreter of `versions` that starts here."""
    folder.mkdir(parents=True, exist_ok=True)
    for version in versions:
        link, found = folder / _name(version), find(version)
        link.unlink(missing_ok=True)
        if found is not None:
            link.symlink_to(found)


def _name(version: Version) -> str:
    return f"python{version[0]}.{version[1]}"


def _candidates(version: Version) -> list[Path]:
    on_path = shutil.which(_name(version))
    found = [] if on_path is None else [Path(on_path)]
    pyenv = os.environ.get("PYENV_ROOT")
    return found if pyenv is None else found + sorted(Path(pyenv).glob(f"versions/*/bin/{_name(version)}"))


def _starts(candidate: Path, version: Version) -> bool:
    done = run_quietly([candidate, "-c", "import sys; print(*sys.version_info[:2])"])
    return done.returncode == 0 and done.stdout.split() == [str(version[0]), str(version[1])]

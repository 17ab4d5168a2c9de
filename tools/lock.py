# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`./dev lock`: the versions of all that our pinned requirements bring with them, for each line of ansible-core."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path

from tools import environments, pythons
from tools.paths import CONSTRAINTS, GENERATED, REQUIREMENTS, ROOT
from tools.processes import SetupError, must_run

_MARKERS = {(3, 11): 'python_version < "3.12"', (3, 13): 'python_version >= "3.12"'}
"""A Python of each half into which requirements/runtime.txt divides them, with the condition for that half."""

_HEAD = """\
# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Written by `./dev lock`.
"""


def write_constraints() -> None:
    """Install what is newest of everything, for each half of the Pythons, and write down what that was."""
    lines = merged({marker: _newest_of_everything(version) for version, marker in _MARKERS.items()})
    CONSTRAINTS.write_text(_HEAD + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    print(f"dev: wrote {CONSTRAINTS.relative_to(ROOT)} with {len(lines)} lines")


def merged(pins: Mapping[str, Collection[str]]) -> list[str]:
    """The pins of each marker in one list, sorted; those that all have in common stand there without a marker."""
    common = set.intersection(*map(set, pins.values()))
    single = {f"{pin} ; {marker}" for marker, some in pins.items() for pin in set(some) - common}
    return sorted(common | single, key=str.lower)


def _newest_of_everything(version: pythons.Version) -> list[str]:
    python = pythons.find(version)
    if python is None:
        raise SetupError(f"lock: needs Python {version[0]}.{version[1]} as well, which is not on this machine")
    GENERATED.mkdir(exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=GENERATED))
    try:
        pip = environments.create(scratch, python)
        files = [
            word for file in ("runtime", "test", "lint", "molecule") for word in ("-r", REQUIREMENTS / f"{file}.txt")
        ]
        must_run([*pip, "install", "--quiet", *files], "cannot install the requirements")
        installed = must_run([*pip, "freeze"], "cannot list what was installed").splitlines()
        # Not ansible-core: the sanity tests run its lines on other Pythons, too, than runtime.txt pairs them with.
        return [line for line in installed if not line.startswith("ansible-core==")]
    finally:
        shutil.rmtree(scratch)

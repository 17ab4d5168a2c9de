# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Python interpreters with the releases of redis-py that nodes have in the wild.

Made once below the cache directory (LAB_CACHE, else `.dev/lab` of the checkout) and kept.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

from lab.warden import TESTS_DIRECTORY

CACHE_VARIABLE = "LAB_CACHE"
INTERPRETERS_VARIABLE = "LAB_INTERPRETERS"
OLD_RELEASES = ("4.3.4", "6.1.0")
"""What Debian 12 and Debian 13 ship. The running interpreter has the newest that the project pins."""


def cache_directory() -> Path:
    """Where what is made once is kept."""
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named) if named else TESTS_DIRECTORY.parent / ".dev" / "lab"


def interpreters_of_nodes(named: tuple[str, ...] | None, over_ssh: bool) -> tuple[str, ...]:
    """The interpreters of a lab: those that were named, else by LAB_INTERPRETERS, else by the way nodes are reached."""
    if named is not None:
        return named
    by_environment = tuple(path for path in os.environ.get(INTERPRETERS_VARIABLE, "").split(":") if path)
    if by_environment:
        return by_environment
    if over_ssh:
        return (sys.executable, *(_with_redis_py(release) for release in OLD_RELEASES))
    return (sys.executable,)


def _with_redis_py(release: str) -> str:
    """An interpreter that imports that release."""
    major, minor = sys.version_info[:2]
    directory = cache_directory() / "interpreters" / f"py{major}.{minor}-redis-{release}"
    directory.parent.mkdir(parents=True, exist_ok=True)
    python, complete = directory / "bin" / "python", directory / "complete"
    with (directory.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists() or not python.exists():
            # Without pip of its own: the running one installs into it, which also works where ensurepip is missing.
            subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(directory)], check=True)
            subprocess.run(
                [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", f"redis=={release}"],
                check=True,
            )
            complete.touch()
    return str(python)

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What APT is about to do, as it tells its hooks (apt.conf(5), DPkg::Pre-Install-Pkgs, version 3)."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable

from .._model.errors import SteadyhandError

CONFIGURED_ONLY = "**CONFIGURE**"
"""In place of a file: the package was listed before, when it was unpacked."""


class PackagesUnknown(SteadyhandError):
    """Which package the service is from cannot be told."""


def touched_packages(lines: Iterable[str]) -> list[str]:
    """The names of packages that are unpacked or removed, from what APT writes to a hook.

    After an empty line there is one line for each: name, old version, ``<`` or ``>`` or ``=``, new version, and its file or what else is
    done to it. In version 3, architecture and kind of multi-arch follow each version; the name is first, the file last.
    """
    found, listed = [], False
    for line in lines:
        words = line.split()
        if not words:
            listed = True
        elif listed and words[-1] != CONFIGURED_ONLY:
            found.append(words[0])
    return found


def owner_of(unit_file: str) -> str:
    """The package that a unit file is from. Raises PackagesUnknown."""
    # Not AnsibleModule.run_command: this runs without Ansible.
    done = subprocess.run(  # pylint: disable=ansible-bad-function
        ["dpkg-query", "--search", unit_file], capture_output=True, text=True, timeout=60, check=False
    )
    name = done.stdout.partition(":")[0].strip()
    if done.returncode != 0 or not name:
        raise PackagesUnknown(f"dpkg-query does not tell which package {unit_file} is from: {done.stderr.strip()}")
    return name

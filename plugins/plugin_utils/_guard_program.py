# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard as one file that Python runs: the very files that modules use, packed the same way every time.

The archive is stored, not compressed: what compression makes of it depends on the version of a library.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from ansible_collections.steadyhand.redis.plugins import module_utils

LAYERS = ("_model", "_engine", "_operations", "_guard")
PACKAGE = "steadyhand_redis"
# Isolated: neither the caller's environment nor the folder where he stands decides what is imported.
SHEBANG = b"#!/usr/bin/python3 -I\n"
MAIN = f"import sys\n\nfrom {PACKAGE}._guard.command import main\n\nsys.exit(main())\n"
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first moment that the archive format knows."""


def guard_program() -> bytes:
    """The content of the executable file."""
    folder = Path(next(iter(module_utils.__path__)))
    files = {"__main__.py": MAIN.encode(), f"{PACKAGE}/__init__.py": b""}
    for layer in LAYERS:
        for path in (folder / layer).rglob("*.py"):
            files[f"{PACKAGE}/{path.relative_to(folder).as_posix()}"] = path.read_bytes()
    packed = io.BytesIO()
    packed.write(SHEBANG)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return packed.getvalue()

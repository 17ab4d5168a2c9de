# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engines that the tests run on: real Redis and Valkey servers out of the packages of several Debian releases.

Each lies below `.dev/engines/` with all its libraries and even the C library and loader of its release, so that it runs
on any Debian. The program itself names that loader and those libraries (patchelf): no starter stands between, and what
the server says of its executable, and what /proc says of the process, are true.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.apt import PrivateApt, mirror_of, require_apt
from tools.environments import one_at_a_time
from tools.paths import GENERATED, VENV
from tools.processes import SetupError, must_run

_ENGINES = GENERATED / "engines"
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_MADE_FROM = ".made-from"
MIRROR_VARIABLE = "DEBIAN_MIRROR"


@dataclass(frozen=True)
class Engine:
    """Where an engine comes from: a release of Debian, and the package, which is named as its program."""

    release: str
    package: str


ENGINES: Mapping[str, Engine] = {
    "redis-7.0": Engine("bookworm", "redis-server"),
    "redis-8.0": Engine("trixie", "redis-server"),
    "valkey-8.1": Engine("trixie", "valkey-server"),
    "valkey-9.1": Engine("forky", "valkey-server"),
}


def programs() -> dict[str, Path]:
    """The server program of every engine, unpacked where it is not yet. The environment of the tests must be there."""
    with one_at_a_time():
        return {name: _provided(name) for name in ENGINES}


def require_engine(name: str) -> None:
    """Raise SetupError for an engine that we do not have."""
    if name not in ENGINES:
        raise SetupError(f"no engine {name!r}; there are: {', '.join(ENGINES)}")


def _provided(name: str) -> Path:
    engine, target = ENGINES[name], _ENGINES / name
    program, stamp = target / "bin" / engine.package, target / _MADE_FROM
    made_from = _recipe(engine, target)
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == made_from:
        return program
    require_apt(engine.package)
    sources = sources_of(engine.release)
    print(f"dev: fetching {name} from Debian {engine.release} (unpacked below .dev/, nothing is installed)", flush=True)
    _ENGINES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_ENGINES) as scratch_name:
        scratch = Path(scratch_name)
        files = fetch(name, sources, scratch)
        made = scratch / "made"
        libraries = _collect(files, engine.package, made)
        _link(made / "bin" / engine.package, target / "lib", loader=target / "lib" / _loader(files).name)
        shutil.rmtree(target, ignore_errors=True)
        made.rename(target)
    _check(name, program, libraries)
    stamp.write_text(made_from, encoding="utf-8")
    return program


def _recipe(engine: Engine, target: Path) -> str:
    """What must be the same for an unpacked engine to be used again: also its place, which is written into it."""
    code = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    return f"{engine.release} {engine.package} {platform.machine()} {target} {code}\n"


def sources_of(release: str) -> str:
    """The source of a release in deb822, from the mirror that this machine's own sources name."""
    mirror = os.environ.get(MIRROR_VARIABLE) or mirror_of(_release_names())
    if mirror is None:
        raise SetupError(
            f"this machine's apt sources name no mirror of Debian: set {MIRROR_VARIABLE} to the address of one"
        )
    if not _KEYRING.is_file():
        raise SetupError(f"{_KEYRING} is missing, by which Debian's packages are verified: install {_KEYRING.stem}")
    return (
        f"Types: deb\nURIs: {mirror}\nSuites: {release}\nComponents: main\nSigned-By: {_KEYRING}\n"
        # The release files of Debian's testing expire within a week, on mirrors that are frozen as well.
        "Check-Valid-Until: no\n"
    )


def _release_names() -> tuple[str, ...]:
    """What this machine's own release of Debian may be called in its sources."""
    release = platform.freedesktop_os_release()
    if release.get("ID") != "debian":
        return ()
    # By its own name first: others' sources have a "stable", too.
    return (release.get("VERSION_CODENAME", "sid"), "oldstable", "stable", "testing", "unstable", "sid")


def fetch(name: str, sources: str, scratch: Path) -> Path:
    """The files of the server's package and of the libraries that it may need."""
    engine = ENGINES[name]
    apt_folder, files = scratch / "apt", scratch / "files"
    apt_folder.mkdir()
    apt = PrivateApt(apt_folder, sources)
    apt.update(f"cannot read the package lists of Debian {engine.release} to fetch {name}")
    offered = apt.missing_for(engine.package, f"Debian {engine.release} offers no {engine.package}")
    version, wanted = offered[engine.package], name.rpartition("-")[2]
    if not re.match(rf"(\d+:)?{re.escape(wanted)}\.", version):
        raise SetupError(f"Debian {engine.release} has {engine.package} {version} now, no {wanted} (tools/engines.py)")
    family = engine.package.partition("-")[0]
    needed = [package for package in offered if package.startswith((family, "lib", "lua", "zlib"))]
    apt.extract(needed, files, f"cannot download {name}")
    return files


def _collect(files: Path, program: str, made: Path) -> list[str]:
    """Copy the program and just those libraries that it loads; returns the names of the libraries."""
    folders = sorted({str(library.parent) for library in files.glob("**/lib/*-linux-gnu*/*.so*")})
    source = (files / "usr/bin" / program).resolve(strict=True)  # Debian's redis-server is a link to another name
    listed = must_run(
        [_loader(files), "--inhibit-cache", "--library-path", os.pathsep.join(folders), "--list", source],
        f"{program} lacks a library that its packages should have brought",
    )
    (made / "bin").mkdir(parents=True)
    (made / "lib").mkdir()
    shutil.copy2(source, made / "bin" / program)
    loaded = [Path(path) for path in re.findall(r"=> (/\S+) \(0x", listed)]
    for library in loaded:
        if not library.is_relative_to(files):
            raise SetupError(f"{program} would load {library} of this machine instead of its own")
        shutil.copy2(library, made / "lib" / library.name)
    shutil.copy2(_loader(files), made / "lib")
    return sorted(library.name for library in loaded)


def _loader(files: Path) -> Path:
    """The dynamic loader among the files of the C library."""
    return next(path for path in sorted(files.glob("**/ld-linux*.so*")) if not path.is_symlink())


def _link(program: Path, libraries: Path, loader: Path) -> None:
    """Write the places of loader and libraries into the program (ELF: PT_INTERP, DT_RPATH)."""
    places = ["--set-interpreter", str(loader), "--force-rpath", "--set-rpath", str(libraries)]
    must_run([VENV / "bin/patchelf", *places, program], f"cannot link {program.name} to its own libraries")


def _check(name: str, program: Path, libraries: list[str]) -> None:
    """Raise SetupError unless the program starts and is what its name promises."""
    said = must_run([program, "--version"], f"{name} does not start here, with {', '.join(libraries)} of its own")
    if f"v={name.rpartition('-')[2]}." not in said:
        raise SetupError(f"{program} is not {name}: it says {said.strip()}")

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An engine out of a package of some Debian release, with all its libraries, the C library and the loader among them.

So it runs on any Debian. The program itself names that loader and those libraries (patchelf): no starter stands between,
and what the server says of its executable, and what /proc says of the process, are true.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from tools.apt import PrivateApt, mirror_of, require_apt
from tools.paths import VENV
from tools.processes import SetupError, must_run

_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
MIRROR_VARIABLE = "DEBIAN_MIRROR"


@dataclass(frozen=True)
class DebianPackage:
    """A release of Debian and the package, which is named as its program."""

    release: str
    program: str

    def __str__(self) -> str:
        return f"Debian {self.release}"

    @property
    def lacking(self) -> str:
        """Why it cannot be had on this machine: never known beforehand, apt says it."""
        return ""

    def make(self, version: str, scratch: Path, made: Path, target: Path) -> None:
        """Put the program and its libraries into `made`, which will be moved to `target`."""
        require_apt(self.program)
        files = self.fetch(version, sources_of(self.release), scratch)
        _collect(files, self.program, made)
        _link(made / "bin" / self.program, target / "lib", loader=target / "lib" / _loader(files).name)

    def fetch(self, version: str, sources: str, scratch: Path) -> Path:
        """The files of the server's package and of the libraries that it may need."""
        apt_folder, files = scratch / "apt", scratch / "files"
        apt_folder.mkdir()
        apt = PrivateApt(apt_folder, sources)
        apt.update(f"cannot read the package lists of {self} to fetch {self.program} {version}")
        offered = apt.missing_for(self.program, f"{self} offers no {self.program}")
        found = offered[self.program]
        if not re.match(rf"(\d+:)?{re.escape(version)}\.", found):
            raise SetupError(f"{self} has {self.program} {found} now, no {version} (tools/engines.py)")
        family = self.program.partition("-")[0]
        needed = [package for package in offered if package.startswith((family, "lib", "lua", "zlib"))]
        apt.extract(needed, files, f"cannot download {self.program} {version}")
        return files


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


def _collect(files: Path, program: str, made: Path) -> None:
    """Copy the program and just those libraries that it loads."""
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


def _loader(files: Path) -> Path:
    """The dynamic loader among the files of the C library."""
    return next(path for path in sorted(files.glob("**/ld-linux*.so*")) if not path.is_symlink())


def _link(program: Path, libraries: Path, loader: Path) -> None:
    """Write the places of loader and libraries into the program (ELF: PT_INTERP, DT_RPATH)."""
    places = ["--set-interpreter", str(loader), "--force-rpath", "--set-rpath", str(libraries)]
    must_run([VENV / "bin/patchelf", *places, program], f"cannot link {program.name} to its own libraries")

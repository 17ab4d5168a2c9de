# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An apt-get with lists and locks of its own: it needs no root and changes nothing on the machine."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from tools.processes import SetupError, must_run


class PrivateApt:
    """Keeps everything that it writes below `folder`, an empty one.

    Proxies and the like are the machine's. So are the sources and the installed packages, unless `sources` (the text of
    a deb822 file) is given: then only those count, and nothing is taken for installed.
    """

    def __init__(self, folder: Path, sources: str | None = None) -> None:
        for name in ("lists/partial", "cache/archives/partial", "empty"):
            (folder / name).mkdir(parents=True)
        options: dict[str, object] = {
            "Dir::State::lists": folder / "lists",
            "Dir::Cache": folder / "cache",
            "Debug::NoLocking": "true",
            "APT::Sandbox::User": "root",  # its usual user cannot write below a private checkout
            "APT::Update::Error-Mode": "any",  # otherwise an unreachable mirror is a mere warning
        }
        if sources is not None:
            options |= _only(sources, folder)
        self._command = _apt_get(options)

    def update(self, purpose: str) -> None:
        """Read the package lists."""
        must_run([*self._command, "update"], purpose)

    def missing_for(self, package: str, purpose: str) -> dict[str, str]:
        """Version by name of `package` and of all that it needs and that is not installed."""
        plan = must_run([*self._command, "--simulate", "--no-install-recommends", "install", package], purpose)
        return dict(re.findall(r"^Inst (\S+) (?:\[\S+\] )?\((\S+)", plan, flags=re.MULTILINE))

    def extract(self, packages: Iterable[str], folder: Path, purpose: str) -> None:
        """Download the newest of `packages` and unpack them into `folder`, which is made."""
        archives = folder.with_name(f"{folder.name}-archives")
        archives.mkdir()
        folder.mkdir()
        must_run([*self._command, "download", *sorted(packages)], purpose, cwd=archives)
        for archive in sorted(archives.glob("*.deb")):
            must_run(["dpkg-deb", "--extract", archive, folder], f"cannot unpack {archive.name}")


def mirror_of(release_names: Iterable[str]) -> str | None:
    """The address from which this machine takes the first of these releases that it takes at all; None for none."""
    if shutil.which("apt-get") is None:
        return None
    # Release info would need package lists, which a new machine lacks.
    words = ["indextargets", "--no-release-info", "--format", "$(REPO_URI) $(RELEASE)"]
    targets = must_run(["apt-get", *words], "cannot read this machine's apt sources")
    known = [(release, address) for address, _space, release in (line.rpartition(" ") for line in targets.splitlines())]
    found = (
        address.rstrip("/")
        for name in release_names
        for release, address in known
        if release == name and address.startswith(("http://", "https://"))
    )
    return next(found, None)


def require_apt(package: str) -> None:
    """Raise SetupError on a machine without apt-get."""
    if shutil.which("apt-get") is None:
        raise SetupError(f"this machine has no apt-get: install what Debian calls {package} with your package manager")


def _only(sources: str, folder: Path) -> dict[str, object]:
    """Options that hide the machine's sources, preferences and installed packages."""
    (folder / "only.sources").write_text(sources, encoding="utf-8")
    (folder / "nothing-installed").touch()
    return {
        "Dir::Etc::sourcelist": folder / "only.sources",
        "Dir::Etc::sourceparts": folder / "empty",
        "Dir::Etc::preferences": folder / "nothing-installed",
        "Dir::Etc::preferencesparts": folder / "empty",
        "Dir::State::status": folder / "nothing-installed",
        "Acquire::Languages": "none",
    }


def _apt_get(options: Mapping[str, object]) -> list[str]:
    return ["apt-get", "--quiet", *(word for name, value in options.items() for word in ("-o", f"{name}={value}"))]

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The release tarball: built, installed into an empty place, and looked at there as a user would."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from tools import environments
from tools.lint.step import LintError, tool
from tools.paths import COLLECTION_LINK, GENERATED, NAME, NAMESPACE

_FOR_USERS = {
    "CHANGELOG.md",
    "COPYING",
    "FILES.json",
    "MANIFEST.json",
    "README.md",
    "meta",
    "playbooks",
    "plugins",
    "roles",
}
"""All that may lie at the top of the installed collection."""


def check() -> str:
    """Build, install, compare with what a user needs, and ask `ansible-doc` for every module of the installed copy."""
    with tempfile.TemporaryDirectory(dir=GENERATED) as scratch:
        tool("ansible-galaxy", "collection", "build", "--output-path", scratch, cwd=COLLECTION_LINK)
        (archive,) = Path(scratch).glob("*.tar.gz")
        place = Path(scratch) / "place"
        # Nothing but the new place may be found, or the checkout would answer for it.
        env = environments.variables(more={"ANSIBLE_COLLECTIONS_PATH": str(place)})
        tool("ansible-galaxy", "collection", "install", "--offline", archive, "--collections-path", place, env=env)
        installed = place / "ansible_collections" / NAMESPACE / NAME
        _holds_only_what_users_need(installed)
        modules = _documented_modules(installed, env)
        files = sum(1 for path in installed.rglob("*") if path.is_file())
        return f"ok: {files} files, {modules} modules, {archive.stat().st_size // 1024} KiB"


def _holds_only_what_users_need(installed: Path) -> None:
    unneeded = sorted({path.name for path in installed.iterdir()} - _FOR_USERS)
    unneeded += sorted(str(path.relative_to(installed)) for path in installed.rglob("__pycache__"))
    if unneeded:
        raise LintError(f"the tarball holds what no user needs: {', '.join(unneeded)} (see `manifest` in galaxy.yml)")


def _documented_modules(installed: Path, env: dict[str, str]) -> int:
    wanted = {f"{NAMESPACE}.{NAME}.{path.stem}" for path in _modules(COLLECTION_LINK)}
    present = {f"{NAMESPACE}.{NAME}.{path.stem}" for path in _modules(installed)}
    if wanted != present:
        raise LintError(f"modules of the checkout that the tarball lacks: {', '.join(sorted(wanted - present))}")
    if not wanted:
        raise LintError("the tarball holds no module")
    answer = tool("ansible-doc", "--type", "module", "--json", *sorted(wanted), env=env)
    documented = {name for name, page in json.loads(answer).items() if page.get("doc", {}).get("description")}
    if documented != wanted:
        raise LintError(f"ansible-doc says nothing about: {', '.join(sorted(wanted - documented))}")
    return len(wanted)


def _modules(collection: Path) -> list[Path]:
    return [path for path in (collection / "plugins/modules").glob("*.py") if not path.name.startswith("_")]

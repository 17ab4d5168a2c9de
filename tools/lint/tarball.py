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
from tools.paths import COLLECTION_LINK, GENERATED, NAME, NAMESPACE, ROOT

_FOR_USERS = {
    "CHANGELOG.md",
    "COPYING",
    "FILES.json",
    "MANIFEST.json",
    "README.md",
    "docs",  # the picture of the README
    "meta",
    "playbooks",
    "plugins",
    "roles",
}
"""All that may lie at the top of the installed collection."""


def check() -> str:
    """Build, install, compare with the checkout, and let Ansible load every module and playbook of the installed copy."""
    with tempfile.TemporaryDirectory(dir=GENERATED) as scratch:
        tool("ansible-galaxy", "collection", "build", "--output-path", scratch, cwd=COLLECTION_LINK)
        (archive,) = Path(scratch).glob("*.tar.gz")
        place = Path(scratch) / "place"
        # Nothing but the new place may be found, or the checkout would answer for it.
        env = environments.variables(more={"ANSIBLE_COLLECTIONS_PATH": str(place)})
        tool("ansible-galaxy", "collection", "install", "--offline", archive, "--collections-path", place, env=env)
        installed = place / "ansible_collections" / NAMESPACE / NAME
        _holds_only_what_users_need(installed)
        _lacks_nothing(installed)
        modules = _documented_modules(installed, env)
        playbooks = _loadable_playbooks(installed, env)
        size = archive.stat().st_size // 1024
        return f"ok: {len(_files(installed))} files, {modules} modules, {playbooks} playbooks, {size} KiB"


def _holds_only_what_users_need(installed: Path) -> None:
    unneeded = sorted({path.name for path in installed.iterdir()} - _FOR_USERS)
    if unneeded:
        raise LintError(f"the tarball holds what no user needs: {', '.join(unneeded)} (see `manifest` in galaxy.yml)")


def _lacks_nothing(installed: Path) -> None:
    """The shipped folders are shipped whole, so that `manifest` forgets no new kind of file."""
    shipped = [folder for folder in _FOR_USERS if (ROOT / folder).is_dir()]
    wanted = {path for folder in shipped for path in _files(ROOT / folder, ROOT) if path.suffix != ".pyc"}
    difference = wanted ^ {path for path in _files(installed) if path.parts[0] in shipped}
    if difference:
        raise LintError(f"checkout and tarball differ in: {', '.join(sorted(map(str, difference)))} (see galaxy.yml)")


def _documented_modules(installed: Path, env: dict[str, str]) -> int:
    modules = (path for path in (installed / "plugins/modules").glob("*.py") if not path.name.startswith("_"))
    wanted = {f"{NAMESPACE}.{NAME}.{path.stem}" for path in modules}
    if not wanted:
        raise LintError("the tarball holds no module")
    answer = tool("ansible-doc", "--type", "module", "--json", *sorted(wanted), env=env)
    documented = {name for name, page in json.loads(answer).items() if page.get("doc", {}).get("description")}
    if documented != wanted:
        raise LintError(f"ansible-doc says nothing about: {', '.join(sorted(wanted - documented))}")
    return len(wanted)


def _loadable_playbooks(installed: Path, env: dict[str, str]) -> int:
    """Playbooks by the names that users type, with the roles and modules that they name."""
    names = sorted(f"{NAMESPACE}.{NAME}.{path.stem}" for path in (installed / "playbooks").glob("*.yml"))
    for name in names:
        tool("ansible-playbook", "--inventory", "localhost,", "--syntax-check", name, env=env)
    return len(names)


def _files(folder: Path, root: Path | None = None) -> set[Path]:
    """All files below `folder`, relative to `root` (by default the folder itself)."""
    return {path.relative_to(root or folder) for path in folder.rglob("*") if path.is_file()}

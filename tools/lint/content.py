# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the Ansible content: playbooks and roles, changelog, documentation."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tools import environments
from tools.lint.step import tool
from tools.paths import COLLECTION_LINK, GENERATED, NAME, NAMESPACE


def ansible_lint() -> None:
    """Playbooks and roles by the production profile; a warning fails as well."""
    env = environments.variables(more={"ANSIBLE_HOME": str(GENERATED / "ansible-lint")})
    tool("ansible-lint", "--offline", "--nocolor", "--strict", "--profile", "production", env=env)


def changelog() -> None:
    """The fragments of what changed since the last release, and the record of earlier ones."""
    tool("antsibull-changelog", "lint")
    tool("antsibull-changelog", "lint-changelog-yaml", "changelogs/changelog.yaml")


def docs() -> None:
    """The documentation of modules, roles and pages, linted and then built as HTML; a warning fails as well."""
    checked = ("--plugin-docs", "--check-extra-docs-refs", "--validate-collection-refs", "all")
    tool("antsibull-docs", "lint-collection-docs", *checked, ".", cwd=COLLECTION_LINK)
    with tempfile.TemporaryDirectory(dir=GENERATED) as folder:
        build = ["antsibull-docs", "collection", "--use-current", "--fail-on-error", "--squash-hierarchy"]
        pages, html = Path(folder) / "pages", Path(folder) / "html"
        pages.mkdir(mode=0o755)  # antsibull-docs insists that nobody else can write there
        tool(*build, "--dest-dir", pages, f"{NAMESPACE}.{NAME}")
        settings = {
            "extensions": "sphinx_antsibull_ext",
            "html_theme": "basic",
            "root_doc": "index",
            # Labels of Ansible's own pages are not here; references among ours were checked above.
            "suppress_warnings": "ref.ref",
        }
        defines = [f"--define={name}={value}" for name, value in settings.items()]
        tool("sphinx-build", "--fail-on-warning", "--quiet", "--isolated", *defines, pages, html)

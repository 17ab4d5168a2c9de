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
    tool("ansible-lint", "--offline", "--strict", "--profile", "production", env=env)


def changelog() -> None:
    """The fragments of what changed since the last release, and the record of earlier ones."""
    tool("antsibull-changelog", "lint")
    tool("antsibull-changelog", "lint-changelog-yaml", "changelogs/changelog.yaml")


def docs() -> None:
    """The documentation of modules, roles and pages, linted and then built; an error in one plugin fails the build."""
    tool("antsibull-docs", "lint-collection-docs", "--plugin-docs", ".", cwd=COLLECTION_LINK)
    with tempfile.TemporaryDirectory(dir=GENERATED) as folder:
        Path(folder).chmod(0o755)  # antsibull-docs insists
        build = ["antsibull-docs", "collection", "--use-current", "--fail-on-error", "--squash-hierarchy"]
        tool(*build, "--dest-dir", folder, f"{NAMESPACE}.{NAME}")

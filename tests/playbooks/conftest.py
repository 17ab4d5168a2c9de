# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One lab for the whole suite: two groups, secured, every node behind an sshd, a port, a password and an interpreter of its own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab.lab import Lab


@pytest.fixture(scope="session")
def suite_lab() -> Iterator[Lab]:
    """Started once."""
    base = Path(tempfile.mkdtemp(prefix="lab-"))
    try:
        with Lab.create(base / "1", groups=2, replicas=2, ssh=True, secured=True) as lab:
            yield lab
    finally:
        shutil.rmtree(base)


@pytest.fixture
def lab(suite_lab: Lab) -> Lab:
    """The lab, whole: what a test broke, it has mended."""
    suite_lab.wait_converged()
    return suite_lab

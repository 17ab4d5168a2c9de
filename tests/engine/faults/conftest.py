# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab with a group for each test of a module, so that one test's damage is not another's."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine.faults.injection import Injection
from engine.faults.trial import hurry
from lab.lab import Lab


@pytest.fixture(scope="module")
def shared_lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """GROUPS groups of three nodes and one set of three Sentinels, which look each second instead of each ten and
    correct a replica of the wrong node after ten."""
    base = Path(tempfile.mkdtemp(prefix="lab-"))
    lab = Lab.create(base / "1", groups=request.module.GROUPS, failover_timeout_ms=10000)
    try:
        lab.start()
        hurry(lab)
        yield lab
    finally:
        lab.destroy()
        shutil.rmtree(base)


@pytest.fixture(scope="module")
def unused_groups(shared_lab: Lab) -> Iterator[str]:
    """The groups that no test has had yet."""
    return iter(shared_lab.groups)


@pytest.fixture
def group(unused_groups: Iterator[str]) -> str:
    """A group that no test has had yet."""
    return next(unused_groups)


@pytest.fixture
def inject(monkeypatch: pytest.MonkeyPatch) -> Iterator[Injection]:
    """Faults at exact steps. A fault that never happened makes the test fail: it would have proved nothing."""
    injection = Injection(monkeypatch)
    yield injection
    assert not injection.pending, f"these faults did not happen: {injection.pending}"

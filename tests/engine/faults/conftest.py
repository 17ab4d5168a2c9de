# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab with a group for each test of a module, so that one test's damage is not another's."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine import engines
from engine.faults import doomed
from engine.faults.injection import Injection
from engine.faults.trial import hurry
from lab.lab import Lab


@pytest.fixture(scope="module")
def shared_lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """GROUPS groups of three nodes of one ENGINE and one set of SENTINELS (three), which look each second instead of
    each ten and correct a replica of the wrong node after ten."""
    base = Path(tempfile.mkdtemp(prefix="lab-"))
    engine = getattr(request.module, "ENGINE", None)
    lab = Lab.create(
        base / "1",
        groups=request.module.GROUPS,
        sentinels=getattr(request.module, "SENTINELS", 3),
        failover_timeout_ms=10000,
        binary=None if engine is None else engines.programs()[engine],
    )
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


@pytest.fixture(autouse=True)
def no_process_left() -> Iterator[None]:
    """A hand-over in a process of its own ends with its test, also where that failed."""
    yield
    doomed.end_all()


@pytest.fixture
def inject(monkeypatch: pytest.MonkeyPatch) -> Iterator[Injection]:
    """Faults at exact steps. A fault that never happened makes the test fail: it would have proved nothing."""
    injection = Injection(monkeypatch)
    yield injection
    assert not injection.pending, f"these faults did not happen: {injection.pending}"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("random order of faults (orders.py)")
    group.addoption("--examples", type=int, default=4, help="how many orders")
    group.addoption("--steps", type=int, default=12, help="steps of each")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Choose the seed that this run prints, unless it is given."""
    if config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = str(secrets.randbelow(10**9))


def pytest_report_header(config: pytest.Config) -> str:
    option = config.option
    return (
        f"random order: --hypothesis-seed={option.hypothesis_seed} --examples={option.examples} --steps={option.steps}"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A run of random orders may take as long as it was told to."""
    for item in items:
        if item.path.name.startswith("test_random_order"):
            item.add_marker(pytest.mark.timeout(120 * (config.option.examples * config.option.steps + 1)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "told":
                terminalreporter.write_line(f"random order, {value}")

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of every suite that needs real servers."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

# The lab is a package of its own below tests/, also when pytest runs without `./dev`.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from lab.lab import Lab

LabFactory = Callable[..., Lab]
_LABS = pytest.StashKey[list[Lab]]()


@pytest.fixture
def lab_factory(request: pytest.FixtureRequest) -> Iterator[LabFactory]:
    """`lab_factory(groups=1, ...)` returns a started and converged lab (options: `LabOptions`), removed after the
    test."""
    labs = request.node.stash.setdefault(_LABS, [])
    with _factory(labs) as make:
        yield make


@pytest.fixture(scope="module")
def shared_lab() -> Iterator[Lab]:
    """One group of three and three Sentinels for all tests of a module that only look, or put back what they change."""
    with _factory([]) as make:
        yield make(groups=1)


@pytest.fixture(scope="module")
def shared_secured_lab() -> Iterator[Lab]:
    """The same with ACL users and passwords everywhere."""
    with _factory([]) as make:
        yield make(groups=1, secured=True)


@pytest.fixture(scope="module")
def module_lab_factory() -> Iterator[LabFactory]:
    """Like `lab_factory`, for labs that all tests of a module share, each putting back what it changes."""
    with _factory([]) as make:
        yield make


@contextmanager
def _factory(labs: list[Lab]) -> Generator[LabFactory, None, None]:
    # Not pytest's tmp_path: ssh's control sockets and unix sockets allow about 100 characters of path.
    base = Path(tempfile.mkdtemp(prefix="lab-"))

    def make(**options: Any) -> Lab:
        lab = Lab.create(base / str(len(labs) + 1), **options)
        labs.append(lab)
        lab.start()
        return lab

    try:
        yield make
    finally:
        for lab in labs:
            lab.destroy()
        shutil.rmtree(base)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files marked `long` begin, so that none of them is what everybody waits for at the end of a run side by side."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows the logs of all servers it used."""
    report = yield
    if report.failed and call.when != "teardown":
        used = getattr(item, "funcargs", {})
        shared = [used[name] for name in ("shared_lab", "shared_secured_lab") if name in used]
        for lab in [*item.stash.get(_LABS, []), *shared]:
            report.sections.append((f"servers of the lab in {lab.directory}", lab.dump_logs()))
    return report

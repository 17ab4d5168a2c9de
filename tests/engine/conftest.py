# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs marked tests on every engine, and leaves out what an engine chosen by `--engine` has no part in."""

from __future__ import annotations

import pytest
from engine import engines


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "every_engine: runs on each engine in turn (engines.py)")
    config.addinivalue_line("markers", "not_on(*engines): is not about these engines (engines.py)")
    config.addinivalue_line("markers", "between(one, other): lets these two engines meet (engines.py)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect, rather than skip, the meetings of engines that this run is not about."""
    meetings = {item: mark.args for item in items if (mark := item.get_closest_marker("between")) is not None}
    others = [item for item, pair in meetings.items() if not set(pair) & set(engines.chosen())]
    others += [item for item in items if set(engines.chosen()) <= _left_out(item)]
    if others:
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give marked tests the engine as a hidden parameter."""
    if metafunc.definition.get_closest_marker("every_engine") is None:
        return
    shared = [name for name in metafunc.fixturenames if name.startswith("shared_")]
    if shared:
        raise pytest.UsageError(
            f"{metafunc.definition.nodeid}: {shared[0]} keeps one engine, so it cannot run on every"
        )
    left_out = _left_out(metafunc.definition)
    # Where nothing would be left, the test is deselected with its parameters.
    names = [name for name in engines.chosen() if name not in left_out] or engines.chosen()
    metafunc.parametrize("engine", names, indirect=True)


def _left_out(item: pytest.Item) -> set[str]:
    return {name for mark in item.iter_markers("not_on") for name in mark.args}


# For every test, because only a fixture that a test is known to use is made for it, and before those that start servers.
@pytest.fixture(autouse=True)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str | None:
    """The engine of which every lab and server of a marked test is made, unless the test says another; else None."""
    name: str | None = getattr(request, "param", None)
    if name is not None:
        monkeypatch.setenv("LAB_REDIS_SERVER", engines.programs()[name])
    return name

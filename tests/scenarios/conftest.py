# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which scenarios are run."""

from __future__ import annotations

import pytest

from tools.scenarios import names


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--scenario NAME`."""
    parser.addoption("--scenario", help="run this scenario of molecule alone")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with `scenario` is there once for each."""
    if "scenario" in metafunc.fixturenames:
        metafunc.parametrize("scenario", names())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of a scenario that is named nothing else is run."""
    wanted = config.getoption("scenario")
    if wanted is not None:
        chosen = [item for item in items if item.name.endswith(f"[{wanted}]")]
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = chosen

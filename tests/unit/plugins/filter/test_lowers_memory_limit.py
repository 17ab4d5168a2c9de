# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a pushed maxmemory begins."""

from __future__ import annotations

import pytest
from ansible_collections.steadyhand.redis.plugins.filter.lowers_memory_limit import lowers_memory_limit


@pytest.mark.parametrize(
    ("desired", "running", "expected"),
    [
        ("1gb", "2147483648", True),
        ("3gb", "2147483648", False),
        ("2gb", "2147483648", False),
        ("1gb", "0", True),
        ("0", "1073741824", False),
        ("0", "0", False),
    ],
)
def test_maxmemory(desired: str, running: str, expected: bool) -> None:
    other = {"name": "hz", "desired": "1", "running": "100"}
    assert lowers_memory_limit([other, {"name": "maxmemory", "desired": desired, "running": running}]) is expected


def test_other_settings_do_not_count() -> None:
    assert lowers_memory_limit([{"name": "maxmemory-clients", "desired": "1", "running": "100"}]) is False

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waves as people write them, and the widest of them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible.utils.helpers import pct_to_int
from ansible_collections.steadyhand.redis.plugins.filter.waves import waves
from ansible_collections.steadyhand.redis.plugins.filter.widest_wave import widest_wave

WRITTEN: dict[str, tuple[Any, list[str]]] = {
    "a list": ([1, "25%", "100%"], ["1", "25%", "100%"]),
    "a number": (3, ["3"]),
    "a number as text": ("3", ["3"]),
    "a survey's text": ("1, 25%,100%", ["1", "25%", "100%"]),
    "a list as text": ('[1, "25%"]', ["1", "25%"]),
}


@pytest.mark.parametrize(("written", "expected"), WRITTEN.values(), ids=WRITTEN)
def test_normal_form(written: Any, expected: list[str]) -> None:
    assert waves(written) == expected


@pytest.mark.parametrize("written", ["", [], 0, "0", [1, 0], "all", "-1", [1, "101%"], "1.5", None, {"a": 1}])
def test_everything_else_is_refused(written: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="redis_serial is"):
        waves(written)


@pytest.mark.parametrize(
    ("serial", "groups", "expected"),
    [
        ([1, "25%", "100%"], 1, 1),
        ([1, "25%", "100%"], 4, 2),
        ([1, "25%", "100%"], 40, 29),
        ([1, "100%"], 10, 9),
        ([2], 5, 2),
        ([5, 1], 3, 3),
        (["1%"], 10, 1),
    ],
)
def test_widest_wave(serial: list[Any], groups: int, expected: int) -> None:
    assert widest_wave(serial, groups) == expected


@pytest.mark.parametrize("groups", [1, 3, 7, 10, 99])
@pytest.mark.parametrize("percentage", ["1%", "10%", "33%", "100%"])
def test_percentages_are_rounded_as_ansible_does(percentage: str, groups: int) -> None:
    assert widest_wave([percentage], groups) == pct_to_int(percentage, groups)

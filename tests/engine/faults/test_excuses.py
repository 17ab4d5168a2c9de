# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge of the random orders finds every loss that nothing explains."""

from __future__ import annotations

import pytest
from engine.faults.excuses import Excuse, why_not_excused
from lab.traffic.checker import LostWrite

VALUE = 100
"""Bytes."""


def lost(key: str, at: int) -> list[LostWrite]:
    """One that no node has."""
    return [LostWrite("g", "a", "primary", key, "missing", at), LostWrite("g", "b", "replica", key, "missing", at)]


KILLED = Excuse("a was killed", 10, 20)
COUNTED = Excuse("200 bytes are missing", 10, 20, most_bytes=200)
OWED = Excuse("the process died", 10, owed=True)


@pytest.mark.parametrize(
    ("missing", "excuses", "said"),
    [
        ([], [], False),
        (lost("k", 10) + lost("l", 20), [KILLED], False),
        (lost("k", 10) + lost("l", 20), [COUNTED], False),
        (lost("k", 10) + lost("l", 11) + lost("m", 12), [COUNTED, KILLED], False),
        (lost("k", 99), [OWED], True),
    ],
)
def test_what_is_explained_is_accepted(missing: list[LostWrite], excuses: list[Excuse], said: bool) -> None:
    assert why_not_excused(missing, excuses, ["b"], VALUE, said) == []


@pytest.mark.parametrize(
    ("missing", "excuses", "why"),
    [
        (lost("k", 10), [], "without an excuse"),
        (lost("k", 9), [KILLED], "without an excuse"),
        (lost("k", 21), [KILLED], "without an excuse"),
        (lost("k", 10) + lost("l", 11) + lost("m", 12), [COUNTED], "300 bytes of values are lost, 200 were reported"),
        (lost("k", 10), [OWED], "no hand-over said so"),
        (lost("k", 10)[1:], [KILLED], "lacks 1 writes that the primary has"),
        (lost("k", 10)[:1], [KILLED], "and has 1 that it lacks"),
    ],
)
def test_what_is_not_explained_is_named(missing: list[LostWrite], excuses: list[Excuse], why: str) -> None:
    assert any(why in one for one in why_not_excused(missing, excuses, ["b"], VALUE, said_of_loss=False))

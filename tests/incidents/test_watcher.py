# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the watcher makes of its probes: it must see contention, and must not invent it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from incidents.watcher import Probe, Sightings


def probes(row: str) -> list[Probe]:
    """One probe per second, each answered after half a second: `+` accepted, `-` not."""
    return [Probe(float(at), at + 0.5, mark == "+") for at, mark in enumerate(row)]


@pytest.mark.parametrize(
    ("rows", "two_primaries", "no_primary"),
    [
        # Answers come every second here, so a gap of one second between two of them counts as well.
        pytest.param({"a": "+++++", "b": "-----"}, 0.0, 4.0, id="one primary, seen once a second"),
        pytest.param({"a": "+++--", "b": "---++"}, 0.0, 4.0, id="one after the other"),
        pytest.param({"a": "+++++++", "b": "--+++++"}, 3.5, 6.0, id="both to the end"),
        pytest.param({"a": "++++---", "b": "--+++++"}, 0.5, 6.0, id="both for a while"),
        pytest.param({"a": "++-++--", "b": "+++++++", "c": "++++---"}, 3.0, 6.0, id="three are counted once"),
        pytest.param({"a": "+++----", "b": "--+----"}, 0.0, 2.0, id="a single answer is a moment, not a time"),
        pytest.param({"a": "+-----+", "b": "-------"}, 0.0, 6.0, id="nobody in between"),
    ],
)
def test_seconds_of_contention_and_of_silence(rows: Mapping[str, str], two_primaries: float, no_primary: float) -> None:
    sightings = Sightings({name: probes(row) for name, row in rows.items()})
    assert sightings.two_primaries == two_primaries
    assert sightings.no_primary == no_primary

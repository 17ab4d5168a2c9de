# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was measured, as Markdown for the README."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.failover.doors import ASKS, LISTENS, POINTED, PROXY
from benchmarks.failover.levels import LEVELS
from benchmarks.failover.slowing import RUNS, STOPPED
from benchmarks.failover.summary import Row, Spread
from benchmarks.tables import markdown

NONE = "-"
HEAD = (
    "sequence",
    "rounds",
    "lost writes",
    "pause: asks Sentinel",
    "pause: listens too",
    "pause: HAProxy",
    "two primaries",
    "stopped as",
)


def report(rows: Sequence[Row]) -> list[str]:
    """A table for each engine and load, with what was written meanwhile."""
    lines = [
        "Each cell: median / worst. A pause is the longest time without an acknowledged write that any client of that"
        " behaviour saw. Without Sentinel, the routing command takes the place of asking. A process that is killed loses"
        " less than a machine would: its kernel still sends what it was given.",
    ]
    for engine, load in dict.fromkeys((row.engine, row.load) for row in rows):
        here = [row for row in rows if (row.engine, row.load) == (engine, load)]
        lines += [
            "",
            f"**{engine}, {load} load** ({load_of(here)})",
            "",
            *markdown(HEAD, [_cells(row) for row in here]),
        ]
        lines += [
            f"- {row.sequence.title}, round {one.number}: {one.brief_outcome}" for row in here for one in row.unfinished
        ]
    return lines


def load_of(rows: Sequence[Row]) -> str:
    """The load as it was, not as it was meant."""
    finished = [one for row in rows for one in row.finished]
    if not finished:
        return "no round came to its end"
    level = LEVELS[rows[0].load]
    rate = Spread.of(one.megabytes_per_second for one in finished)
    size = Spread.of(one.data_set_mb for one in finished)
    assert rate is not None, "there are finished rounds"
    assert size is not None, "there are finished rounds"
    slowed = f", one replica stopped for {STOPPED * 1000:.0f} of every {(STOPPED + RUNS) * 1000:.0f} ms"
    return (
        f"{rate.median:.1f} MB/s, data set {size.median:.0f} MB, values of {level.value_size} bytes"
        + (" and of 100 kB" if level.ballast_mb_per_second else "")
        + (slowed if level.slowed_replica else "")
    )


def _cells(row: Row) -> list[str]:
    return [
        row.sequence.title,
        str(len(row.rounds)) + (f" ({len(row.unfinished)} unfinished)" if row.unfinished else ""),
        _cell(row.lost, "{:.0f}"),
        _cell(row.pause_of(ASKS if row.sequence.has_sentinels else POINTED), "{:.3f} s"),
        _cell(row.pause_of(LISTENS), "{:.3f} s"),
        _cell(row.pause_of(PROXY), "{:.2f} s"),
        _cell(row.two_primaries, "{:.2f} s"),
        row.stopped_as or NONE,
    ]


def _cell(spread: Spread | None, form: str) -> str:
    if spread is None:
        return NONE
    return f"{form.format(spread.median)} / {form.format(spread.worst)}"

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must hold of the numbers of one run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.failover.summary import Row

SHARE_OF_THE_BEST = 0.5
"""Our median pause under Sentinel is at most this share of the best median among lossless sequences of others."""


def misses(rows: Sequence[Row]) -> list[str]:
    """Every target that was not met, with its numbers."""
    ours = [row for row in rows if row.sequence.is_ours]
    return [*(miss for row in ours for miss in _own_misses(row)), *_share_misses(rows)]


def _own_misses(row: Row) -> Iterator[str]:
    what = f"{row.engine}, {row.load}: {row.sequence.title}"
    for one in row.unfinished:
        yield f"{what}: round {one.number} was {one.brief_outcome} ({one.note})"
    lost = sum(one.lost for one in row.rounds)
    if lost:
        acknowledged = sum(one.acknowledged for one in row.rounds)
        yield f"{what}: {lost} of {acknowledged} acknowledged writes lost"
    if row.sequence.most_pause is not None and row.pause is not None and row.pause.median > row.sequence.most_pause:
        yield f"{what}: the median pause is {row.pause.median:.3f} s, at most {row.sequence.most_pause:g} s"


def _share_misses(rows: Sequence[Row]) -> Iterator[str]:
    for engine, load in dict.fromkeys((row.engine, row.load) for row in rows):
        here = [row for row in rows if (row.engine, row.load) == (engine, load) and row.sequence.moves]
        # What the module chooses by itself where it may choose: the shortest that is sound on the engine.
        ours = min(
            (row for row in here if row.sequence.is_ours and row.sequence.has_sentinels), key=_pause, default=None
        )
        best = min((row for row in here if not row.sequence.is_ours and row.is_lossless), key=_pause, default=None)
        if ours is not None and best is not None and _pause(ours) > SHARE_OF_THE_BEST * _pause(best):
            yield (
                f"{engine}, {load}: the median pause of {ours.sequence.title} is {_pause(ours):.3f} s, more than"
                f" {SHARE_OF_THE_BEST:g} of the {_pause(best):.3f} s of {best.sequence.title}, which lost nothing either"
            )


def _pause(row: Row) -> float:
    return row.pause.median if row.pause is not None else float("inf")

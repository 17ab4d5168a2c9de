# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many rounds of one sequence as one row: medians and worsts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from benchmarks.failover.doors import ASKS, POINTED
from benchmarks.failover.measured import Round
from benchmarks.failover.sequences import SEQUENCES, Sequence


@dataclass(frozen=True)
class Spread:
    """A median and a worst, of at least one value."""

    median: float
    worst: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread | None:
        """None of nothing."""
        found = list(values)
        return cls(median(found), max(found)) if found else None


@dataclass(frozen=True)
class Row:
    """All rounds of a sequence on one engine under one load."""

    engine: str
    load: str
    sequence: Sequence
    rounds: tuple[Round, ...]

    @property
    def finished(self) -> tuple[Round, ...]:
        """Those that came to their end; only their numbers count, and every other round is reported beside them."""
        return tuple(one for one in self.rounds if one.done)

    @property
    def unfinished(self) -> tuple[Round, ...]:
        """Those that did not."""
        return tuple(one for one in self.rounds if not one.done)

    @property
    def lost(self) -> Spread | None:
        """Acknowledged writes."""
        return Spread.of(one.lost for one in self.rounds if one.acknowledged)

    @property
    def is_lossless(self) -> bool:
        """Whether every round ended, and with nothing lost."""
        return bool(self.rounds) and not self.unfinished and all(one.lost == 0 for one in self.rounds)

    @property
    def two_primaries(self) -> Spread | None:
        """Seconds."""
        return Spread.of(one.two_primaries for one in self.finished)

    @property
    def pause(self) -> Spread | None:
        """Seconds, of the clients that the targets are about: those that ask again on every error."""
        return self.pause_of(ASKS if self.sequence.has_sentinels else POINTED)

    @property
    def stopped_as(self) -> str:
        """The roles that the process was stopped in: `master 4, slave 1`; empty where nothing was stopped."""
        roles = Counter(one.stopped_as for one in self.rounds if one.stopped_as)
        return ", ".join(role if len(roles) == 1 else f"{role} {count}" for role, count in roles.most_common())

    def pause_of(self, behaviour: str) -> Spread | None:
        """Seconds, of clients that behave so; None where there were none."""
        return Spread.of(one.pauses[behaviour] for one in self.finished if behaviour in one.pauses)


def rows_of(rounds: Iterable[Round]) -> list[Row]:
    """By engine and load as they were measured, by sequence as in the table of all."""
    by_row: dict[tuple[str, str, str], list[Round]] = {}
    for one in rounds:
        by_row.setdefault((one.engine, one.load, one.sequence), []).append(one)
    engines_and_loads = dict.fromkeys((engine, load) for engine, load, _name in by_row)
    return [
        Row(engine, load, sequence, tuple(by_row[engine, load, name]))
        for engine, load in engines_and_loads
        for name, sequence in SEQUENCES.items()
        if (engine, load, name) in by_row
    ]

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lane: `python -m benchmarks.failover.lane ENGINE LANE LANES ROUNDS OTHERS OUTPUT --sequences ... --loads ...`.

It does one of LANES rounds, all sequences in turn, and appends each to OUTPUT. Of the ROUNDS, the sequences of others take
part in OTHERS, evenly spread; these are dealt out to the lanes by themselves, because they take longest. Lanes begin with
different sequences, so that they do not all do the same at the same time.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

import redis
from ansible_collections.steadyhand.redis.plugins.module_utils._model.errors import SteadyhandError
from lab.errors import LabError

from benchmarks.failover.levels import LEVELS
from benchmarks.failover.measured import Round, append
from benchmarks.failover.programs import HAPROXY_VARIABLE, server_of
from benchmarks.failover.rounds import measure
from benchmarks.failover.sequences import SEQUENCES
from benchmarks.failover.stage import Programs, Stage


def schedule(
    rounds: int, others: int, lane: int, lanes: int, loads: Sequence[str], sequences: Sequence[str]
) -> Iterator[tuple[int, str, str]]:
    """Number, load and sequence of each round of one lane, in order."""
    shift = lane * len(sequences) // lanes
    for number in range(rounds):
        others_before = number * others // rounds
        with_others = (number + 1) * others // rounds > others_before
        if (others_before if with_others else number - others_before) % lanes != lane:
            continue
        for load in loads:
            for sequence in [*sequences[shift:], *sequences[:shift]]:
                if with_others or SEQUENCES[sequence].is_ours:
                    yield number, load, sequence


class Stages:
    """The stages of a lane, each made when it is first needed, and made anew after a round that broke it."""

    def __init__(self, programs: Programs) -> None:
        self._programs = programs
        self._open: dict[bool, ExitStack] = {}
        self._stages: dict[bool, Stage] = {}

    def __enter__(self) -> Stages:
        return self

    def __exit__(self, *_error: object) -> None:
        for has_sentinels in list(self._open):
            self.end(has_sentinels)

    def get(self, has_sentinels: bool) -> Stage:
        """The stage with or without Sentinels."""
        if has_sentinels not in self._stages:
            self._open[has_sentinels] = stack = ExitStack()
            self._stages[has_sentinels] = stack.enter_context(Stage(self._programs, has_sentinels))
        return self._stages[has_sentinels]

    def end(self, has_sentinels: bool) -> None:
        """End one; the next `get` makes another."""
        self._stages.pop(has_sentinels, None)
        self._open.pop(has_sentinels).close()


def one_round(stages: Stages, engine: str, number: int, load: str, name: str) -> Round:
    """A round that cannot be brought to its end is a result too, and costs the stage."""
    sequence = SEQUENCES[name]
    try:
        return measure(stages.get(sequence.has_sentinels), sequence, LEVELS[load], engine, number)
    except (LabError, SteadyhandError, redis.RedisError) as error:
        stages.end(sequence.has_sentinels)
        return Round(engine, load, name, number, f"broken: {error}")


def line_of(measured: Round) -> str:
    """For people who watch."""
    pauses = ", ".join(f"{pause:.3f} s {behaviour}" for behaviour, pause in measured.pauses.items())
    return (
        f"{measured.engine} {measured.load} {measured.sequence} #{measured.number}: {measured.outcome};"
        f" lost {measured.lost} of {measured.acknowledged}; pause {pauses}; two primaries"
        f" {measured.two_primaries:.2f} s; stopped as {measured.stopped_as}; {measured.note}"
    )


def main(arguments: list[str]) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engine")
    for name in ("lane", "lanes", "rounds", "others"):
        parser.add_argument(name, type=int)
    parser.add_argument("output", type=Path)
    parser.add_argument("--sequences", nargs="+", required=True)
    parser.add_argument("--loads", nargs="+", required=True)
    options = parser.parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    programs = Programs(server_of(options.engine), os.environ.get(HAPROXY_VARIABLE))
    sequences = [name for name in options.sequences if SEQUENCES[name].runs_on(options.engine)]
    with Stages(programs) as stages:
        for turn, load, name in schedule(
            options.rounds, options.others, options.lane, options.lanes, options.loads, sequences
        ):
            measured = one_round(stages, options.engine, turn, load, name)
            append(options.output, measured)
            print(line_of(measured), flush=True)
    return 0


def _end(number: int, _frame: FrameType | None) -> None:
    # A second signal must not leave servers behind.
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.SIG_IGN)
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

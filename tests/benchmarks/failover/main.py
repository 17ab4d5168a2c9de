# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`./dev bench failover`: what users feel of a hand-over, our drivers beside what others do, in one run."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from lab.errors import LabError
from lab.warden import TESTS_DIRECTORY

from benchmarks.failover.levels import LEVELS
from benchmarks.failover.measured import Round, read
from benchmarks.failover.picture import picture
from benchmarks.failover.programs import HAPROXY_VARIABLE, engines, server_of
from benchmarks.failover.report import report
from benchmarks.failover.sequences import SEQUENCES
from benchmarks.failover.summary import rows_of
from benchmarks.failover.targets import misses

ROUND_SECONDS = 20.0
"""As seen on two cores: the Sentinels ask each node only every 10 s, and a round begins when they agree."""
ROUNDS_FILES = "rounds-*.jsonl"
DEFAULT_OUTPUT = TESTS_DIRECTORY.parent / ".dev" / "bench" / "failover"


def main(arguments: list[str]) -> int:
    """0 when every target was met."""
    options = _options(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    if HAPROXY_VARIABLE not in os.environ:
        print("HAProxy is not to be had: nothing is measured through a proxy.", flush=True)
    planned = len(options.load) * sum(
        options.rounds if SEQUENCES[name].is_ours else options.others
        for engine in options.engine
        for name in options.sequence
        if SEQUENCES[name].runs_on(engine)
    )
    print(f"{planned} rounds, about {planned * ROUND_SECONDS / 60 / options.lanes:.0f} minutes.", flush=True)
    if not options.add:
        for old in options.output.glob(ROUNDS_FILES):
            old.unlink()
    for engine in options.engine:
        _run_lanes(engine, options)
    rounds = [one for file in sorted(options.output.glob(ROUNDS_FILES)) for one in read(file)]
    return write_down(rounds, options.output)


def write_down(rounds: Iterable[Round], output: Path) -> int:
    """Table and picture into *output*, the table and the targets for who watches; 1 when one was missed."""
    rows = rows_of(rounds)
    lines = report(rows)
    (output / "table.md").write_text("\n".join([*lines, ""]), encoding="utf-8")
    (output / "picture.svg").write_text(picture(rows), encoding="utf-8")
    ours = sum(len(row.rounds) for row in rows if row.sequence.is_ours)
    missed = misses(rows)
    print(
        "\n".join(["", *lines, "", f"{ours} rounds of ours. Written: {output}/table.md, picture.svg, rounds-*.jsonl"])
    )
    verdict = "Every target is met." if ours else "None of ours was measured: no target was looked at."
    print("\n".join(f"MISSED: {one}" for one in missed) or verdict, flush=True)
    return 1 if missed else 0


def _run_lanes(engine: str, options: argparse.Namespace) -> None:
    """All rounds on one engine; its lanes side by side, in processes of their own."""
    files = [options.output / f"rounds-{engine}-{lane}.jsonl" for lane in range(options.lanes)]
    print(f"failover: {engine}, {options.rounds} rounds of each sequence in {options.lanes} lanes ...", flush=True)
    started = time.monotonic()
    command = [sys.executable, "-m", "benchmarks.failover.lane", engine]
    filters = ["--sequences", *options.sequence, "--loads", *options.load]
    running: list[subprocess.Popen[bytes]] = []
    try:
        for lane, file in enumerate(files):
            words = [*map(str, (lane, options.lanes, options.rounds, options.others, file))]
            running.append(subprocess.Popen([*command, *words, *filters], cwd=TESTS_DIRECTORY))
        codes = [process.wait() for process in running]
    except BaseException:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()
        raise
    if any(codes):
        raise LabError(f"lanes ended with {codes}; what they measured is in {options.output}")
    print(f"  measured in {time.monotonic() - started:.0f} s", flush=True)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench failover", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="of each sequence, engine and load (default: 5)")
    parser.add_argument("--others", type=int, help="of these, so many with the others' sequences too (default: all)")
    parser.add_argument("--add", action="store_true", help="to what was measured before, and judge all of it")
    parser.add_argument("--engine", nargs="+", default=[], help="only these (default: all that the tests run on)")
    parser.add_argument("--sequence", nargs="+", default=list(SEQUENCES), choices=list(SEQUENCES), metavar="NAME")
    parser.add_argument("--load", nargs="+", default=list(LEVELS), choices=list(LEVELS), help="default: all")
    parser.add_argument("--lanes", type=int, default=1, help="groups worked on at the same time (default: 1)")
    parser.add_argument("--output", type=Path, default=DEFAULT_OUTPUT, help="a directory (default: %(default)s)")
    options = parser.parse_args(arguments)
    options.engine = options.engine or list(engines())
    options.others = options.rounds if options.others is None else min(options.others, options.rounds)
    options.output = options.output.resolve()
    for engine in options.engine:
        server_of(engine)
    return options

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`./dev bench [NAME]`: one measurement, or all of them one after the other; non-zero when a target is missed."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Mapping
from types import FrameType

from lab.errors import LabError

from benchmarks import audit, rolling_restart
from benchmarks.failover import main as failover

BENCHMARKS: Mapping[str, Callable[[list[str]], int]] = {
    "audit": audit.main,
    "failover": failover.main,
    "rolling_restart": rolling_restart.main,
}


def run(arguments: list[str]) -> int:
    """The benchmark that the first word names, or all."""
    if arguments and not arguments[0].startswith("-"):
        name, rest = arguments[0], arguments[1:]
        if name not in BENCHMARKS:
            print(f"bench: no benchmark {name!r}; there are: {', '.join(BENCHMARKS)}", file=sys.stderr)
            return 2
        return BENCHMARKS[name](rest)
    return max([benchmark(arguments) for benchmark in BENCHMARKS.values()])


def main(arguments: list[str]) -> int:
    """0: every target was met; 1: not so; 2: no benchmark of that name; 130 and 143: interrupted."""
    signal.signal(signal.SIGTERM, _terminated)
    try:
        return run(arguments)
    except LabError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: interrupted; everything that was started is ended", file=sys.stderr)
        return 128 + signal.SIGINT


def _terminated(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

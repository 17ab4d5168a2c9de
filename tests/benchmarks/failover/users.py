# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The process of one group's users: `python -m benchmarks.failover.users LAB_DIRECTORY GROUP DIRECTORY`.

DIRECTORY holds `level.json` and `doors.json`; journals are added, and `summary.json` at SIGTERM.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from lab.sentinel import SentinelNode
from lab.state import LabState
from lab.traffic.ballast import Ballast, fill
from lab.traffic.discovery import Discovery, Pointed
from lab.traffic.journal import SUFFIX, Journal
from lab.traffic.load import Client
from lab.traffic.pace import Pace
from lab.traffic.writer import Writer

from benchmarks.failover.doors import ASKS, LISTENS, POINTED, PROXY, Listening, ThroughProxy, listen
from benchmarks.failover.levels import Level

LEVEL_FILE = "level.json"
DOORS_FILE = "doors.json"
SUMMARY_FILE = "summary.json"
CLIENT = Client("set", follows=True)


def connection_names(level: Level, doors: dict[str, str]) -> dict[str, str]:
    """Behaviour by name of the connection; names are short, because keys begin with them."""
    return {
        f"{kind}-{number}": behaviour
        for kind, behaviour in enumerate(sorted(doors))
        for number in range(level.connections)
    }


def prefix_of(directory: Path, connection: str) -> str:
    """What the keys of a connection begin with: unique for all rounds of a lab."""
    return f"bench:{directory.name}:{connection}"


def work(lab_directory: Path, group: str, directory: Path, stop: threading.Event) -> dict[str, Any]:
    """Write until *stop* is set; the summary."""
    state = LabState.load(lab_directory)
    route = state.route(group)
    level = Level.load(directory / LEVEL_FILE)
    doors: dict[str, str] = json.loads((directory / DOORS_FILE).read_text(encoding="utf-8"))
    find: dict[str, Callable[[], Discovery]] = {
        ASKS: lambda: Discovery(route),
        LISTENS: lambda: Listening(route),
        POINTED: lambda: Pointed(route, Path(doors[POINTED])),
        PROXY: lambda: ThroughProxy(route, int(doors[PROXY])),
    }
    usual = find[ASKS if ASKS in doors else POINTED]
    fill(usual(), f"bench:{directory.name}", level.data_set_mb)
    writers, listening = [], []
    for name, behaviour in connection_names(level, doors).items():
        discovery = find[behaviour]()
        if isinstance(discovery, Listening):
            listening.append(discovery)
        journal = Journal(directory / f"{name}{SUFFIX}")
        pace = Pace(level.writes_per_second)
        writers.append(Writer(CLIENT, prefix_of(directory, name), level.value_size, pace, discovery, journal))
    for writer in writers:
        writer.connect(stop)
    # From here on users want something: how long their first connection took is no pause of the service.
    started_at = time.monotonic_ns()
    ballast = Ballast(
        usual(), f"bench:{directory.name}", level.ballast_value_size, level.ballast_mb_per_second, batch=1
    )
    runs = [writer.run for writer in writers] + ([ballast.run] if level.ballast_mb_per_second else [])

    def tell(port: int) -> None:
        for one in listening:
            one.leave_unless_at(port)

    runs += [partial(listen, SentinelNode(one), group, tell) for one in state.sentinels if listening]
    threads = [threading.Thread(target=run, args=(stop,)) for run in runs]
    for thread in threads:
        thread.start()
    stop.wait()
    # Before the threads have ended: how long that takes is no pause either.
    stopped_at = time.monotonic_ns()
    for thread in threads:
        thread.join()
    return {"started_at": started_at, "stopped_at": stopped_at, "ballast_bytes": ballast.bytes_written}


def main(arguments: list[str]) -> int:
    """Run from the command line; a thread that fails ends the process, its traceback is in the log."""
    lab_directory, group, directory = arguments
    stop = threading.Event()
    failures: list[str] = []

    def failed(error: threading.ExceptHookArgs) -> None:
        threading.__excepthook__(error)
        failures.append(repr(error.exc_value))
        stop.set()

    threading.excepthook = failed
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    summary = work(Path(lab_directory), group, Path(directory), stop)
    if failures:
        return 1
    (Path(directory) / SUMMARY_FILE).write_text(json.dumps(summary), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

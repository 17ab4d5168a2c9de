# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The process of one group's users: `python -m lab.traffic.worker DIRECTORY`.

DIRECTORY holds `load.json` and `route.json`; the worker adds its journals and, at SIGTERM, `summary.json`.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from lab.route import Route
from lab.traffic.ballast import Ballast, fill
from lab.traffic.discovery import Discovery, Pointed
from lab.traffic.journal import SUFFIX, Journal
from lab.traffic.load import Load
from lab.traffic.messages import publish, subscribe
from lab.traffic.pace import Pace
from lab.traffic.writer import Writer

SUMMARY_FILE = "summary.json"
LOAD_FILE = "load.json"
ROUTE_FILE = "route.json"
PUBLISHED_FILE = "published"
RECEIVED_FILE = "received"


def connection_names(load: Load) -> list[str]:
    """One name per client of the load: `2-pipeline-follows`."""
    return [
        f"{number}-{client.kind}-{'follows' if client.follows else 'stays'}"
        for number, client in enumerate(load.clients)
    ]


def prefix_of(group: str, run: str, connection: str) -> str:
    """What the keys of a connection begin with."""
    return f"lab:{group}:{run}:{connection}"


def work(directory: Path, stop: threading.Event) -> dict[str, Any]:
    """Write until *stop* is set; the summary."""
    route = Route.load(directory / ROUTE_FILE)
    load = Load.load(directory / LOAD_FILE)
    group, run = route.group, directory.parent.name
    discover = partial(_way_to_the_primary, route)
    if load.data_set_mb:
        fill(discover(), f"lab:{group}:{run}", load.data_set_mb)
    share = None if load.writes_per_second is None else load.writes_per_second / len(load.clients)
    writers = [
        Writer(
            client,
            prefix_of(group, run, name),
            load.value_size,
            Pace(share),
            discover(),
            Journal(directory / f"{name}{SUFFIX}"),
        )
        for client, name in zip(load.clients, connection_names(load), strict=True)
    ]
    ballast = [
        Ballast(
            discover(),
            f"lab:{group}:{run}:{number}",
            load.ballast_value_size,
            load.ballast_mb_per_second,
        )
        for number in range(load.ballast_clients)
    ]
    for writer in writers:
        writer.connect(stop)
    # From here on users want something: how long their first connection took is no pause of the service.
    started_at = time.monotonic_ns()
    runs = [*(writer.run for writer in writers), *(one.run for one in ballast)]
    threads = [threading.Thread(target=run_one, args=(stop,)) for run_one in runs]
    threads += _message_threads(discover, group, directory, load, stop)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {
        "started_at": started_at,
        "stopped_at": time.monotonic_ns(),
        "errors": sum((writer.errors for writer in writers), Counter[str]()),
        "ballast_bytes": sum(one.bytes_written for one in ballast),
    }


def _way_to_the_primary(route: Route) -> Discovery:
    return Discovery(route) if route.pointer is None else Pointed(route, Path(route.pointer))


def _message_threads(
    discover: Callable[[], Discovery], group: str, directory: Path, load: Load, stop: threading.Event
) -> list[threading.Thread]:
    channel = f"lab:{group}"
    listening, all_published = threading.Event(), threading.Event()
    published, received = Journal(directory / PUBLISHED_FILE), Journal(directory / RECEIVED_FILE)

    def publish_once_heard() -> None:
        while not listening.wait(0.05) and not stop.is_set():
            pass
        publish(discover(), channel, Pace(load.messages_per_second), published, stop)
        all_published.set()

    return [
        threading.Thread(target=publish_once_heard),
        threading.Thread(target=subscribe, args=(discover(), channel, received, listening, all_published)),
    ]


def _stop_all_when_one_fails(stop: threading.Event) -> list[str]:
    """A thread that ends by an exception ends the worker; its traceback goes into the log."""
    failures: list[str] = []

    def hook(failed: threading.ExceptHookArgs) -> None:
        threading.__excepthook__(failed)
        failures.append(repr(failed.exc_value))
        stop.set()

    threading.excepthook = hook
    return failures


def main(arguments: list[str]) -> int:
    """Run from the command line."""
    (directory,) = map(Path, arguments)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    failures = _stop_all_when_one_fails(stop)
    summary = work(directory, stop)
    if failures:
        return 1
    (directory / SUMMARY_FILE).write_text(json.dumps(summary), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

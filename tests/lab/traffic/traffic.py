# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting and stopping the users of a lab."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from typing import TYPE_CHECKING

from lab.process import Process
from lab.traffic.journal import SUFFIX, Outcome, read_journal
from lab.traffic.load import Load
from lab.traffic.report import NANOSECONDS, Connection, Effect, GroupTraffic, TrafficReport, add_messages, add_writes
from lab.traffic.worker import LOAD_FILE, PUBLISHED_FILE, ROUTE_FILE, SUMMARY_FILE, connection_names, prefix_of
from lab.waiting import wait_until
from lab.warden import TESTS_DIRECTORY

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lab.traffic.served import Served

START_TIMEOUT = 60.0
"""Seconds until every client has had its first acknowledgement; filling the data set comes before."""
WRITES_TIMEOUT = 60.0
"""Seconds until clients have had some more; a failover may be under way."""


class Traffic:
    """One process of users per group; they end with the lab (or what else is served), whatever happens to the process that started them."""

    def __init__(self, served: Served, load: Load, directory: Path, groups: Iterable[str]) -> None:
        self._served = served
        self._load = load
        self._directory = directory
        self._groups = list(groups)

    @classmethod
    def start(cls, served: Served, load: Load | None = None, groups: Iterable[str] | None = None) -> Traffic:
        """Start the users of all groups, or of those named, and wait until each of their clients writes."""
        runs = served.directory / "traffic"
        directory = runs / str(len(list(runs.glob("*"))) + 1)
        traffic = cls(served, load or Load(), directory, served.groups if groups is None else groups)
        for group in traffic._groups:
            (directory / group).mkdir(parents=True)
            traffic._load.save(directory / group / LOAD_FILE)
            served.route(group).save(directory / group / ROUTE_FILE)
            traffic.process(group).spawn({**os.environ, "PYTHONPATH": str(TESTS_DIRECTORY)})
        wait_until(traffic._why_not_all_write, START_TIMEOUT + traffic._load.data_set_mb, "first writes", interval=0.05)
        return traffic

    @classmethod
    def found(cls, served: Served) -> Traffic:
        """The users that another process has started, the last ones where there are several."""
        runs = served.directory / "traffic"
        directory = runs / str(len(list(runs.glob("*"))))
        groups = sorted(folder.name for folder in directory.iterdir())
        return cls(served, Load.load(directory / groups[0] / LOAD_FILE), directory, groups)

    def process(self, group: str) -> Process:
        """The process of that group's users."""
        directory = self._directory / group
        command = (sys.executable, "-P", "-m", "lab.traffic.worker", str(directory))
        return Process(f"users of {group}", directory, command)

    def connections(self, group: str) -> list[Connection]:
        """The clients of that group and their journals."""
        run = self._directory.name
        return [
            Connection(name, client, prefix_of(group, run, name), self._directory / group / f"{name}{SUFFIX}")
            for name, client in zip(connection_names(self._load), self._load.clients, strict=True)
        ]

    def acknowledged(self, group: str) -> dict[str, int]:
        """Acknowledged writes so far, by connection."""
        return {
            connection.name: sum(record.outcome is Outcome.ACKNOWLEDGED for record in read_journal(connection.journal))
            for connection in self.connections(group)
        }

    def wait_for_writes(self, group: str, more: int) -> None:
        """Wait until every client that follows the primary has that many more acknowledged writes."""
        before = self.acknowledged(group)
        following = [connection.name for connection in self.connections(group) if connection.client.follows]

        def reason() -> str | None:
            now = self.acknowledged(group)
            waiting = [name for name in following if now[name] < before[name] + more]
            return f"no {more} more writes of {', '.join(waiting)}" if waiting else None

        wait_until(reason, WRITES_TIMEOUT, "writes", interval=0.1)

    def stop(self) -> TrafficReport:
        """End the users after the request in hand, and count. Every process must have ended well."""
        for group in self._groups:
            process = self.process(group)
            if not process.is_running():
                raise process.failure("ended before it was told to")
        for group in self._groups:
            self.process(group).stop()
        return TrafficReport({group: self._felt_by(group) for group in self._groups}, self._load.value_size)

    def _felt_by(self, group: str) -> GroupTraffic:
        directory = self._directory / group
        if not (directory / SUMMARY_FILE).exists():
            raise self.process(group).failure("ended without a summary")
        summary = json.loads((directory / SUMMARY_FILE).read_text(encoding="utf-8"))
        started_at, stopped_at = summary["started_at"], summary["stopped_at"]
        effect = Effect(group, seconds=(stopped_at - started_at) / NANOSECONDS, errors=Counter(summary["errors"]))
        connections = self.connections(group)
        for connection in connections:
            add_writes(effect, connection, started_at, stopped_at, self._load.value_size)
        add_messages(effect, directory)
        effect.megabytes_per_second += summary["ballast_bytes"] / 1e6 / effect.seconds
        primaries = self._served.primaries_of(group)
        if len(primaries) == 1:
            effect.data_set_mb = primaries[0].info("memory")["used_memory_dataset"] / 1e6
        return GroupTraffic(tuple(connections), effect)

    def _why_not_all_write(self) -> str | None:
        for group in self._groups:
            if not self.process(group).is_running():
                raise self.process(group).failure("ended right after its start")
            for connection in self.connections(group):
                if not (connection.journal.exists() and connection.journal.stat().st_size):
                    return f"{group}: no write of {connection.name}"
            published = self._directory / group / PUBLISHED_FILE
            if self._load.messages_per_second and not (published.exists() and published.stat().st_size):
                return f"{group}: no message published"
        return None

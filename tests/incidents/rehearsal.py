# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One procedure on one group under the same load, and what it did to its users."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from benchmarks.tables import markdown
from incidents.busy_machines import BusyMachines, Freezable
from incidents.lag import Lag, measure_lag
from incidents.watcher import Watcher
from lab.asked import AskedNode
from lab.traffic.load import Load
from lab.traffic.served import Served
from lab.traffic.traffic import Traffic
from lab.waiting import wait_until

GROUP = "group-1"
LOAD = Load(
    writes_per_second=500, data_set_mb=100, ballast_clients=1, ballast_value_size=600, ballast_mb_per_second=16.0
)
"""The lookup at the end stays small. The rate is bounded, because on a quick machine more would be written during a restart
than the backlog holds, and our roll would rightly refuse."""
SETTINGS = {"repl-backlog-size": "512mb", "client-output-buffer-limit": "replica 1gb 512mb 60"}
"""What was to be raised on that day; with it a restarted node catches up by a partial sync."""
LAB_OPTIONS = {"groups": 1, "settings": SETTINGS}
LAG_MEASURED_FOR = 3.0
"""Seconds."""
SETTLE_TIMEOUT = 150.0
"""Seconds for the group to be whole again after a procedure: what contended needs a full sync."""
SAVE_TIMEOUT = 60.0
"""Seconds for a dump of the data set."""


class Rehearsed(Served, Protocol):
    """One group, in a lab or on machines."""

    def primary_of(self, group: str) -> AskedNode:
        """The one node that calls itself primary."""

    def replicas_of(self, group: str) -> Sequence[Freezable]:
        """The others."""

    def wait_converged(self, timeout: float = ...) -> None:
        """Wait, for at most so many seconds, until it is whole and every Sentinel knows it so."""


Anybody = TypeVar("Anybody", bound=Rehearsed)


@dataclass(frozen=True)
class Outcome:
    """What users, a watcher and the final lookup say about one procedure."""

    procedure: str
    acknowledged: int
    lost: int
    """Acknowledged writes that are missing on the final primary or on a replica."""
    failed: int
    two_primaries: float
    """Seconds in which two nodes accepted writes, at least."""
    no_primary: float
    """Seconds in which no node accepted a write."""
    longest_pause: float
    """Seconds, of the users that follow the primary."""
    megabytes_per_second: float
    data_set_mb: float
    lag: Lag
    """Before the procedure began."""

    @property
    def harm(self) -> list[str]:
        """What must never happen. An interruption is no harm of this kind: a hand-over needs one, and states it."""
        found = []
        if self.lost:
            found.append(f"{self.lost} of {self.acknowledged} acknowledged writes lost")
        if self.two_primaries > 0:
            found.append(f"two primaries accepted writes for at least {self.two_primaries:.2f} s")
        return found


def rehearse(lab: Anybody, procedure: str, run: Callable[[Anybody], None]) -> Outcome:
    """Run it under load on a group whose replicas lag, wait until the group is whole, and count."""
    primary = lab.primary_of(GROUP)
    with BusyMachines(lab.replicas_of(GROUP)):
        traffic = Traffic.start(lab, LOAD)
        _save(lab)
        lag = measure_lag(primary, LAG_MEASURED_FOR)
        with Watcher(lab.nodes_of(GROUP)) as watcher:
            run(lab)
            # Only now does the procedure of that day show its whole price: contention ends by an erasure.
            lab.wait_converged(SETTLE_TIMEOUT)
        report = traffic.stop()
    lost = {one.key for one in report.check(lab)}
    (effect,) = report.effects
    return Outcome(
        procedure=procedure,
        acknowledged=effect.acknowledged,
        lost=len(lost),
        failed=effect.failed,
        two_primaries=watcher.sightings.two_primaries,
        no_primary=watcher.sightings.no_primary,
        longest_pause=effect.longest_pause,
        megabytes_per_second=effect.megabytes_per_second,
        data_set_mb=effect.data_set_mb,
        lag=lag,
    )


def _save(lab: Served) -> None:
    """Every node has a dump of the last minute, as the distributions' save points see to: none comes back empty, which
    would be a worse day than that one was."""
    before = {node.name: node.info("persistence")["rdb_last_save_time"] for node in lab.nodes_of(GROUP)}
    for node in lab.nodes_of(GROUP):
        with node.client() as client:
            client.execute_command("BGSAVE", "SCHEDULE")

    def reason() -> str | None:
        for node in lab.nodes_of(GROUP):
            seen = node.info("persistence")
            if seen["rdb_bgsave_in_progress"] or seen["rdb_last_save_time"] == before[node.name]:
                return f"{node.name} has not saved yet"
        return None

    wait_until(reason, SAVE_TIMEOUT, "a dump of every node", interval=0.1)


def table(outcomes: list[Outcome]) -> list[str]:
    """Lines for people, in GitHub's Markdown."""
    head = [
        "procedure",
        "acknowledged",
        "lost",
        "failed",
        "two primaries",
        "no primary",
        "longest pause",
        "load",
        "data set",
        "lag of the quickest replica before",
    ]
    rows = [
        [
            one.procedure,
            str(one.acknowledged),
            str(one.lost),
            str(one.failed),
            f"{one.two_primaries:.2f} s",
            f"{one.no_primary:.2f} s",
            f"{one.longest_pause:.2f} s",
            f"{one.megabytes_per_second:.1f} MB/s",
            f"{one.data_set_mb:.0f} MB",
            str(one.lag),
        ]
        for one in outcomes
    ]
    return markdown(head, rows)

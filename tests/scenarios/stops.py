# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python -m scenarios.stops begin|await_another|end|show STATE ...`: what users feel of each stop of a primary.

The stop itself is the scenario's; between `begin` and `end` users write. What they felt is kept beside the machines.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.tables import markdown
from hosts.deployed import Deployed
from lab.traffic.journal import Outcome, read_journal
from lab.traffic.report import NANOSECONDS, TrafficReport
from lab.traffic.traffic import Traffic
from lab.waiting import wait_until
from scenarios.users import LOAD, deployed_by

KEPT = "stops.jsonl"
"""In the folder of the machines; a line for each stop."""
FAILOVER_TIMEOUT = 120.0
"""Seconds; Sentinels wait for 5, and for one another."""


@dataclass(frozen=True)
class Stop:
    """What one stop of a primary did to users. Times in seconds."""

    guarded: bool
    name: str
    stopped_as: str
    """What the server was when it was told to end: "primary" or "replica"; empty when nobody told it."""
    moved: bool
    """Whether another node leads in the end."""
    acknowledged: int
    lost: int
    """Acknowledged writes that the primary or a replica does not have in the end."""
    lost_first: float
    """How long before the longest time without any acknowledged write the first of them was acknowledged; 0 where none was."""
    lost_later: int
    """Those of them that were acknowledged after that time."""
    failed: int
    longest_pause: float
    """For a user who follows the primary."""


def begin(options: argparse.Namespace) -> None:
    """Wait until the group is whole, let users write, and print which node leads."""
    deployed = deployed_by(options.state)
    deployed.wait_converged()
    Traffic.start(deployed, LOAD)
    print(_primary(deployed))


def await_another(options: argparse.Namespace) -> None:
    """Wait until a node other than this one leads."""
    deployed = deployed_by(options.state)
    (group,) = deployed.groups

    def reason() -> str | None:
        leading = [node.name for node in deployed.primaries_of(group) if node.name != options.old]
        return None if leading else "no other node leads"

    wait_until(reason, FAILOVER_TIMEOUT, "a failover", interval=0.2)


def end(options: argparse.Namespace) -> None:
    """Wait until the group is whole and users write again, stop them, count, and keep that."""
    deployed = deployed_by(options.state)
    (group,) = deployed.groups
    deployed.wait_converged()
    traffic = Traffic.found(deployed)
    traffic.wait_for_writes(group, 10)
    stop = _counted(deployed, traffic.stop(), options)
    with (deployed.directory / KEPT).open("a", encoding="utf-8") as kept:
        kept.write(json.dumps(dataclasses.asdict(stop)) + "\n")


def _counted(deployed: Deployed, report: TrafficReport, options: argparse.Namespace) -> Stop:
    lost = {one.key: one.acknowledged_at for one in report.check(deployed)}
    (effect,) = report.effects
    ended = _service_ended(report)
    return Stop(
        guarded=options.phase == "guarded",
        name=options.name,
        stopped_as={"M": "primary", "S": "replica", "": ""}[options.stopped_as],
        moved=_primary(deployed) != options.old,
        acknowledged=effect.acknowledged,
        lost=len(lost),
        lost_first=(ended - min(lost.values())) / NANOSECONDS if lost else 0.0,
        lost_later=sum(told_at > ended for told_at in lost.values()),
        failed=effect.failed,
        longest_pause=effect.longest_pause,
    )


def _service_ended(report: TrafficReport) -> int:
    """When the longest time without any acknowledged write began (monotonic, nanoseconds)."""
    (group,) = report.groups.values()
    told_at = sorted(
        record.done_at
        for connection in group.connections
        for record in read_journal(connection.journal)
        if record.outcome is Outcome.ACKNOWLEDGED
    )
    return max(itertools.pairwise(told_at), key=lambda pair: pair[1] - pair[0])[0]


def _primary(deployed: Deployed) -> str:
    (group,) = deployed.groups
    return deployed.primary_of(group).name


def kept(machines: Path) -> list[Stop]:
    """What was kept so far, in its order; *machines* is their folder."""
    lines = (machines / KEPT).read_text(encoding="utf-8").splitlines()
    return [Stop(**json.loads(line)) for line in lines]


def show(options: argparse.Namespace) -> None:
    """Print a table of them."""
    head = ["stop of the primary", "guard", "server ended as", "acknowledged", "lost", "failed", "longest pause"]
    rows = [
        [
            one.name,
            "with" if one.guarded else "without",
            one.stopped_as or "killed",
            str(one.acknowledged),
            f"{one.lost} (of the last {one.lost_first:.2f} s)" if one.lost else "0",
            str(one.failed),
            f"{one.longest_pause:.2f} s",
        ]
        for one in kept(options.state / "machines")
    ]
    print("\n".join(markdown(head, rows)))


def main(arguments: list[str]) -> None:
    """Do what the first word says."""
    parser = argparse.ArgumentParser(prog="python -m scenarios.stops", description=__doc__)
    commands = parser.add_subparsers(required=True)
    wanted = {begin: (), await_another: ("old",), end: ("old", "phase", "name", "stopped_as"), show: ()}
    for run, words in wanted.items():
        command = commands.add_parser(run.__name__, help=run.__doc__)
        command.add_argument("state", type=Path, help="molecule's directory of the scenario")
        for word in words:
            command.add_argument(word)
        command.set_defaults(run=run)
    options = parser.parse_args(arguments)
    options.run(options)


if __name__ == "__main__":
    main(sys.argv[1:])

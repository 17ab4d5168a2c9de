# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a roll costs: the collection's, one that uses nothing but redis-cli, and what no roll can avoid.

All three restart every node of the same lab, one after the other in one run, while a few users write. Absolute seconds
are this machine's; the ratios are the result.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab.lab import Lab
from lab.traffic.load import Client, Load
from lab.traffic.traffic import Traffic

from benchmarks.direct import Unavoidable, roll_directly
from benchmarks.interpreter import AccountingInterpreter
from benchmarks.measured import Cost, run_measured
from benchmarks.tables import markdown

OURS = "steadyhand.redis.rolling_restart"
PLAIN = Path(__file__).with_name("plain_rolling_restart.yml")
SIZES = (1, 3, 10)
"""Groups in one wave."""
MOST_WALL_OF_TEN = 3.0
"""Ten groups in one wave cost at most so many times the wall time of one."""
MODULE_RUNS_PER_NODE = 2
MODULE_RUNS_PER_GROUP = 2
CONVERGE_TIMEOUT = 180.0
"""Seconds for 30 nodes to be whole again on a busy machine."""
LOAD = Load(
    clients=(Client("set", follows=True), Client("set", follows=False)),
    writes_per_second=50,
    messages_per_second=5,
    data_set_mb=10,
)
"""Enough to see what becomes of writes, and little enough to measure the roll and not its users."""
LAB_SETTINGS = {"repl-backlog-size": "64mb"}


@dataclass(frozen=True)
class Users:
    """What the users of all groups felt during one roll."""

    acknowledged: int
    lost: int
    longest_pause: float


@dataclass(frozen=True)
class Measurement:
    """One size of the wave."""

    groups: int
    nodes: int
    unavoidable: Unavoidable
    """Of the slowest group, all groups at the same time."""
    ours: Cost
    ours_felt: Users
    plain: Cost
    plain_felt: Users

    @property
    def allowed_module_runs(self) -> int:
        """The target."""
        return MODULE_RUNS_PER_NODE * self.nodes + MODULE_RUNS_PER_GROUP * self.groups


def measure(groups: int, base: Path, handovers_at_once: int | None) -> Measurement:
    """All three rolls on one lab. *handovers_at_once* None: as many as the playbook allows by itself."""
    extra_vars = {"redis_serial": "100%"}
    if handovers_at_once is not None:
        extra_vars["redis_handovers_at_once"] = str(handovers_at_once)
    interpreter = AccountingInterpreter(base / "interpreter")
    options = {"groups": groups, "interpreters": (str(interpreter.path),), "settings": LAB_SETTINGS}
    with Lab.create(base / "lab", **options) as lab:
        # Healthy by our own judgement first, and every restart of the measured rolls after a dump of its own.
        unavoidable = _directly(lab)
        with _users(lab) as felt:
            ours = run_measured(lab, OURS, extra_vars, interpreter, base / "ours.log")
        ours_felt = felt()
        with _users(lab) as felt:
            plain = run_measured(lab, str(PLAIN), {}, interpreter, base / "plain.log")
        return Measurement(groups, len(lab.nodes), unavoidable, ours, ours_felt, plain, felt())


def _directly(lab: Lab) -> Unavoidable:
    with _users(lab), ThreadPoolExecutor(len(lab.groups)) as pool:
        return max(pool.map(lambda group: roll_directly(lab, group), lab.groups), key=lambda spent: spent.total)


@contextmanager
def _users(lab: Lab) -> Iterator[Callable[[], Users]]:
    """Users during the block; afterwards the result may be asked for."""
    found: list[Users] = []
    traffic = Traffic.start(lab, LOAD)
    yield lambda: found[0]
    lab.wait_converged(CONVERGE_TIMEOUT)
    report = traffic.stop()
    found.append(
        Users(
            acknowledged=sum(effect.acknowledged for effect in report.effects),
            lost=len({one.key for one in report.check(lab)}),
            longest_pause=max(effect.longest_pause for effect in report.effects),
        )
    )


def misses(measurements: list[Measurement]) -> list[str]:
    """Targets that were not met, and losses."""
    found = []
    by_size = {one.groups: one for one in measurements}
    if 1 in by_size and 10 in by_size:
        ratio = by_size[10].ours.wall / by_size[1].ours.wall
        if ratio > MOST_WALL_OF_TEN:
            found.append(
                f"10 groups in one wave take {ratio:.2f} times the wall time of one, at most {MOST_WALL_OF_TEN:g}"
            )
    for one in measurements:
        if one.ours.module_runs > one.allowed_module_runs:
            found.append(
                f"{one.groups} groups of {one.nodes} nodes in all: {one.ours.module_runs} module runs,"
                f" at most {one.allowed_module_runs}"
            )
        if one.ours_felt.lost:
            found.append(f"{one.groups} groups: {one.ours_felt.lost} acknowledged writes lost")
    return found


def tables(measurements: list[Measurement]) -> list[str]:
    """What was measured, as Markdown."""
    single = measurements[0].ours.wall
    wall = [
        [
            str(one.groups),
            *(
                f"{seconds:.1f} s"
                for seconds in (
                    one.unavoidable.restart,
                    one.unavoidable.sync,
                    one.unavoidable.agreement,
                    one.unavoidable.handover,
                    one.unavoidable.total,
                    one.ours.wall,
                )
            ),
            f"{one.ours.wall / one.unavoidable.total:.2f}",
            f"{one.ours.wall / single:.2f}",
            f"{one.plain.wall:.1f} s",
            f"{one.ours.wall / one.plain.wall:.2f}",
        ]
        for one in measurements
    ]
    profile = [
        [
            str(one.groups),
            name,
            *(f"{part:.1f} s" for part in (cost.wall, cost.main, cost.workers, cost.modules, cost.servers)),
            f"{cost.controller / cost.wall:.2f}",
            str(cost.module_runs),
            str(one.allowed_module_runs) if cost is one.ours else "-",
        ]
        for one in measurements
        for name, cost in (("ours", one.ours), ("plain", one.plain))
    ]
    users = [
        [str(one.groups), name, str(felt.acknowledged), str(felt.lost), f"{felt.longest_pause:.2f} s"]
        for one in measurements
        for name, felt in (("ours", one.ours_felt), ("plain", one.plain_felt))
    ]
    return [
        "Wall time; what cannot be avoided is that of the slowest group, done directly, all groups at once:",
        *markdown(
            [
                "groups",
                "restarts",
                "syncs",
                "Sentinels agree",
                "hand-over",
                "unavoidable",
                "ours",
                "ours/unavoidable",
                "ours/one group",
                "plain",
                "ours/plain",
            ],
            wall,
        ),
        *(
            f"hand-over of the slowest of {one.groups}: {_listed(one.unavoidable.handover_phases)}"
            for one in measurements
        ),
        "",
        "Processor time:",
        *markdown(
            [
                "groups",
                "roll",
                "wall",
                "main process",
                "workers",
                "modules",
                "servers",
                "controller/wall",
                "module runs",
                "allowed",
            ],
            profile,
        ),
        "",
        "Users:",
        *markdown(["groups", "roll", "acknowledged", "lost", "longest pause"], users),
    ]


def _listed(phases: dict[str, int]) -> str:
    return ", ".join(f"{phase} {milliseconds} ms" for phase, milliseconds in phases.items())


def main(arguments: list[str]) -> int:
    """0 when every target was met."""
    parser = argparse.ArgumentParser(prog="./dev bench rolling_restart", description=__doc__)
    parser.add_argument(
        "--groups", type=int, nargs="+", default=list(SIZES), help="sizes of the wave (default: 1 3 10)"
    )
    parser.add_argument("--handovers-at-once", type=int, help="of one Sentinel set (default: the playbook's)")
    options = parser.parse_args(arguments)
    measurements = []
    with tempfile.TemporaryDirectory(prefix="lab-bench-") as directory:
        for groups in options.groups:
            print(f"rolling_restart: {groups} groups ...", flush=True)
            started = time.monotonic()
            base = Path(directory) / str(groups)
            base.mkdir()
            measurements.append(measure(groups, base, options.handovers_at_once))
            print(f"  measured in {time.monotonic() - started:.0f} s", flush=True)
    print("\n".join(["", *tables(measurements), ""]), flush=True)
    missed = misses(measurements)
    print("\n".join(f"MISSED: {one}" for one in missed) or "Every target is met.", flush=True)
    return 1 if missed else 0

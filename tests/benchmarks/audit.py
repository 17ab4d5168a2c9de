# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit of many groups costs: one call, against the same questions one server after the other, in turn in one run.

Three Sentinels watch all groups; every server is a real one. Once all servers answer, and once some hang, as they do when an
audit is needed. Absolute seconds are this machine's; the ratios are the result.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ansible_collections.steadyhand.redis.plugins.module_utils._engine.fleet import Fleet
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.group import (
    GroupTargets,
    node_account,
    outcome_of,
    sentinel_account,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.node import Node, NodeTarget
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.sentinel import Sentinel, SentinelTarget
from ansible_collections.steadyhand.redis.plugins.module_utils._model.audit.scene import AuditedGroup, Scene
from ansible_collections.steadyhand.redis.plugins.module_utils._model.audit.whole import audit
from ansible_collections.steadyhand.redis.plugins.module_utils._model.group import GroupView
from ansible_collections.steadyhand.redis.plugins.module_utils._model.health import Limits
from ansible_collections.steadyhand.redis.plugins.module_utils._model.node import NodeFacts
from ansible_collections.steadyhand.redis.plugins.module_utils._model.sentinel import SentinelFacts
from engine.subjects import targets_of
from lab.errors import LabError
from lab.lab import Lab

from benchmarks.tables import markdown

GROUPS = 100
ROUNDS = 3
HANGING = 5
TIMEOUT = 3.0
"""Seconds that each of both ways waits for a server, as the module does by default."""
MOST_SECONDS = 10.0
"""For one call about a hundred groups of which every server answers. Seconds of a machine that is shared with others."""
LEAST_RATIO_WHEN_SOME_HANG = 3.0
SETTINGS = {"maxmemory": "20mb", "min-replicas-to-write": "1", "min-replicas-max-lag": "4"}
PATIENT = {"down_after_ms": 600000, "failover_timeout_ms": 1800000}
"""A server that hangs for as long as a measurement is nothing to act on."""


@dataclass(frozen=True)
class Measured:
    """Seconds of each round, ours and one after the other, in turn; and how many problems each has found."""

    scene: str
    ours: tuple[float, ...]
    in_turn: tuple[float, ...]
    by_hand: tuple[float, ...]
    found: tuple[int, int]

    @property
    def ratio(self) -> float:
        """How many times as long as ours the same questions take one after the other."""
        return statistics.median(self.in_turn) / statistics.median(self.ours)


def at_once(groups: Sequence[GroupTargets]) -> tuple[float, int]:
    """Seconds of one audit, connections included, and how many problems it found."""
    started = time.monotonic()
    with Fleet(groups, TIMEOUT) as fleet:
        look = fleet.observe()
    found = _judged(groups, look.views)
    return time.monotonic() - started, found


def one_after_the_other(groups: Sequence[GroupTargets]) -> tuple[float, int]:
    """The same questions and the same judgement, each server in its turn for each group."""
    started = time.monotonic()
    views = []
    for group in groups:
        nodes = tuple(node_account(one, outcome_of(partial(_node, one, group))) for one in group.nodes)
        sentinels = tuple(sentinel_account(one, outcome_of(partial(_sentinel, one, group))) for one in group.sentinels)
        views.append(GroupView(group.name, nodes, sentinels))
    return time.monotonic() - started, _judged(groups, views)


def by_hand(groups: Sequence[GroupTargets]) -> float:
    """Seconds that `redis-cli` takes for the least that a script would ask: INFO of each node, three replies of each Sentinel."""
    started = time.monotonic()
    for group in groups:
        for node in group.nodes:
            _cli(node.address.port, "INFO")
        for sentinel in group.sentinels:
            for question in ("MASTER", "REPLICAS", "SENTINELS"):
                _cli(sentinel.address.port, "SENTINEL", question, group.name)
    return time.monotonic() - started


def _cli(port: int, *words: str) -> None:
    command = ["redis-cli", "-p", str(port), *words]
    subprocess.run(["timeout", str(int(TIMEOUT)), *command], check=False, capture_output=True)


def _node(target: NodeTarget, group: GroupTargets) -> NodeFacts:
    with Node(target, TIMEOUT) as node:
        return node.facts(group.name)


def _sentinel(target: SentinelTarget, group: GroupTargets) -> SentinelFacts:
    with Sentinel(target, TIMEOUT) as sentinel:
        return sentinel.facts(group.name)


def _judged(groups: Sequence[GroupTargets], views: Sequence[GroupView]) -> int:
    scene = Scene(tuple(AuditedGroup(group.name, view) for group, view in zip(groups, views, strict=True)))
    return sum(len(one.judgement.problems) for one in audit(scene, Limits()).groups)


@contextmanager
def hanging(lab: Lab, count: int) -> Iterator[None]:
    """Replicas of the last groups answer nothing."""
    chosen = [lab.nodes_of(group)[-1] for group in lab.groups[-count:]] if count else []
    for node in chosen:
        node.process.freeze()
    try:
        yield
    finally:
        for node in chosen:
            node.process.thaw()


def measure(lab: Lab, title: str, rounds: int, count: int, with_hand: bool) -> Measured:
    """Both ways in turn."""
    groups = [targets_of(lab, group) for group in lab.groups]
    ours, in_turn, hand = [], [], []
    found = (0, 0)
    with hanging(lab, count):
        for _round in range(rounds):
            first, of_ours = at_once(groups)
            second, of_theirs = one_after_the_other(groups)
            ours.append(first)
            in_turn.append(second)
            found = (of_ours, of_theirs)
        if with_hand:
            hand.append(by_hand(groups))
    return Measured(title, tuple(ours), tuple(in_turn), tuple(hand), found)


def misses(measured: Sequence[Measured], groups: int) -> list[str]:
    """Targets that were not met."""
    found = []
    well, hung = measured
    seconds = statistics.median(well.ours)
    if groups == GROUPS and seconds > MOST_SECONDS:
        found.append(f"one call about {groups} groups takes {seconds:.1f} s, at most {MOST_SECONDS:g}")
    if well.ratio < 1:
        found.append(f"asking one after the other takes {well.ratio:.2f} times as long: less than one call")
    if hung.ratio < LEAST_RATIO_WHEN_SOME_HANG:
        found.append(f"where some hang the ratio is {hung.ratio:.2f}, at least {LEAST_RATIO_WHEN_SOME_HANG:g}")
    found += [
        f"{one.scene}: the two ways found {one.found} problems" for one in measured if one.found[0] != one.found[1]
    ]
    return found


def table(measured: Sequence[Measured]) -> list[str]:
    """What was measured, as Markdown."""
    return markdown(
        ["servers", "one call", "worst", "one after the other", "ratio", "redis-cli", "problems"],
        [
            [
                one.scene,
                f"{statistics.median(one.ours):.2f} s",
                f"{max(one.ours):.2f} s",
                f"{statistics.median(one.in_turn):.2f} s",
                f"{one.ratio:.1f}",
                f"{one.by_hand[0]:.1f} s" if one.by_hand else "-",
                str(one.found[0]),
            ]
            for one in measured
        ],
    )


def main(arguments: list[str]) -> int:
    """0 when every target was met."""
    parser = argparse.ArgumentParser(prog="./dev bench audit", description=__doc__)
    parser.add_argument("--groups", type=int, default=GROUPS, help=f"(default: {GROUPS})")
    parser.add_argument("--replicas", type=int, default=1, help="of each group (default: 1)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"of each way (default: {ROUNDS})")
    options = parser.parse_args(arguments)
    if options.groups < HANGING:
        raise LabError(f"audit: at least {HANGING} groups are needed, of which that many have a node that hangs")
    with tempfile.TemporaryDirectory(prefix="lab-bench-") as directory:
        print(f"audit: {options.groups} groups of {options.replicas + 1} nodes, 3 Sentinels ...", flush=True)
        lab = Lab.create(
            Path(directory) / "lab", groups=options.groups, replicas=options.replicas, settings=SETTINGS, **PATIENT
        )
        with lab:
            measured = [
                measure(lab, "all answer", options.rounds, 0, with_hand=True),
                measure(lab, f"{HANGING} hang", options.rounds, HANGING, with_hand=False),
            ]
    print("\n".join(["", *table(measured), ""]), flush=True)
    missed = misses(measured, options.groups)
    print("\n".join(f"MISSED: {one}" for one in missed) or "Every target is met.", flush=True)
    return 1 if missed else 0

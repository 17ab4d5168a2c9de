# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`./dev demo`: the collection's main job on real servers under write load, and what users would have felt."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import redis

from lab.errors import LabError
from lab.lab import Lab
from lab.playbook import run_playbook
from lab.readable import READABLE_ENVIRONMENT, Readable
from lab.snapshot import NodeChange, changes, describe, take
from lab.traffic.checker import summary_of
from lab.traffic.load import Load
from lab.traffic.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType

PUSH = "steadyhand.redis.push_config"
LIVE_SETTINGS = {
    "repl-backlog-size": "64mb",
    "client-output-buffer-limit": "replica 512mb 256mb 60",
}
"""What was to be raised on 11 April 2022 (incidents.md, A): no restart needed."""
RESTART_SETTINGS = {"tcp-backlog": "1024"}
"""Fixed at the start of the server in every Redis and Valkey so far."""


class Demo:
    """The steps, and what was found wrong on the way."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self.problems: list[str] = []

    def push(self, settings: Mapping[str, str], restarts: bool) -> None:
        """Push settings to every group and compare what the servers say before and after."""
        before = take(self._lab, settings)
        started = time.monotonic()
        code = run_playbook(
            self._lab,
            PUSH,
            {"redis_settings": dict(settings)},
            environment=READABLE_ENVIRONMENT,
            on_line=Readable(say).feed,
        )
        say(f"\n{PUSH} ended with {code} after {time.monotonic() - started:.1f} s. What the servers say:")
        if code != 0:
            self.problems.append(f"{PUSH} with {', '.join(settings)} failed (exit code {code})")
        for group, nodes in changes(before, take(self._lab, settings)).items():
            say("\n".join(describe(group, nodes)))
            if code == 0:
                self.problems += _deviations(group, nodes, settings, restarts)

    def judge(self, traffic: Traffic) -> None:
        """What users felt, and whether anything that was acknowledged to them is missing."""
        report = traffic.stop()
        say("\n".join(report.lines()))
        for effect in report.effects:
            if effect.errors:
                errors = ", ".join(f"{count} x {error}" for error, count in effect.errors.most_common())
                say(f"  {effect.group}: requests that failed on one connection or another: {errors}")
        say("Looking up every acknowledged write on every node ...")
        lost = report.check(self._lab)
        acknowledged = sum(effect.acknowledged for effect in report.effects)
        longest = max(effect.longest_pause for effect in report.effects)
        say(
            f"\n{acknowledged} writes acknowledged, {len({one.key for one in lost})} lost, longest pause {longest:.2f} s"
        )
        if lost:
            self.problems += summary_of(lost)


def _deviations(group: str, nodes: list[NodeChange], settings: Mapping[str, str], restarts: bool) -> list[str]:
    """What should have happened and did not, or the reverse."""
    problems = []
    for change in nodes:
        if change.restarted is not restarts:
            problems.append(f"{change.after.name} was {'restarted' if change.restarted else 'not restarted'}")
        if missing := settings.keys() - change.settings.keys():
            problems.append(f"{change.after.name} still has the old {', '.join(sorted(missing))}")
    primaries = [change.after.name for change in nodes if change.after.is_primary]
    if len(primaries) != 1:
        problems.append(f"{group} has {len(primaries)} primaries: {', '.join(primaries)}")
    return problems


def say(text: str) -> None:
    """At once, also into a pipe: nobody shall look at a silent screen."""
    print(text, flush=True)


def _headline(text: str) -> None:
    say(f"\n=== {text}")


def play(lab: Lab, load: Load) -> list[str]:
    """The whole demo on a lab that is not started yet; what was wrong."""
    options = lab.options
    _headline(f"Starting {options.groups} groups of 1 + {options.replicas} nodes and {options.sentinels} Sentinels")
    lab.start()
    demo = Demo(lab)
    _headline("Starting users: writers that follow the Sentinels, and some that never reconnect, on every group")
    traffic = Traffic.start(lab, load)
    say(
        f"{len(load.clients)} connections per group write {load.value_size} bytes at a time: SET, pipelines, MULTI, EVAL"
    )
    _headline(f"Pushing {_listed(LIVE_SETTINGS)}: can be set live, no restart")
    demo.push(LIVE_SETTINGS, restarts=False)
    if not demo.problems:
        _headline(
            f"Pushing {_listed(RESTART_SETTINGS)}: needs a restart of every node, replicas first, the primary last"
        )
        demo.push(RESTART_SETTINGS, restarts=True)
    _headline("What users felt meanwhile")
    demo.judge(traffic)
    return demo.problems


def _listed(settings: Mapping[str, str]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in settings.items())


def _terminated(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__)
    parser.add_argument("--groups", type=int, default=3, help="groups to start (default: 3)")
    parser.add_argument("--ssh", action="store_true", help="reach each node through an sshd of its own")
    parser.add_argument("--secured", action="store_true", help="ACL users and passwords everywhere")
    parser.add_argument("--tls", action="store_true", help="every server speaks TLS only")
    parser.add_argument("--writes-per-second", type=float, default=500.0, help="of each group (default: 500)")
    parser.add_argument("--value-size", type=int, default=1000, help="bytes (default: 1000)")
    parser.add_argument("--data-set-mb", type=int, default=20, help="of each group, at the start (default: 20)")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """0: nothing was lost and every step did what it should; 1: not so; 130 and 143: interrupted."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, _terminated)
    started = time.monotonic()
    base = Path(tempfile.mkdtemp(prefix="lab-demo-"))
    lab_options: dict[str, Any] = {
        "groups": options.groups,
        "ssh": options.ssh,
        "secured": options.secured,
        "tls": options.tls,
    }
    load = Load(
        value_size=options.value_size, writes_per_second=options.writes_per_second, data_set_mb=options.data_set_mb
    )
    lab: Lab | None = None
    try:
        lab = Lab.create(base / "1", **lab_options)
        problems = play(lab, load)
    except (LabError, redis.RedisError) as error:
        problems = [str(error)]
    except KeyboardInterrupt:
        say("\nInterrupted: ending everything that was started.")
        return 128 + signal.SIGINT
    finally:
        # A second Ctrl-C must not leave servers behind.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if lab is not None:
            lab.destroy()
        base.rmdir()
    say(f"Everything is ended and removed. {time.monotonic() - started:.0f} s in all.")
    if problems:
        say("\nNOT as it should be:\n" + "\n".join(f"  - {problem}" for problem in problems))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

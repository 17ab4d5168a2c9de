# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test suites: what each needs, and in which order they run."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import IO

from tools import debian, engines, environments, machines, scenarios
from tools.paths import ROOT
from tools.processes import Command, SetupError, run_side_by_side

_NOTHING_COLLECTED = 5
"""pytest's exit code for it. A suite without tests has proved nothing, so it counts as failed."""


@dataclass(frozen=True)
class Suite:
    """A folder below tests/; `servers`, `engines` (all of them) and `ssh` say which programs its tests start.

    `side_by_side`: so many files of it run at the same time. Its tests mostly wait for servers, in labs of their own.
    `folder`: where it is, when not in tests/NAME. `machines`: the images (tools/machines.py) of which its tests start machines
    of their own; what runs side by side is then their affair (its conftest.py). `scenarios`: its tests run those below molecule/,
    in molecule's environment. `among_all`: with which arguments it runs as one of all suites, where the whole would take too long.
    `beside`: as one of all suites it runs at the same time as that one, which mostly waits.
    """

    servers: bool = True
    engines: bool = False
    ssh: bool = False
    side_by_side: int = 1
    folder: str = ""
    machines: tuple[str, ...] = ()
    scenarios: bool = False
    among_all: tuple[str, ...] = ()
    beside: str = ""


SUITES: Mapping[str, Suite] = {
    "unit": Suite(servers=False),
    "engine": Suite(engines=True, side_by_side=8),
    # Servers that are killed, frozen and starved: their tests wait for seconds at a time, and hardly compute.
    "faults": Suite(engines=True, side_by_side=6, folder="tests/engine/faults"),
    "incidents": Suite(machines=("debian-12",)),
    "playbooks": Suite(ssh=True, side_by_side=4),
    "machines": Suite(servers=False, machines=machines.FURNISHED, side_by_side=3, among_all=("--one-distribution",)),
    "molecule": Suite(
        servers=False,
        machines=machines.BARE,
        scenarios=True,
        folder="tests/scenarios",
        # It deploys, deploys again and verifies like the others, and does more than they do.
        among_all=("-k", "gaps or guard"),
        beside="faults",
    ),
}


def run(arguments: list[str]) -> int:
    """`[SUITE] [--engine NAME] [pytest arguments]`: one suite, or all of them; 0 only where all passed."""
    engine, arguments = engine_of(arguments)
    if arguments and arguments[0] in SUITES:
        name, *others = arguments
        return _run_suites({name: _command(name, engine, others)}, engine)[name]
    if arguments and not arguments[0].startswith("-"):
        raise SetupError(f"no suite {arguments[0]!r}; there are: {', '.join(SUITES)}")
    codes: dict[str, int] = {}
    for first in (name for name, suite in SUITES.items() if not suite.beside):
        together = [first, *(name for name, suite in SUITES.items() if suite.beside == first)]
        commands = {name: _command(name, engine, [*SUITES[name].among_all, *arguments]) for name in together}
        codes |= _run_suites(commands, engine)
    failed = [name for name, code in codes.items() if code != 0]
    print(f"\ndev: suites passed: {len(codes) - len(failed)} of {len(codes)}", end="")
    print(f"; failed: {', '.join(failed)}" if failed else "", flush=True)
    return 1 if failed else 0


def engine_of(arguments: list[str]) -> tuple[str | None, list[str]]:
    """The engine that is asked for by `--engine NAME` or `--engine=NAME`, and the other words."""
    words = [part for word in arguments for part in (word.split("=", 1) if word.startswith("--engine=") else [word])]
    if "--engine" not in words:
        return None, arguments
    at = words.index("--engine")
    name = words[at + 1] if at + 1 < len(words) else ""
    engines.require_engine(name)
    return name, words[:at] + words[at + 2 :]


def _command(name: str, engine: str | None, arguments: list[str]) -> Command:
    """What runs the suite, all that it needs being there."""
    suite = SUITES[name]
    if suite.scenarios:
        arguments = scenarios.chosen_by(arguments)
        env = scenarios.variables()
    else:
        environments.prepare("runtime", "test", python=sys.executable)
        env = environments.variables()
    if suite.servers:
        env |= _servers(suite, engine)
    if suite.machines:
        env |= machines.variables(suite.machines)
    if suite.ssh:
        debian.install_sshd()
    folder = suite.folder or f"tests/{name}"
    elsewhere = [f"--ignore={other.folder}" for other in SUITES.values() if other.folder.startswith(f"{folder}/")]
    chosen = any(word.startswith(folder) for word in arguments)  # files of it, or single tests
    # File by file in the order of tests/conftest.py: those with many tests need not be those that take long.
    by_file = ["--dist", "loadfile", "--no-loadscope-reorder"]
    several = ["-n", str(suite.side_by_side), *by_file] if suite.side_by_side > 1 and not chosen else []
    words = ["python", "-m", "pytest", *several, *([] if chosen else [folder, *elsewhere]), *arguments]
    return Command(words, env, ROOT)


def _run_suites(commands: Mapping[str, Command], engine: str | None) -> dict[str, int]:
    """Run suites at the same time; their exit codes. The output of the first is seen at once, that of others after it."""
    first, *others = commands
    with ExitStack() as kept:
        outputs = {name: kept.enter_context(tempfile.TemporaryFile()) for name in others}
        quiet = [replace(commands[name], output=output) for name, output in outputs.items()]
        beside = f" (and beside it, shown after it: {', '.join(map(_title, others))})" if others else ""
        print(
            f"\ndev: {_title(first)}{f' on {engine}' if engine and SUITES[first].servers else ''}{beside}", flush=True
        )
        try:
            ended = dict(zip(commands, run_side_by_side([commands[first], *quiet]), strict=True))
        finally:
            _show(outputs)
    for name, end in ended.items():
        outcome = {0: "passed", _NOTHING_COLLECTED: "failed: it holds no test, or none was chosen"}.get(
            end.code, "failed"
        )
        print(f"dev: {_title(name)} {outcome} ({end.seconds:.0f} s)", flush=True)
    return {name: end.code for name, end in ended.items()}


def _title(name: str) -> str:
    return f"tests/{name}"


def _show(outputs: Mapping[str, IO[bytes]]) -> None:
    """What was said out of sight, whole, also where it was interrupted."""
    for name, output in outputs.items():
        print(f"\ndev: {_title(name)}", flush=True)
        output.seek(0)
        shutil.copyfileobj(output, sys.stdout.buffer)
        sys.stdout.buffer.flush()


def programs_of_benchmarks() -> dict[str, str]:
    """What tells `./dev bench failover` of the engines, and of HAProxy where that can be had."""
    found = {"LAB_ENGINES": json.dumps({name: str(path) for name, path in engines.programs().items()})}
    try:
        found["LAB_HAPROXY"] = str(debian.unpacked_program("haproxy", "haproxy"))
    except SetupError as error:
        print(f"dev: without HAProxy, so nothing is measured through it: {error}", file=sys.stderr, flush=True)
    return found


def _servers(suite: Suite, engine: str | None) -> dict[str, str]:
    """What tells the tests which server program to start, and by name all that there are (tests/engine/engines.py)."""
    if engine is None and not suite.engines:
        return {"LAB_REDIS_SERVER": str(debian.unpacked_program("redis-server", "redis-server"))}
    programs = {name: str(path) for name, path in engines.programs().items()}
    usual = programs[engine] if engine else str(debian.unpacked_program("redis-server", "redis-server"))
    return {
        "LAB_REDIS_SERVER": usual,
        "LAB_ENGINES": json.dumps(programs),
        **({"LAB_ENGINE": engine} if engine else {}),
    }

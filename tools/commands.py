# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sub-commands of `./dev`: a table of words, each with one line of help and the function that does it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tools import debian, environments, lock, machines, scenarios, suites
from tools.paths import ROOT
from tools.processes import SetupError, replace_process


@dataclass(frozen=True)
class Command:
    """A word after `./dev`; `run` takes the words that follow it and returns the exit code."""

    usage: str
    help: str
    run: Callable[[list[str]], int]


def _module(name: str, arguments: list[str], more: Mapping[str, str] | None = None) -> int:
    """Become `python -m name`, with a redis-server for the lab."""
    environments.prepare("runtime", python=sys.executable)
    redis_server = debian.unpacked_program("redis-server", "redis-server")
    env = environments.variables(more={"LAB_REDIS_SERVER": str(redis_server), **(more or {})})
    return replace_process(["python", "-m", name, *arguments], env)


def _demo(arguments: list[str]) -> int:
    return _module("lab.demo", arguments)


def _lab(arguments: list[str]) -> int:
    if "--ssh" in arguments:
        debian.install_sshd()
    return _module("lab.cli", arguments)


def _bench(arguments: list[str]) -> int:
    environments.prepare("runtime", "test", python=sys.executable)
    return _module("benchmarks", arguments, suites.programs_of_benchmarks())


def _molecule(arguments: list[str]) -> int:
    env = scenarios.variables() | machines.variables(machines.BARE)
    os.chdir(ROOT)  # where molecule looks for scenarios
    return replace_process(["molecule", *arguments], env)


def _lint(arguments: list[str]) -> int:
    from tools.lint import run  # here, because no other command needs the linters' setup

    return run(arguments)


def _lock(arguments: list[str]) -> int:
    if arguments:
        raise SetupError("lock: takes no further words")
    lock.write_constraints()
    return 0


def _run(arguments: list[str]) -> int:
    if not arguments:
        raise SetupError("run: which command? For example: ./dev run ansible-doc steadyhand.redis.failover")
    environments.prepare("runtime", python=sys.executable)
    return replace_process(arguments, environments.variables())


def _ansible_playbook(arguments: list[str]) -> int:
    return _run(["ansible-playbook", *arguments])


COMMANDS: Mapping[str, Command] = {
    "demo": Command("demo", "the main job on a lab under write load, with what users would have felt", _demo),
    "lab": Command("lab up|down|status", "Redis groups with Sentinels and an inventory, to play with", _lab),
    "test": Command(
        "test [SUITE] [--engine NAME] [PYTEST...]",
        f"the tests: {', '.join(suites.SUITES)}; all of them without a word",
        suites.run,
    ),
    "lint": Command("lint [STEP...]", "every check that is not a test; all without a word", _lint),
    "bench": Command("bench [NAME]", "the measurements, as ratios against what cannot be avoided", _bench),
    "molecule": Command(
        "molecule ...", "a step of a scenario by hand, for example: converge --scenario-name default", _molecule
    ),
    "ansible-playbook": Command("ansible-playbook ...", "Ansible's, with this collection found", _ansible_playbook),
    "lock": Command("lock", "write requirements/constraints.txt anew, after a change of a pin", _lock),
    "run": Command("run COMMAND ...", "any command in the same environment", _run),
}


def main(arguments: list[str]) -> int:
    """Do what the first word says; 0 is success, 2 a word that we do not know, 130 an interruption."""
    word, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if word in ("-h", "--help", "help"):
        print(overview())
        return 0
    if word not in COMMANDS:
        print(f"dev: {f'no command {word!r}' if word else 'which command?'}\n\n{overview()}", file=sys.stderr)
        return 2
    try:
        return COMMANDS[word].run(rest)
    except SetupError as error:
        print(f"dev: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("dev: interrupted", file=sys.stderr)
        return 130


def overview() -> str:
    """All commands, a line each."""
    width = max(len(command.usage) for command in COMMANDS.values())
    lines = [f"  ./dev {command.usage:{width}}  {command.help}" for command in COMMANDS.values()]
    return "\n".join([f"Commands (in {ROOT}):", *lines])

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`./dev lab up|down|status`: a lab that stays up for play."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path

from lab.errors import LabError
from lab.interpreters import cache_directory
from lab.lab import Lab, is_lab
from lab.node import DataNode
from lab.removal import remove
from lab.sentinel import SentinelNode

DIRECTORY_VARIABLE = "LAB_DIRECTORY"


def default_directory() -> Path:
    """LAB_DIRECTORY, else `up` below the cache (`.dev/lab/up` of the checkout)."""
    named = os.environ.get(DIRECTORY_VARIABLE)
    return Path(named) if named else cache_directory() / "up"


def up(options: argparse.Namespace) -> int:
    """Start a lab that stays."""
    if is_lab(options.dir):
        print(f"A lab is up already in {options.dir}. `./dev lab down` ends it.")
        return status(options)
    wanted = {name: getattr(options, name) for name in ("groups", "replicas", "sentinels", "ssh", "secured", "tls")}
    lab = Lab.create(options.dir, **wanted)
    print(
        f"Starting {options.groups} groups of 1 + {options.replicas} nodes and {options.sentinels} Sentinels ...",
        flush=True,
    )
    try:
        lab.start()
    except BaseException:
        lab.destroy()
        raise
    lab.keep()
    print_how_to_use(lab)
    return 0


def down(options: argparse.Namespace) -> int:
    """End everything of the lab and remove its directory."""
    if not options.dir.exists():
        print(f"No lab is up in {options.dir}.")
        return 0
    remove(options.dir.resolve())
    print(f"Ended, and {options.dir} removed.")
    return 0


def status(options: argparse.Namespace) -> int:
    """What runs; non-zero when no lab is up or something of it does not run."""
    if not is_lab(options.dir):
        print(f"No lab is up in {options.dir}. `./dev lab up --groups 3` starts one.")
        return 1
    lab = Lab.load(options.dir)
    primaries = {node.name for group in lab.groups for node in lab.primaries_of(group)}
    servers: list[DataNode | SentinelNode] = [*lab.nodes, *lab.sentinels]
    for server in servers:
        state = f"pid {server.process.pid()}" if server.process.is_running() else "does not run"
        print(
            f"{server.name:14} {server.address:22} {state:14} {'primary' if server.name in primaries else ''}".rstrip()
        )
    print_how_to_use(lab)
    return 0 if all(server.process.is_running() for server in servers) else 1


def print_how_to_use(lab: Lab) -> None:
    """The exact commands to try."""
    prefix = f"ANSIBLE_CONFIG={shlex.quote(str(lab.ansible_config_file))} ./dev ansible-playbook"
    inventory = f"-i {shlex.quote(str(lab.inventory_file))}"
    settings = shlex.quote('{"redis_settings": {"repl-backlog-size": "64mb"}}')
    print(f"""
Inventory: {lab.inventory_file}
Try:
  {prefix} {inventory} steadyhand.redis.audit
  {prefix} {inventory} steadyhand.redis.push_config -e {settings} --check --diff
  {prefix} {inventory} steadyhand.redis.rolling_restart
  {prefix} {inventory} steadyhand.redis.failover --limit {lab.groups[0].replace("-", "_")}
  ./dev lab status
  ./dev lab down""")


def main(arguments: list[str]) -> int:
    """Run from the command line; 0 when done, 1 when the lab could not do it, 2 for wrong words."""
    parser = argparse.ArgumentParser(prog="./dev lab", description=__doc__)
    parser.set_defaults(dir=default_directory())
    commands = parser.add_subparsers(required=True, metavar="up|down|status")
    for name, function in (("up", up), ("down", down), ("status", status)):
        command = commands.add_parser(name, help=function.__doc__)
        command.set_defaults(run=function)
        command.add_argument("--dir", type=Path, help="the lab's directory", default=argparse.SUPPRESS)
        if name == "up":
            command.add_argument("--groups", type=int, default=3, help="groups to start (default: 3)")
            command.add_argument("--replicas", type=int, default=2, help="replicas of each group (default: 2)")
            command.add_argument(
                "--sentinels", type=int, default=3, help="Sentinels that watch all groups (default: 3)"
            )
            command.add_argument("--ssh", action="store_true", help="reach each node through an sshd of its own")
            command.add_argument("--secured", action="store_true", help="ACL users and passwords everywhere")
            command.add_argument("--tls", action="store_true", help="every server speaks TLS only")
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options))
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

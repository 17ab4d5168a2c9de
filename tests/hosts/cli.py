# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python -m hosts.cli up|cut_power|switch_on|down DIRECTORY ...`: blank machines for whoever deploys to them, such as molecule's scenarios.

They stay until `down`, or until a warden of the directory's owner (removal.py) finds that the owner has ended.
"""

from __future__ import annotations

import argparse
import json
import sys
from ipaddress import IPv4Address
from pathlib import Path

from lab.tls import make_certificates

from hosts.machine import Machine
from hosts.machines import Machines
from hosts.removal import remove

INVENTORY_GROUP = "machines"


def up(options: argparse.Namespace) -> None:
    """Start the machines and print, as JSON, the inventory that leads to them."""
    directory = options.directory.resolve()
    directory.mkdir(parents=True)
    machines = Machines(directory, options.image)
    started = machines.start_all(options.names)
    hosts = {name: {"ansible_host": str(machine.address)} for name, machine in started.items()}
    variables = machines.connection_variables()
    if options.certificates:
        make_certificates(directory, (str(machine.address) for machine in started.values()))
        variables["machine_certificates_folder"] = str(directory / "tls")
    print(json.dumps({INVENTORY_GROUP: {"hosts": hosts, "vars": variables}}, indent=2))


def down(options: argparse.Namespace) -> None:
    """Remove them and all that belongs to them."""
    remove(options.directory.resolve())


def switch_on(options: argparse.Namespace) -> None:
    """Wait until a machine is off, as somebody has told it to be, and switch it on again."""
    machine = _found(options)
    machine.wait_off()
    machine.start()


def cut_power(options: argparse.Namespace) -> None:
    """Kill everything that runs on a machine, at once."""
    _found(options).cut_power()


def _found(options: argparse.Namespace) -> Machine:
    return Machines(options.directory.resolve(), "").found(options.name, options.address)


def main(arguments: list[str]) -> None:
    """Do what the first word says."""
    parser = argparse.ArgumentParser(prog="python -m hosts.cli", description=__doc__)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("up", help=up.__doc__)
    command.add_argument(
        "--certificates", action="store_true", help="make an authority of theirs and certificates, too"
    )
    command.add_argument("directory", type=Path, help="theirs alone; made here")
    command.add_argument("image", help="of which they are made (tools/machines.py)")
    command.add_argument("names", nargs="+", help="one machine each")
    command.set_defaults(run=up)
    command = commands.add_parser("down", help=down.__doc__)
    command.add_argument("directory", type=Path)
    command.set_defaults(run=down)
    for name, run in {"cut_power": cut_power, "switch_on": switch_on}.items():
        command = commands.add_parser(name, help=run.__doc__)
        command.add_argument("directory", type=Path)
        command.add_argument("name")
        command.add_argument("address", type=IPv4Address)
        command.set_defaults(run=run)
    options = parser.parse_args(arguments)
    options.run(options)


if __name__ == "__main__":
    main(sys.argv[1:])

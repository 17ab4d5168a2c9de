# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Machines on a network of their own, and the keys by which Ansible comes in."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

from lab.ssh import USUAL_PORT, connection_variables, control_directory, key_file, make_key, write_known_hosts

from hosts.machine import LABEL, Machine
from hosts.podman import podman, user
from hosts.setup import login_script


class Machines:
    """All that belongs to one directory; `removal.remove` takes it away."""

    def __init__(self, directory: Path, image_name: str) -> None:
        self._directory = directory
        self._image_name = image_name
        # As short as a host's name has to be, and another one for every directory.
        self._network = f"hosts-{hashlib.sha256(os.fsencode(directory)).hexdigest()[:10]}"

    def lay_out(self, names: Sequence[str]) -> dict[str, Machine]:
        """Give each of the names a machine with an address and keys; they are not started."""
        owner = f"{LABEL}={self._directory}"
        podman("network", "create", "--disable-dns", "--label", owner, self._network)
        subnet = podman("network", "inspect", self._network, "--format", "{{range .Subnets}}{{.Subnet}}{{end}}")
        addresses = list(IPv4Network(subnet.strip()).hosts())[10:]  # the first are the gateway's
        machines = {
            name: Machine(f"{self._network}-{name}", self._network, address, self._image_name, self._directory)
            for name, address in zip(names, addresses, strict=False)
        }
        make_key(key_file(self._directory))
        for machine in machines.values():
            make_key(self._host_key(machine))
        write_known_hosts(
            self._directory,
            {(str(machine.address), USUAL_PORT): self._host_key(machine) for machine in machines.values()},
        )
        control_directory(self._directory).mkdir(mode=0o700, exist_ok=True)
        return machines

    def found(self, name: str, address: IPv4Address) -> Machine:
        """One that was started under that name, maybe by another process."""
        return Machine(f"{self._network}-{name}", self._network, address, self._image_name, self._directory)

    def start(self, machine: Machine) -> None:
        """Start it for the first time; it has booted, and Ansible can log in, when this returns."""
        machine.create()
        machine.run(login_script(key_file(self._directory), self._host_key(machine)))

    def start_all(self, names: Sequence[str]) -> dict[str, Machine]:
        """Lay out and start, side by side."""
        machines = self.lay_out(names)
        with ThreadPoolExecutor(len(machines)) as pool:
            list(pool.map(self.start, machines.values()))
        return machines

    def connection_variables(self) -> dict[str, Any]:
        """Inventory variables that all of them share: how to log in, and become root."""
        return {
            **connection_variables(self._directory, user()),
            "ansible_become": True,
            "ansible_python_interpreter": "/usr/bin/python3",
        }

    def _host_key(self, machine: Machine) -> Path:
        return self._directory / "ssh" / machine.name / "host_key"

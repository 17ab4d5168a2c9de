# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One group on three machines, with a Sentinel on each, or the machines for one, and the inventory that describes them."""

from __future__ import annotations

import secrets
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from lab.convergence import why_not_converged
from lab.errors import LabError
from lab.groups import Groups
from lab.inventory import write_inventory
from lab.route import Route
from lab.tls import TlsFiles, make_certificates
from lab.waiting import wait_until
from lab.warden import Warden

from hosts.distribution import DISTRIBUTIONS, Distribution
from hosts.machine import Machine
from hosts.machines import Machines
from hosts.node import HostedNode, HostedSentinel
from hosts.removal import remove
from hosts.setup import node_script, sentinel_script

GROUP = "group-1"
ZONES = "abc"
NODE_PORT = 6379
SENTINEL_PORT = 26379
QUORUM = 2
CONVERGE_TIMEOUT = 120.0
"""Seconds. Sentinels look for replicas every ten seconds; a busy host gets ten times that."""


class Hosts(Groups[HostedNode]):
    """A context manager: starts everything, and removes it also when this process is killed.

    Of a `blank` one nothing is started but the machines: its group is what the inventory wants. With `tls`, which only a
    blank one can have, it wants TLS everywhere.
    """

    def __init__(self, distribution: str, blank: bool = False, tls: bool = False) -> None:
        self.blank = blank
        self._with_tls = tls
        self.distribution: Distribution = DISTRIBUTIONS[distribution]
        self.directory = Path(tempfile.mkdtemp(prefix="hosts-")).resolve()
        self._warden = Warden(self.directory, "hosts.removal")
        self._machines = Machines(self.directory, self.distribution.image)
        self._password, self._sentinel_password = secrets.token_urlsafe(18), secrets.token_urlsafe(18)
        self._nodes: list[HostedNode] = []
        self.sentinels: list[HostedSentinel] = []

    @property
    def secrets(self) -> set[str]:
        """Every password."""
        return {self._password, self._sentinel_password}

    @property
    def tls(self) -> TlsFiles | None:
        """The certificates with which servers and clients show who they are."""
        return TlsFiles.below(self.directory) if self._with_tls else None

    @property
    def groups(self) -> list[str]:
        """The one group."""
        return [GROUP]

    @property
    def nodes(self) -> list[HostedNode]:
        """The nodes of the one group."""
        return self._nodes

    @property
    def primary(self) -> HostedNode:
        """The one node that calls itself primary; an error when there is none or more than one."""
        return self.primary_of(GROUP)

    @property
    def replicas(self) -> list[HostedNode]:
        """The reachable nodes that call themselves replicas."""
        return self.replicas_of(GROUP)

    def route(self, group: str) -> Route:
        """How applications find the primary."""
        endpoints = {sentinel.name: sentinel.endpoint for sentinel in self.sentinels}
        return Route(group, endpoints, password=self._password, tls=self.tls)

    def start(self) -> None:
        """Make the machines and write the inventory; unless they stay blank, start everything and wait until it has converged."""
        machines = self._machines.lay_out(ZONES)
        if self._with_tls:
            make_certificates(self.directory, (str(machine.address) for machine in machines.values()))
        for zone, machine in machines.items():
            self._nodes.append(HostedNode(machine, self.distribution, GROUP, zone, NODE_PORT, self._password, self.tls))
            self.sentinels.append(HostedSentinel(machine, zone, SENTINEL_PORT, self._sentinel_password, self.tls))
        with ThreadPoolExecutor(len(machines)) as pool:
            list(pool.map(self._start_servers, self.nodes, self.sentinels))
        write_inventory(self.directory, self._inventory())
        if not self.blank:
            self.wait_converged()

    def wait_converged(self, timeout: float = CONVERGE_TIMEOUT) -> None:
        """Wait until the group is whole and every Sentinel knows it so."""
        wait_until(lambda: why_not_converged(self.nodes, self.sentinels), timeout, "convergence", interval=0.2)

    def destroy(self) -> None:
        """Remove everything. Safe to call twice."""
        remove(self.directory)
        self._warden.dismiss()

    def dump_logs(self, lines: int = 40) -> str:
        """What services and servers said last, machine by machine."""
        engine = self.distribution.engine
        script = f"journalctl --no-pager --lines={lines}\ntail -n {lines} /var/log/{engine}/*.log\n"
        return "\n".join(f"=== {node.machine.name}\n{_run_or_error(node.machine, script)}" for node in self.nodes)

    def _start_servers(self, node: HostedNode, sentinel: HostedSentinel) -> None:
        self._machines.start(node.machine)
        primary = self.nodes[0]
        if not self.blank:
            node.machine.run(node_script(node, primary) + sentinel_script(sentinel, primary, self.distribution, QUORUM))

    def _inventory(self) -> dict[str, Any]:
        """By the contract of the collection; everything else is left to its defaults."""
        group_variables = {"redis_group": GROUP}
        if self.distribution.engine != "redis":
            group_variables["redis_service"] = self.distribution.unit
        tls = self._tls_variables() if self._with_tls else {}
        nodes = {
            node.name: {
                "ansible_host": str(node.machine.address),
                "redis_login_password": node.password,
                "redis_zone": node.zone,
            }
            for node in self.nodes
        }
        sentinels = {
            sentinel.name: {
                "ansible_host": str(sentinel.machine.address),
                "redis_sentinel_login_password": sentinel.password,
            }
            for sentinel in self.sentinels
        }
        return {
            "redis": {"children": {"group_1": {"hosts": nodes, "vars": group_variables}}},
            "sentinels": {"hosts": sentinels},
            "all": {"vars": {**self._machines.connection_variables(), **tls}},
        }

    def _tls_variables(self) -> dict[str, Any]:
        """Where the roles put the certificates of a machine, with which its modules show themselves, too."""
        folder = f"/etc/{self.distribution.engine}/tls"
        files = {"ca_certs": "ca.crt", "client_cert_file": "server.crt", "client_key_file": "server.key"}
        return {
            f"{prefix}_{name}": value
            for prefix in ("redis", "redis_sentinel")
            for name, value in {"tls": True, **{name: f"{folder}/{file}" for name, file in files.items()}}.items()
        }


def _run_or_error(machine: Machine, script: str) -> str:
    """Evidence of a failure: what cannot be had is part of it."""
    try:
        return machine.run(script)
    except LabError as error:
        return str(error)

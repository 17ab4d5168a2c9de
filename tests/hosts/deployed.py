# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Groups that somebody else has deployed, as an inventory describes them by the contract of the collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.asked import AskedNode, AskedSentinel
from lab.convergence import why_not_converged
from lab.groups import Members
from lab.probe import Endpoint
from lab.route import Route
from lab.tls import TlsFiles
from lab.waiting import wait_until

CONVERGE_TIMEOUT = 120.0
"""Seconds, as in hosts.py."""


@dataclass(frozen=True)
class DeployedNode(AskedNode):
    """A data node of the inventory."""

    inventory_name: str
    group_name: str
    at: Endpoint

    @property
    def name(self) -> str:
        """Also its inventory name."""
        return self.inventory_name

    @property
    def group(self) -> str:
        """The name under which its Sentinels know its group."""
        return self.group_name

    @property
    def endpoint(self) -> Endpoint:
        """Where it answers, and as whom we ask."""
        return self.at


@dataclass(frozen=True)
class DeployedSentinel(AskedSentinel):
    """A Sentinel of the inventory."""

    inventory_name: str
    at: Endpoint

    @property
    def name(self) -> str:
        """Also its inventory name."""
        return self.inventory_name

    @property
    def endpoint(self) -> Endpoint:
        """Where it answers, and as whom we ask."""
        return self.at


class Deployed(Members[DeployedNode]):
    """What traffic and checks need of such groups. Certificates are those that `python -m hosts.cli up` has made.

    :arg inventory: what `ansible-inventory --list` prints; templates in it are not filled in.
    :arg directory: is removed with the machines, after the processes in it have been ended.
    """

    def __init__(self, inventory: Mapping[str, Any], directory: Path) -> None:
        variables = inventory["_meta"]["hostvars"]
        self.directory = directory
        self.tls = TlsFiles.below(directory)
        self._nodes = [
            DeployedNode(name, variables[name]["redis_group"], self._endpoint(variables[name], "redis_", 6379))
            for group in inventory["redis"]["children"]
            for name in inventory[group]["hosts"]
        ]
        self.sentinels = [
            DeployedSentinel(name, self._endpoint(variables[name], "redis_sentinel_", 26379))
            for name in inventory["sentinels"]["hosts"]
        ]

    @property
    def groups(self) -> list[str]:
        """The names under which the Sentinels know the groups."""
        return list(dict.fromkeys(node.group for node in self.nodes))

    @property
    def nodes(self) -> list[DeployedNode]:
        """All data nodes, group by group."""
        return self._nodes

    def route(self, group: str) -> Route:
        """How applications find the primary: as the user whom the inventory names."""
        own = self.nodes_of(group)[0].endpoint
        endpoints = {sentinel.name: sentinel.endpoint for sentinel in self.sentinels}
        return Route(group, endpoints, own.username, own.password, own.tls)

    def wait_converged(self) -> None:
        """Wait until every group is whole and every Sentinel knows it so."""
        wait_until(lambda: why_not_converged(self.nodes, self.sentinels), CONVERGE_TIMEOUT, "convergence", interval=0.2)

    def _endpoint(self, variables: Mapping[str, Any], prefix: str, usual_port: int) -> Endpoint:
        """As the tester whom the inventory names, where the collection's own user may not do everything that is asked here."""
        return Endpoint(
            variables.get(f"{prefix}host", variables["ansible_host"]),
            variables.get(f"{prefix}port", usual_port),
            variables.get("tester_user", variables.get(f"{prefix}login_user")),
            variables.get("tester_password", variables[f"{prefix}login_password"]),
            self.tls if variables.get(f"{prefix}tls") else None,
        )

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines on which nothing was deployed, and the playbook that deploys a group on them."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from hosts.distribution import DISTRIBUTIONS
from hosts.hosts import Hosts
from playbooks.run import Run, play

if TYPE_CHECKING:
    from hosts.machine import Machine

SETTINGS = {"maxmemory": "32mb", "repl-diskless-sync-delay": 0, "databases": 20, "min-replicas-to-write": 1}
WITH_USERS = "debian-13-valkey"
PASSWORDS = {name: secrets.token_urlsafe(18) for name in ("replica", "sentinel", "peer")}


class Blank(Hosts):
    """Machines on which nothing was deployed, with what the playbook is told about them."""

    def variables(self) -> dict[str, Any]:
        """Beside the inventory."""
        engine = self.distribution.engine
        return {
            "redis_node_engine": engine,
            "redis_node_kernel": False,  # the kernel is the host's
            "redis_node_settings": SETTINGS,
            "redis_node_wait_timeout": 120,
            "redis_sentinel_down_after_milliseconds": 5000,
            "redis_sentinel_engine": engine,
            **(self._users() if self.has_users else {}),
        }

    @property
    def has_users(self) -> bool:
        """Whether the collection, replicas and Sentinels are ACL users of their own."""
        return self.distribution is DISTRIBUTIONS[WITH_USERS]

    @property
    def secrets(self) -> set[str]:
        """Every password."""
        return super().secrets | set(PASSWORDS.values())

    def machines(self) -> list[Machine]:
        """One for each node."""
        return [node.machine for node in self.nodes]

    def run(self, script: str) -> list[str]:
        """Run a script on all machines."""
        with ThreadPoolExecutor(len(self.nodes)) as pool:
            return list(pool.map(lambda machine: machine.run(script), self.machines()))

    def keep_blank(self) -> None:
        """Keep what the packages brought, for `make_blank`."""
        self.run(f"cp --archive /etc/{self.distribution.engine} /var/tmp/blank\n")

    def make_blank(self) -> None:
        """As if nothing had been deployed."""
        engine, units = self.distribution.engine, (self.distribution.unit, self.distribution.sentinel_unit)
        self.run(
            f"systemctl stop {' '.join(units)}\n"
            f"rm -rf /etc/{engine} /var/lib/{engine}/* /var/lib/steadyhand-redis\n"
            + "".join(
                f"rm -rf /etc/systemd/system/{unit}.service.d\nsystemctl disable --quiet {unit}\n" for unit in units
            )
            + f"systemctl daemon-reload\ncp --archive /var/tmp/blank /etc/{engine}\n"
        )

    def _users(self) -> dict[str, Any]:
        # Who tests keeps being the user default.
        everything = {"name": "default", "rules": "~* &* +@all"}
        return {
            "redis_login_user": "steadyhand",
            "redis_node_replica_password": PASSWORDS["replica"],
            "redis_node_sentinel_password": PASSWORDS["sentinel"],
            "redis_node_users": [{**everything, "password": self.nodes[0].password}],
            "redis_sentinel_login_user": "steadyhand",
            "redis_sentinel_peer_password": PASSWORDS["peer"],
            "redis_sentinel_users": [{**everything, "password": self.sentinels[0].password}],
        }


def deploy(hosts: Blank, variables: dict[str, Any] | None = None, *arguments: str, **more: Any) -> Run:
    """Run the playbook. It shows every result, in which `play` looks for passwords."""
    return play(hosts, "deploy", {**hosts.variables(), **(variables or {})}, "-v", *arguments, **more)

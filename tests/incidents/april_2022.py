# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The procedure of 11 April 2022: every node restarted one at a time, by a script that trusts the reply to a command.

The script runs when a node is terminated: it asks the node for its role and, where that is the primary, asks a Sentinel
for a failover. Sentinel answers OK when it has *begun*. The script is content, and the process is killed.
"""

from __future__ import annotations

from collections.abc import Callable

from lab.lab import Lab
from lab.node import DataNode
from lab.waiting import wait_until

IN_SYNC_TIMEOUT = 120.0
"""Seconds for a restarted replica to be in sync again."""

FAILOVER_TIMEOUT = 120.0
"""Seconds for the Sentinels to agree on another primary; an abandoned failover is begun again after twice the lab's
failover-timeout at the latest."""

Supervisor = Callable[[Lab, DataNode], None]
"""What happens to a server process that was killed."""


def restarted_at_once(_lab: Lab, node: DataNode) -> None:
    """`Restart=always`, as Debian's unit has it: the process is back before the Sentinels have noticed anything, and its
    file says that it is the primary."""
    node.start()


def replaced_by_a_new_machine(lab: Lab, node: DataNode) -> None:
    """The process stays away. Once the Sentinels agree on another primary, a new machine joins as its replica."""
    old = node.state.announced

    def reason() -> str | None:
        named = {sentinel.primary_address(node.group) for sentinel in lab.sentinels}
        return f"Sentinels name {named}" if len(named) > 1 or old in named else None

    wait_until(reason, FAILOVER_TIMEOUT, f"another primary than {node}", interval=0.1)
    host, port = lab.sentinels[0].primary_address(node.group)
    with node.state.conf_file.open("a", encoding="utf-8") as conf:
        conf.write(f"replicaof {host} {port}\n")
    node.start()


def restart_group(lab: Lab, group: str, supervisor: Supervisor) -> None:
    """Every node of the group once, the replicas first. (That went well on that day.)"""
    primary = lab.primary_of(group)
    for replica in lab.replicas_of(group):
        terminate(lab, replica, supervisor)
        _wait_in_sync(replica)
    terminate(lab, primary, supervisor)


def terminate(lab: Lab, node: DataNode, supervisor: Supervisor) -> None:
    """The script and what follows it."""
    if node.role() != "master":
        node.restart()
        return
    with lab.sentinels[0].client() as sentinel:
        reply = sentinel.execute_command("SENTINEL", "FAILOVER", node.group)
    assert reply in (True, "OK"), f"the Sentinel refused the failover: {reply}"
    node.process.kill()
    supervisor(lab, node)


def _wait_in_sync(replica: DataNode) -> None:
    def reason() -> str | None:
        seen = replica.info("replication")
        return None if seen.get("master_link_status") == "up" else f"link {seen.get('master_link_status', 'none')}"

    wait_until(reason, IN_SYNC_TIMEOUT, f"sync of {replica.name}", interval=0.1)

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a lab is settled: the groups whole, and every Sentinel of one opinion. Each look asks everybody afresh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import redis

from lab.asked import AskedNode, AskedSentinel


def why_not_converged(nodes: Sequence[AskedNode], sentinels: Sequence[AskedSentinel]) -> str | None:
    """The first thing that is missing, or None."""
    for group in dict.fromkeys(node.group for node in nodes):
        members = [node for node in nodes if node.group == group]
        try:
            reason = why_group_is_not_whole(members) or _sentinel_problem(group, members, sentinels)
        except redis.RedisError as error:
            reason = f"{group}: {error}"
        if reason is not None:
            return reason
    return None


def why_group_is_not_whole(members: Sequence[AskedNode]) -> str | None:
    """None when exactly one of the nodes is primary and all others replicate from it; Sentinels are not asked."""
    replication = {node.name: node.info("replication") for node in members}
    primaries = [node for node in members if replication[node.name]["role"] == "master"]
    if len(primaries) != 1:
        return f"{members[0].group}: primaries: {', '.join(node.name for node in primaries) or 'none'}"
    primary = primaries[0].announced
    for node in members:
        seen = replication[node.name]
        if seen["role"] == "master":
            continue
        followed = (seen["master_host"], seen["master_port"])
        if followed != primary or seen["master_link_status"] != "up" or seen["master_sync_in_progress"]:
            return f"{node.name}: link to {seen['master_host']}:{seen['master_port']} is {seen['master_link_status']}"
    online = [
        value for key, value in replication[primaries[0].name].items() if key.startswith("slave") and key[5:].isdigit()
    ]
    if sum(one["state"] == "online" for one in online) != len(members) - 1:
        return f"{primaries[0].name}: replicas online: {online}"
    return None


def _sentinel_problem(group: str, members: Sequence[AskedNode], sentinels: Sequence[AskedSentinel]) -> str | None:
    primary = next(node for node in members if node.role() == "master")
    for sentinel in sentinels:
        seen = sentinel.group_state(group)
        if _address(seen) != primary.announced:
            return f"{sentinel.name}: {group} is at {seen['ip']}:{seen['port']}, not at {primary}"
        if seen["flags"] != "master":
            return f"{sentinel.name}: {group} is {seen['flags']}"
        if int(seen["num-other-sentinels"]) != len(sentinels) - 1:
            return f"{sentinel.name}: {group}: knows {seen['num-other-sentinels']} other Sentinels"
        replicas = sentinel.replica_states(group)
        known = sorted(_address(replica) for replica in replicas)
        if known != sorted(node.announced for node in members if node is not primary):
            return f"{sentinel.name}: {group}: knows replicas at {known}"
        for replica in replicas:
            if replica["flags"] != "slave" or replica["master-link-status"] != "ok":
                return f"{sentinel.name}: {replica['name']} is {replica['flags']}, link {replica['master-link-status']}"
    return None


def _address(seen: Mapping[str, str]) -> tuple[str, int]:
    return seen["ip"], int(seen["port"])

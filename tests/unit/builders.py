# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A healthy group in memory, and small changes to it, so that each case shows only what matters to it.

The group: node ``a`` is the primary, ``b`` and ``c`` copy it; the Sentinels ``s1``, ``s2`` and ``s3`` watch it. Every
function returns a new view; nothing is changed in place.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.group import GroupView, Member
from ansible_collections.steadyhand.redis.plugins.module_utils._model.node import (
    PRIMARY,
    REPLICA,
    AttachedReplica,
    Memory,
    NodeAccount,
    NodeFacts,
    Persistence,
    UpstreamLink,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._model.sentinel import (
    PeerEntry,
    PrimaryEntry,
    ReplicaEntry,
    SentinelAccount,
    SentinelFacts,
)

MIB = 1024 * 1024
REPLICATION_ID = "1" * 40
NOW = 1_700_000_000
SETTINGS = {
    "appendonly": "no",
    "client-output-buffer-limit": "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
    "dir": "/var/lib/redis",
    "masteruser": "",
    "maxclients": "10000",
    "min-replicas-max-lag": "10",
    "min-replicas-to-write": "0",
    "repl-backlog-size": "1048576",
    "repl-diskless-load": "disabled",
    "repl-diskless-sync": "yes",
    "repl-ping-replica-period": "10",
    "repl-timeout": "60",
    "replica-announce-ip": "",
    "replica-announce-port": "0",
    "replica-priority": "100",
    "replica-read-only": "yes",
    "save": "3600 1 300 100 60 10000",
    "set-proc-title": "yes",
    "shutdown-on-sigterm": "default",
    "tls-replication": "no",
}


def address_of(name: str) -> Address:
    """Where a server of the group listens; by default also what is announced."""
    hosts = {"a": 1, "b": 2, "c": 3, "d": 4, "s1": 21, "s2": 22, "s3": 23}
    return Address(f"10.0.0.{hosts[name]}", 26379 if name.startswith("s") else 6379)


def run_id_of(name: str) -> str:
    """The run id of a server of the group."""
    return f"run-{name}"


def node_facts(name: str = "a", **overrides: Any) -> NodeFacts:
    """A primary at rest, without replicas."""
    facts: dict[str, Any] = {
        "engine": "redis",
        "version": "7.0.15",
        "run_id": run_id_of(name),
        "process_id": 4711,
        "executable": "/usr/bin/redis-server",
        "config_file": "/etc/redis/redis.conf",
        "tcp_port": 6379,
        "clock": NOW,
        "uptime_seconds": 86400,
        "role": PRIMARY,
        "replication_id": REPLICATION_ID,
        "second_replication_id": "0" * 40,
        "offset": 1000,
        "second_offset": -1,
        "replicas": (),
        "upstream": None,
        "failover_state": "no-failover",
        "loading": False,
        "shutting_down": False,
        "full_syncs": 2,
        "backlog_size": MIB,
        "memory": Memory(used=10 * MIB, resident=12 * MIB, limit=0, policy="noeviction", machine=1024 * MIB),
        "persistence": Persistence(
            rdb_on_stop=True,
            aof=False,
            last_save_at=NOW - 100,
            last_save_ok=True,
            last_save_seconds=1,
            aof_write_ok=True,
            rewriting=False,
        ),
        "keys": 5,
        "highest_database": 0,
        "connected_clients": 3,
        "settings": SETTINGS,
        "secrets_set": frozenset(),
        "modules": (),
        "acl": {"default": "digest"},
    }
    return NodeFacts(**{**facts, **overrides})


def replica_facts(name: str, **overrides: Any) -> NodeFacts:
    """A replica of ``a`` that has everything."""
    link = UpstreamLink(address_of("a"), up=True, syncing=False, applied_offset=1000, down_seconds=0, buffered_bytes=0)
    return node_facts(name, **{"role": REPLICA, "upstream": link, "full_syncs": 0, **overrides})


def attached(name: str, **overrides: Any) -> AttachedReplica:
    """A replica as the primary lists it."""
    return AttachedReplica(**{"address": address_of(name), "state": "online", "offset": 1000, "lag": 0, **overrides})


def node_account(name: str, facts: NodeFacts | None, **overrides: Any) -> NodeAccount:
    """What is known about a node; without facts it did not answer."""
    fields = {"declared": None, "error": "" if facts else "connection refused", **overrides}
    return NodeAccount(name=name, facts=facts, **{"address": address_of(name), **fields})


def primary_entry(**overrides: Any) -> PrimaryEntry:
    """``a`` in a Sentinel's table."""
    fields = {
        "address": address_of("a"),
        "run_id": run_id_of("a"),
        "flags": frozenset({"master"}),
        "role_reported": "master",
        "info_age_ms": 900,
        "role_age_ms": 86400000,
        "config_epoch": 7,
        "quorum": 2,
        "down_after_ms": 5000,
        "failover_timeout_ms": 60000,
        "parallel_syncs": 1,
        "failover_state": "",
    }
    return PrimaryEntry(**{**fields, **overrides})


def replica_entry(name: str, **overrides: Any) -> ReplicaEntry:
    """A replica of ``a`` in a Sentinel's table."""
    fields = {
        "address": address_of(name),
        "run_id": run_id_of(name),
        "flags": frozenset({"slave"}),
        "role_reported": "slave",
        "info_age_ms": 900,
        "role_age_ms": 86400000,
        "primary": address_of("a"),
        "link_up": True,
        "priority": 100,
        "promoted": False,
    }
    return ReplicaEntry(**{**fields, **overrides})


def peer_entry(name: str, **overrides: Any) -> PeerEntry:
    """Another Sentinel in a Sentinel's table."""
    fields = {
        "address": address_of(name),
        "run_id": run_id_of(name),
        "flags": frozenset({"sentinel"}),
        "role_reported": "",
        "info_age_ms": 0,
        "role_age_ms": 0,
        "hello_age_ms": 500,
    }
    return PeerEntry(**{**fields, **overrides})


def sentinel_facts(name: str, replicas: tuple[str, ...] = ("b", "c"), **overrides: Any) -> SentinelFacts:
    """A Sentinel that sees everything as it is."""
    fields = {
        "my_id": run_id_of(name),
        "engine": "redis",
        "version": "7.0.15",
        "tilt": False,
        "primary": primary_entry(),
        "replicas": tuple(replica_entry(one) for one in replicas),
        "peers": tuple(peer_entry(other) for other in ("s1", "s2", "s3") if other != name),
        "quorum_ok": True,
        "quorum_says": "OK 3 usable Sentinels",
    }
    return SentinelFacts(**{**fields, **overrides})


def group_view(replicas: tuple[str, ...] = ("b", "c")) -> GroupView:
    """The healthy group."""
    primary = node_facts("a", replicas=tuple(attached(name) for name in replicas))
    return GroupView(
        "presence-1",
        (node_account("a", primary), *(node_account(name, replica_facts(name)) for name in replicas)),
        tuple(SentinelAccount(name, address_of(name), sentinel_facts(name, replicas)) for name in ("s1", "s2", "s3")),
    )


def member(view: GroupView, name: str) -> Member:
    """An answering node that must be there."""
    found = view.member(name)
    assert found is not None, f"{name} does not answer in this view"
    return found


def facts_of(view: GroupView, name: str) -> NodeFacts:
    """What an answering node says."""
    return member(view, name).facts


def with_account(view: GroupView, name: str, **overrides: Any) -> GroupView:
    """Change what is known about a node (``facts=None`` silences it)."""
    return replace(view, nodes=tuple(replace(n, **overrides) if n.name == name else n for n in view.nodes))


def with_node(view: GroupView, name: str, **overrides: Any) -> GroupView:
    """Change what a node says about itself."""
    return with_account(view, name, facts=replace(facts_of(view, name), **overrides))


def with_settings(view: GroupView, name: str, **settings: str) -> GroupView:
    """Change settings of a node; write underscores for dashes."""
    changed = {key.replace("_", "-"): value for key, value in settings.items()}
    return with_node(view, name, settings={**facts_of(view, name).settings, **changed})


def with_memory(view: GroupView, name: str, **overrides: Any) -> GroupView:
    """Change a node's memory."""
    return with_node(view, name, memory=replace(facts_of(view, name).memory, **overrides))


def with_persistence(view: GroupView, name: str, **overrides: Any) -> GroupView:
    """Change a node's persistence."""
    return with_node(view, name, persistence=replace(facts_of(view, name).persistence, **overrides))


def with_link(view: GroupView, name: str, **overrides: Any) -> GroupView:
    """Change a replica's link to the node that it copies."""
    link = facts_of(view, name).upstream
    assert link is not None, f"{name} is no replica in this view"
    return with_node(view, name, upstream=replace(link, **overrides))


def with_sentinel(view: GroupView, name: str, **overrides: Any) -> GroupView:
    """Change what one Sentinel says."""

    def changed(account: SentinelAccount) -> SentinelAccount:
        assert account.facts is not None
        return replace(account, facts=replace(account.facts, **overrides))

    return replace(view, sentinels=tuple(changed(s) if s.name == name else s for s in view.sentinels))


def with_silent_sentinel(view: GroupView, name: str, denied: bool = False, mistaken: bool = False) -> GroupView:
    """Let one Sentinel give no account."""
    error = "NOPERM" if denied else "connection refused"

    def silenced(account: SentinelAccount) -> SentinelAccount:
        return replace(account, facts=None, error=error, denied=denied, mistaken=mistaken)

    return replace(view, sentinels=tuple(silenced(s) if s.name == name else s for s in view.sentinels))


def with_all_sentinels(view: GroupView, **overrides: Any) -> GroupView:
    """Change what every Sentinel says."""
    for account in view.sentinels:
        view = with_sentinel(view, account.name, **overrides)
    return view

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one node says about itself: INFO, a few settings, its ACL users, as one frozen account."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .address import Address
from .last_handover import LastHandOver
from .lock import HeldLock
from .replies import Fields, maybe_whole, parse_line, whole, yes

PRIMARY = "primary"
REPLICA = "replica"

# The settings that judgement needs, read with CONFIG GET in the same round trip as INFO. None of them is a secret.
OBSERVED_SETTINGS = (
    "appendonly",
    "client-output-buffer-limit",
    "dir",
    "masteruser",
    "maxclients",
    "min-replicas-max-lag",
    "min-replicas-to-write",
    "repl-backlog-size",
    "repl-diskless-load",
    "repl-diskless-sync",
    "repl-ping-replica-period",
    "repl-timeout",
    "replica-announce-ip",
    "replica-announce-port",
    "replica-priority",
    "replica-read-only",
    "save",
    "set-proc-title",
    "shutdown-on-sigterm",
    "tls-replication",
)
# Only whether these are set is kept, never their values.
OBSERVED_SECRETS = ("masterauth", "requirepass")


@dataclass(frozen=True)
class AttachedReplica:
    """A replica as its primary lists it. ``offset`` is what it acknowledged, at most a second old; ``lag`` in seconds."""

    address: Address
    state: str
    offset: int
    lag: int

    @property
    def online(self) -> bool:
        return self.state == "online"


@dataclass(frozen=True)
class UpstreamLink:
    """A replica's link to the node it copies. ``applied_offset`` counts executed bytes, not merely received ones."""

    primary: Address
    up: bool
    syncing: bool
    applied_offset: int
    down_seconds: int
    buffered_bytes: int


@dataclass(frozen=True)
class Persistence:
    """What would be on disk if the node stopped now. Seconds and Unix times are by the node's own clock.

    ``loaded_keys``: keys of the RDB file that it last loaded, at its start or from its primary; None before Redis 7.0.
    """

    rdb_on_stop: bool
    aof: bool
    last_save_at: int
    last_save_ok: bool
    last_save_seconds: int
    aof_write_ok: bool
    rewriting: bool
    changes_since_save: int = 0
    loaded_keys: int | None = None


@dataclass(frozen=True)
class Memory:
    """Bytes. ``limit`` is maxmemory (0: none), ``machine`` the memory of the host as the server sees it."""

    used: int
    resident: int
    limit: int
    policy: str
    machine: int


@dataclass(frozen=True)
class NodeFacts:
    """One answering node at one moment."""

    engine: str
    version: str
    run_id: str
    process_id: int
    executable: str
    config_file: str
    tcp_port: int
    clock: int
    uptime_seconds: int
    role: str
    replication_id: str
    second_replication_id: str
    offset: int
    second_offset: int
    replicas: tuple[AttachedReplica, ...]
    upstream: UpstreamLink | None
    failover_state: str
    loading: bool
    shutting_down: bool
    full_syncs: int
    backlog_size: int
    memory: Memory
    persistence: Persistence
    keys: int
    highest_database: int
    connected_clients: int
    settings: Mapping[str, str]
    secrets_set: frozenset[str]
    modules: tuple[str, ...]
    hashes_with_expiring_fields: int = 0
    borrowed: Mapping[str, str] = field(default_factory=dict)
    last_handover: LastHandOver | None = None
    lock: HeldLock | None = None
    acl: Mapping[str, str] | None = field(default=None, repr=False)

    @property
    def is_primary(self) -> bool:
        return self.role == PRIMARY

    @property
    def priority(self) -> int:
        """The replica-priority; 0 means that this node never leads."""
        return whole(self.settings, "replica-priority", 100)

    @property
    def announced(self) -> Address | None:
        """The address that the node announces by its own configuration, where it declares one."""
        host = self.settings.get("replica-announce-ip", "")
        port = whole(self.settings, "replica-announce-port") or self.tcp_port
        return Address.of(host, port) if host else None


@dataclass(frozen=True)
class NodeAccount:
    """What is known about one node. Without ``facts`` nothing is known, and ``error`` says why.

    ``name`` is the inventory's, ``address`` where we spoke to it, ``declared`` the announced address that the user
    stated for a member that may be down. ``denied``: it refused us; ``mistaken``: it is a server of another kind.
    """

    name: str
    address: Address
    declared: Address | None
    facts: NodeFacts | None
    error: str = ""
    denied: bool = False
    mistaken: bool = False


def parse_node(
    info: Fields,
    settings: Mapping[str, str],
    acl_lines: Sequence[str] | None,
    own_user: str,
    borrowed: Mapping[str, str] | None = None,
    last_handover: LastHandOver | None = None,
    lock: HeldLock | None = None,
) -> NodeFacts:
    """Build the facts of a node from INFO, CONFIG GET and ACL LIST (None where it is not permitted).

    ``own_user`` is the ACL user of this collection: its password may differ per node without any meaning for clients.
    ``borrowed`` is the group's ledger of borrowed settings, ``last_handover`` the record of its last hand-over and ``lock``
    its maintenance lock, as this node's data holds them.
    """
    engine = "valkey" if "valkey_version" in info else "redis"
    role = PRIMARY if info.get("role") == "master" else REPLICA
    databases = [name for name in info if name.startswith("db") and name[2:].isdigit()]
    return NodeFacts(
        engine=engine,
        version=info.get("valkey_version", info.get("redis_version", "")),
        run_id=info.get("run_id", ""),
        process_id=whole(info, "process_id"),
        executable=info.get("executable", ""),
        config_file=info.get("config_file", ""),
        tcp_port=whole(info, "tcp_port"),
        clock=whole(info, "server_time_usec") // 1000000,
        uptime_seconds=whole(info, "uptime_in_seconds"),
        role=role,
        replication_id=info.get("master_replid", ""),
        second_replication_id=info.get("master_replid2", ""),
        offset=whole(info, "master_repl_offset"),
        second_offset=whole(info, "second_repl_offset", -1),
        replicas=_attached(info),
        upstream=_upstream(info) if role == REPLICA else None,
        failover_state=info.get("master_failover_state", "no-failover"),
        loading=yes(info, "loading") or yes(info, "async_loading"),
        shutting_down="shutdown_in_milliseconds" in info,
        full_syncs=whole(info, "sync_full"),
        backlog_size=whole(info, "repl_backlog_size"),
        memory=Memory(
            used=whole(info, "used_memory"),
            resident=whole(info, "used_memory_rss"),
            limit=whole(info, "maxmemory"),
            policy=info.get("maxmemory_policy", ""),
            machine=whole(info, "total_system_memory"),
        ),
        persistence=_persistence(info, settings),
        keys=sum(whole(parse_line(info[name]), "keys") for name in databases),
        highest_database=max((int(name[2:]) for name in databases), default=0),
        connected_clients=whole(info, "connected_clients"),
        settings={name: settings[name] for name in OBSERVED_SETTINGS if name in settings},
        secrets_set=frozenset(name for name in OBSERVED_SECRETS if settings.get(name)),
        modules=_modules(info),
        hashes_with_expiring_fields=sum(
            whole(parse_line(info[name]), "keys_with_volatile_items") for name in databases
        ),
        borrowed=borrowed or {},
        last_handover=last_handover,
        lock=lock,
        acl=None if acl_lines is None else _acl_fingerprints(acl_lines, own_user),
    )


def _attached(info: Fields) -> tuple[AttachedReplica, ...]:
    found = []
    for name, value in info.items():
        if name.startswith("slave") and name[5:].isdigit():
            fields = parse_line(value)
            if fields.get("type", "replica") != "rdb-channel":
                address = Address.of(fields.get("ip", ""), whole(fields, "port"))
                found.append(
                    AttachedReplica(address, fields.get("state", ""), whole(fields, "offset"), whole(fields, "lag", -1))
                )
    return tuple(found)


def _upstream(info: Fields) -> UpstreamLink:
    # Redis 8 and Valkey report the link as up before a stream buffered during the full sync is applied.
    buffered = maybe_whole(info, "replicas_repl_buffer_size")
    if buffered is None:
        buffered = whole(info, "replica_full_sync_buffer_size")
    return UpstreamLink(
        primary=Address.of(info.get("master_host", ""), whole(info, "master_port")),
        up=info.get("master_link_status") == "up",
        syncing=yes(info, "master_sync_in_progress"),
        applied_offset=whole(info, "slave_repl_offset"),
        down_seconds=whole(info, "master_link_down_since_seconds"),
        buffered_bytes=buffered,
    )


def _persistence(info: Fields, settings: Mapping[str, str]) -> Persistence:
    return Persistence(
        rdb_on_stop=_saves_on_stop(settings),
        aof=yes(info, "aof_enabled"),
        last_save_at=whole(info, "rdb_last_save_time"),
        last_save_ok=info.get("rdb_last_bgsave_status", "ok") == "ok",
        last_save_seconds=max(0, whole(info, "rdb_last_bgsave_time_sec")),
        aof_write_ok=info.get("aof_last_write_status", "ok") == "ok",
        rewriting=yes(info, "aof_rewrite_in_progress") or yes(info, "aof_rewrite_scheduled"),
        changes_since_save=whole(info, "rdb_changes_since_last_save"),
        loaded_keys=maybe_whole(info, "rdb_last_load_keys_loaded"),
    )


def _saves_on_stop(settings: Mapping[str, str]) -> bool:
    """Whether a SIGTERM, by which services are stopped, ends in an RDB file: shutdown-on-sigterm (7.0 and later) overrules
    the save points in both directions."""
    words = settings.get("shutdown-on-sigterm", "").split()
    return "save" in words or ("nosave" not in words and bool(settings.get("save", "").strip()))


def _modules(info: Fields) -> tuple[str, ...]:
    lines = [line for line in info.get("module", "").split("\n") if line]
    return tuple(sorted("{} {}".format(f.get("name", ""), f.get("ver", "")) for f in map(parse_line, lines)))


def _acl_fingerprints(lines: Sequence[str], own_user: str) -> dict[str, str]:
    """One digest per user, so that users can be compared between nodes without carrying their password hashes about."""
    users = {}
    for line in lines:
        _keyword, name, rules = ([*line.split(" ", 2), "", ""])[:3]
        if name != own_user or name == "default":
            # A server that read its users from a file lists this default, one that never did leaves it out.
            said = [rule for rule in rules.split() if rule != "sanitize-payload"]
            users[name] = hashlib.sha256(" ".join(_in_one_order(said)).encode()).hexdigest()
    return users


def _in_one_order(rules: list[str]) -> list[str]:
    """Rules sorted where their order means nothing: Redis 7.0 lists commands in another order on each node, those of both
    signs among one another. Selectors stay.
    """
    root = next((index for index, rule in enumerate(rules) if rule.startswith("(")), len(rules))
    commands = [rule for rule in rules[:root] if rule[0] in "+-"]
    others = sorted(rule for rule in rules[:root] if rule[0] not in "+-")
    return others + _commands_in_one_order(commands) + rules[root:]


def _commands_in_one_order(rules: list[str]) -> list[str]:
    """Of all orders that mean the same, the first by the alphabet."""
    overridden = [{j for j in range(i) if _overrides(rules[i], rules[j])} for i in range(len(rules))]
    left, ordered = set(range(len(rules))), []
    while left:
        first = min((i for i in left if not overridden[i] & left), key=lambda i: rules[i])
        left.remove(first)
        ordered.append(rules[first])
    return ordered


def _overrides(rule: str, earlier: str) -> bool:
    """Whether a command rule may take back what an earlier one said: of the other sign, and on the same command or a
    category, which may hold it.
    """
    names = [one[1:].partition("|")[0] for one in (rule, earlier)]
    return rule[0] != earlier[0] and (names[0] == names[1] or any(name.startswith("@") for name in names))

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first contents of redis.conf and sentinel.conf. Afterwards the servers own their files (CONFIG REWRITE)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ansible_collections.steadyhand.redis.plugins.module_utils._model.permissions import (
    COLLECTION,
    COLLECTION_ON_SENTINEL,
    REPLICA,
    SENTINEL,
    SENTINEL_PEER,
    acl_rules,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._model.versions import REDIS, VALKEY

from lab.options import PERSISTENCE_SETTINGS, LabOptions, Settings
from lab.state import Credentials, NodeState, SentinelCredentials, SentinelState

_EVERYTHING = "~* &* +@all"


def node_conf(node: NodeState, primary: NodeState, options: LabOptions) -> str:
    """redis.conf of *node* in the group that *primary* leads at the start."""
    settings: dict[str, str | list[str]] = {
        "bind": node.host,
        **_ports(node),
        "dir": node.directory,
        "logfile": '""',
        # A lab has its replicas all at once: waiting for more of them (5 s by default) only costs time.
        "repl-diskless-sync-delay": "0",
        **PERSISTENCE_SETTINGS[options.persistence],
    }
    if node.announce_host is not None:
        settings["replica-announce-ip"] = node.announce_host
    if node.credentials is not None:
        settings["user"] = list(_users(node.credentials, options))
        settings["masteruser"] = Credentials.REPLICATION
        settings["masterauth"] = node.credentials.replication_password
    settings.update(options.settings)
    settings.update(options.node_settings.get(node.name, {}))
    if node.name != primary.name:
        host, port = primary.announced
        settings["replicaof"] = f"{host} {port}"
    return _render(settings)


def sentinel_conf(sentinel: SentinelState, primaries: Iterable[NodeState], options: LabOptions) -> str:
    """sentinel.conf that watches the groups that *primaries* lead at the start."""
    settings: dict[str, str | list[str]] = {
        "bind": sentinel.host,
        **_ports(sentinel),
        "dir": sentinel.directory,
        "logfile": '""',
    }
    if sentinel.credentials is not None:
        settings["user"] = list(_users_of_sentinels(sentinel))
        settings["sentinel sentinel-user"] = SentinelCredentials.PEER
        settings["sentinel sentinel-pass"] = sentinel.credentials.peer_password
    lines = _render(settings).splitlines()
    if options.announce_host is not None:
        lines += ["sentinel resolve-hostnames yes", "sentinel announce-hostnames yes"]
    for primary in primaries:
        host, port = primary.announced
        lines += [
            f"sentinel monitor {primary.group} {host} {port} {options.effective_quorum}",
            f"sentinel down-after-milliseconds {primary.group} {options.down_after_ms}",
            f"sentinel failover-timeout {primary.group} {options.failover_timeout_ms}",
            f"sentinel parallel-syncs {primary.group} 1",
        ]
        if primary.credentials is not None:
            lines += [
                f"sentinel auth-user {primary.group} {Credentials.SENTINEL}",
                f"sentinel auth-pass {primary.group} {primary.credentials.sentinel_password}",
            ]
    return "\n".join(lines) + "\n"


def _ports(server: NodeState | SentinelState) -> dict[str, str]:
    if server.tls is None:
        return {"port": str(server.port)}
    return {"port": "0", "tls-port": str(server.port), **server.tls.server_settings}


def _users(credentials: Credentials, options: LabOptions) -> Iterable[str]:
    """Whoever the collection documents has the rights that it documents, and no more."""
    sentinels = _engine(options.binary_of("sentinel-a"))
    yield "default off"
    yield f"{Credentials.LAB} on >{credentials.lab_password} {_EVERYTHING}"
    yield f"{Credentials.MAINTENANCE} on >{credentials.maintenance_password} {acl_rules(COLLECTION, sentinels)}"
    yield f"{Credentials.REPLICATION} on >{credentials.replication_password} {acl_rules(REPLICA, sentinels)}"
    yield f"{Credentials.SENTINEL} on >{credentials.sentinel_password} {acl_rules(SENTINEL, sentinels)}"
    yield f"{Credentials.APPLICATION} on >{credentials.application_password} ~* &* +@all -@dangerous +role"


def _users_of_sentinels(sentinel: SentinelState) -> Iterable[str]:
    credentials, engine = sentinel.credentials, _engine(sentinel.binary)
    if credentials is None:
        return
    yield "default off"
    yield f"{Credentials.LAB} on >{credentials.lab_password} {_EVERYTHING}"
    yield f"{Credentials.MAINTENANCE} on >{credentials.maintenance_password} {acl_rules(COLLECTION_ON_SENTINEL, engine)}"
    yield f"{SentinelCredentials.PEER} on >{credentials.peer_password} {acl_rules(SENTINEL_PEER, engine)}"
    yield f"{Credentials.APPLICATION} on >{credentials.application_password} +sentinel|get-master-addr-by-name"


def _engine(binary: str) -> str:
    return VALKEY if VALKEY in Path(binary).name else REDIS


def _render(settings: Settings) -> str:
    lines = []
    for name, value in settings.items():
        lines += [f"{name} {one}" for one in ([value] if isinstance(value, str) else value)]
    return "\n".join(lines) + "\n"

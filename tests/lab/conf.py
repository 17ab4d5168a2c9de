# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first contents of redis.conf and sentinel.conf. Afterwards the servers own their files (CONFIG REWRITE)."""

from __future__ import annotations

from collections.abc import Iterable

from lab.options import PERSISTENCE_SETTINGS, LabOptions, Settings
from lab.state import Credentials, NodeState, SentinelState


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
        settings["user"] = list(_users(node.credentials))
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
    if sentinel.password is not None:
        settings["requirepass"] = sentinel.password
        settings["sentinel sentinel-pass"] = sentinel.password
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


def _users(credentials: Credentials) -> Iterable[str]:
    """The rights of replication and Sentinel users are those of Redis' own documentation (ACL, Sentinel)."""
    yield "default off"
    yield f"{Credentials.MAINTENANCE} on >{credentials.maintenance_password} ~* &* +@all"
    yield f"{Credentials.REPLICATION} on >{credentials.replication_password} +psync +replconf +ping"
    yield (
        f"{Credentials.SENTINEL} on >{credentials.sentinel_password} allchannels +multi +slaveof +ping +exec +subscribe"
        " +config|rewrite +role +publish +info +client|setname +client|kill +script|kill"
    )
    yield f"{Credentials.APPLICATION} on >{credentials.application_password} ~* &* +@all -@dangerous +role"


def _render(settings: Settings) -> str:
    lines = []
    for name, value in settings.items():
        lines += [f"{name} {one}" for one in ([value] if isinstance(value, str) else value)]
    return "\n".join(lines) + "\n"

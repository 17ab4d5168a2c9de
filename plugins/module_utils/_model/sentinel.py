# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one Sentinel says about one group: the primary it names, the replicas and the peers it knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .address import Address
from .replies import Fields, whole


@dataclass(frozen=True)
class Entry:
    """One instance in a Sentinel's table, keyed there by address.

    ``info_age_ms``: age of its last INFO reply; ``role_age_ms``: for how long it has reported the role that it reports.
    """

    address: Address
    run_id: str
    flags: frozenset[str]
    role_reported: str
    info_age_ms: int
    role_age_ms: int

    @property
    def down(self) -> bool:
        return bool(self.flags & {"s_down", "o_down", "disconnected"})


@dataclass(frozen=True)
class PrimaryEntry(Entry):
    """The group's primary as this Sentinel sees it, with the parameters by which it watches the group."""

    config_epoch: int
    quorum: int
    down_after_ms: int
    failover_timeout_ms: int
    parallel_syncs: int
    failover_state: str

    @property
    def failover_in_progress(self) -> bool:
        return "failover_in_progress" in self.flags or self.failover_state not in ("", "none")


@dataclass(frozen=True)
class ReplicaEntry(Entry):
    """A replica as this Sentinel sees it; ``primary`` is the node the replica itself said it copies."""

    primary: Address | None
    link_up: bool
    priority: int
    promoted: bool


@dataclass(frozen=True)
class PeerEntry(Entry):
    """Another Sentinel; ``hello_age_ms`` is the age of its last hello."""

    hello_age_ms: int


@dataclass(frozen=True)
class SentinelFacts:
    """One answering Sentinel. ``primary`` is None when it does not watch the group.

    ``primaries``: the address of the primary of every group that it watches, by the group's name. ``run_id``: of its process,
    new with every start, while ``my_id`` stands in its file.
    """

    my_id: str
    engine: str
    version: str
    tilt: bool
    primary: PrimaryEntry | None
    replicas: tuple[ReplicaEntry, ...]
    peers: tuple[PeerEntry, ...]
    quorum_ok: bool
    quorum_says: str
    primaries: Mapping[str, Address] = field(default_factory=dict)
    run_id: str = ""


@dataclass(frozen=True)
class SentinelAccount:
    """What is known about one Sentinel; without ``facts`` the ``error`` says why nothing is.

    ``denied``: it refused us; ``mistaken``: it is a server of another kind.
    """

    name: str
    address: Address
    facts: SentinelFacts | None
    error: str = ""
    denied: bool = False
    mistaken: bool = False


def parse_primary(fields: Fields) -> PrimaryEntry:
    """Read the reply of SENTINEL MASTER."""
    return PrimaryEntry(
        config_epoch=whole(fields, "config-epoch"),
        quorum=whole(fields, "quorum"),
        down_after_ms=whole(fields, "down-after-milliseconds"),
        failover_timeout_ms=whole(fields, "failover-timeout"),
        parallel_syncs=whole(fields, "parallel-syncs"),
        failover_state=fields.get("failover-state", ""),
        **_entry(fields),
    )


def parse_primaries(info: Fields) -> dict[str, Address]:
    """The primaries of all groups in the reply to INFO: ``master0:name=g,status=ok,address=10.0.0.1:6379,slaves=2,...``."""
    found = {}
    for name, value in info.items():
        if name.startswith("master") and name[len("master") :].isdigit():
            said = dict(part.split("=", 1) for part in value.split(",") if "=" in part)
            host, _colon, port = said.get("address", "").rpartition(":")
            if host and port.isdigit():
                found[said.get("name", "")] = Address.of(host, port)
    return found


def parse_replica(fields: Fields) -> ReplicaEntry:
    """Read one element of SENTINEL REPLICAS."""
    host = fields.get("master-host", "")
    return ReplicaEntry(
        primary=Address.of(host, whole(fields, "master-port")) if host and host != "?" else None,
        link_up=fields.get("master-link-status") == "ok",
        priority=whole(fields, "slave-priority", 100),
        promoted="promoted" in _flags(fields),
        **_entry(fields),
    )


def parse_peer(fields: Fields) -> PeerEntry:
    """Read one element of SENTINEL SENTINELS."""
    return PeerEntry(hello_age_ms=whole(fields, "last-hello-message"), **_entry(fields))


def _flags(fields: Fields) -> frozenset[str]:
    return frozenset(flag for flag in fields.get("flags", "").split(",") if flag)


def _entry(fields: Fields) -> dict[str, Any]:
    return {
        "address": Address.of(fields.get("ip", ""), whole(fields, "port")),
        "run_id": fields.get("runid", ""),
        "flags": _flags(fields),
        "role_reported": fields.get("role-reported", ""),
        "info_age_ms": whole(fields, "info-refresh", 0),
        "role_age_ms": whole(fields, "role-reported-time", 0),
    }

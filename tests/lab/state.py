# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a lab is made of, as its `state.json` keeps it. Standard library only: the restart command reads it."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from lab.errors import LabError
from lab.options import LabOptions
from lab.probe import Endpoint, why_no_ssh, why_not_answering
from lab.process import Process
from lab.route import Route
from lab.tls import TlsFiles

STATE_FILE = "state.json"


@dataclass(frozen=True)
class Credentials:
    """The ACL users of one node. Only the maintenance password differs from node to node of a group."""

    lab_password: str
    maintenance_password: str
    replication_password: str
    sentinel_password: str
    application_password: str

    LAB = "lab"
    """Who may do everything: it asks the lab's own questions, and breaks things for tests."""
    MAINTENANCE = "maintenance"
    """Whom the inventory names: it has the least rights that the collection documents."""
    REPLICATION = "replication"
    SENTINEL = "sentinel"
    APPLICATION = "application"


@dataclass(frozen=True)
class SentinelCredentials:
    """The ACL users of the Sentinels; `Credentials` names them but for the one as which Sentinels ask one another."""

    lab_password: str
    maintenance_password: str
    peer_password: str
    application_password: str

    PEER = "peer"


@dataclass(frozen=True)
class NodeState:
    """One data node."""

    name: str
    group: str
    zone: str
    machine: str | None
    directory: str
    binary: str
    host: str
    port: int
    announce_host: str | None
    credentials: Credentials | None
    tls: TlsFiles | None

    @property
    def process(self) -> Process:
        """The server process."""
        return Process(self.name, Path(self.directory), (self.binary, str(self.conf_file)))

    @property
    def conf_file(self) -> Path:
        """Written once by the lab, afterwards the server's own."""
        return Path(self.directory) / "redis.conf"

    @property
    def endpoint(self) -> Endpoint:
        """Where the lab's own user asks."""
        if self.credentials is None:
            return Endpoint(self.host, self.port, tls=self.tls)
        return Endpoint(self.host, self.port, Credentials.LAB, self.credentials.lab_password, self.tls)

    def why_not_answering(self, pid: int) -> str | None:
        """None when *pid* answers there with its data loaded."""
        return why_not_answering(self.endpoint, pid)

    @property
    def announced(self) -> tuple[str, int]:
        """The address under which the group and its Sentinels know the node."""
        return self.announce_host or self.host, self.port


@dataclass(frozen=True)
class SentinelState:
    """One Sentinel."""

    name: str
    zone: str
    directory: str
    binary: str
    host: str
    port: int
    credentials: SentinelCredentials | None
    tls: TlsFiles | None

    @property
    def process(self) -> Process:
        """The Sentinel process."""
        return Process(self.name, Path(self.directory), (self.binary, str(self.conf_file), "--sentinel"))

    @property
    def conf_file(self) -> Path:
        """Written once by the lab, afterwards the Sentinel's own."""
        return Path(self.directory) / "sentinel.conf"

    @property
    def endpoint(self) -> Endpoint:
        """Where the lab's own user asks."""
        if self.credentials is None:
            return Endpoint(self.host, self.port, tls=self.tls)
        return Endpoint(self.host, self.port, Credentials.LAB, self.credentials.lab_password, self.tls)

    @property
    def for_applications(self) -> Endpoint:
        """Where applications ask who leads."""
        if self.credentials is None:
            return self.endpoint
        password = self.credentials.application_password
        return Endpoint(self.host, self.port, Credentials.APPLICATION, password, self.tls)

    def why_not_answering(self, pid: int) -> str | None:
        """None when *pid* answers there."""
        return why_not_answering(self.endpoint, pid)


@dataclass(frozen=True)
class SshdState:
    """The sshd of one node, or the one of all Sentinels."""

    name: str
    directory: str
    binary: str
    host: str
    port: int

    @property
    def process(self) -> Process:
        """The listening process; its sessions are its descendants."""
        return Process(self.name, Path(self.directory), (self.binary, "-D", "-e", "-f", str(self.conf_file)))

    @property
    def conf_file(self) -> Path:
        """Written by the lab."""
        return Path(self.directory) / "sshd_config"

    @property
    def host_key_file(self) -> Path:
        """Its own host key."""
        return Path(self.directory) / "host_key"

    def why_not_answering(self, _pid: int) -> str | None:
        """None when an sshd answers. That it is this one is checked by its host key at every login."""
        return why_no_ssh(self.host, self.port)


AnyServer = NodeState | SentinelState | SshdState


@dataclass(frozen=True)
class LabState:
    """Everything that another process needs to use, continue or remove a lab."""

    nodes: tuple[NodeState, ...]
    sentinels: tuple[SentinelState, ...]
    sshds: tuple[SshdState, ...]
    options: LabOptions

    def save(self, directory: Path) -> None:
        """Write `state.json` whole or not at all."""
        unfinished = directory / f"{STATE_FILE}.new"
        unfinished.write_text(json.dumps(dataclasses.asdict(self), indent=1), encoding="utf-8")
        unfinished.chmod(0o600)
        unfinished.replace(directory / STATE_FILE)

    @classmethod
    def load(cls, directory: Path) -> LabState:
        """Read it back."""
        try:
            plain = json.loads((directory / STATE_FILE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise LabError(f"no lab in {directory}: it has no {STATE_FILE}") from None
        return cls(
            nodes=tuple(
                NodeState(**{**node, "credentials": _credentials(node["credentials"]), "tls": _tls(node["tls"])})
                for node in plain["nodes"]
            ),
            sentinels=tuple(
                SentinelState(
                    **{**one, "credentials": _sentinel_credentials(one["credentials"]), "tls": _tls(one["tls"])}
                )
                for one in plain["sentinels"]
            ),
            sshds=tuple(SshdState(**sshd) for sshd in plain["sshds"]),
            options=LabOptions.from_plain(plain["options"]),
        )

    @property
    def servers(self) -> tuple[AnyServer, ...]:
        """Everything that listens."""
        return (*self.nodes, *self.sentinels, *self.sshds)

    def route(self, group: str) -> Route:
        """How applications find the primary of the group."""
        node = next(node for node in self.nodes if node.group == group)
        return Route(
            group,
            {sentinel.name: sentinel.for_applications for sentinel in self.sentinels},
            None if node.credentials is None else Credentials.APPLICATION,
            None if node.credentials is None else node.credentials.application_password,
            node.tls,
        )

    def node(self, name: str) -> NodeState:
        """The node of that name."""
        return _named(name, self.nodes)

    def sentinel(self, name: str) -> SentinelState:
        """The Sentinel of that name."""
        return _named(name, self.sentinels)

    def sshd(self, name: str) -> SshdState:
        """The sshd of that name."""
        return _named(name, self.sshds)

    def server(self, name: str) -> AnyServer:
        """The server of that name, whatever it serves."""
        for server in self.servers:
            if server.name == name:
                return server
        raise LabError(f"no {name!r} in this lab: there are {', '.join(server.name for server in self.servers)}")

    def with_port(self, name: str, port: int) -> LabState:
        """The same lab with one server at another port."""

        def moved(servers: tuple[_Server, ...]) -> tuple[_Server, ...]:
            return tuple(dataclasses.replace(one, port=port) if one.name == name else one for one in servers)

        return dataclasses.replace(
            self, nodes=moved(self.nodes), sentinels=moved(self.sentinels), sshds=moved(self.sshds)
        )


_Server = TypeVar("_Server", NodeState, SentinelState, SshdState)


def _named(name: str, servers: tuple[_Server, ...]) -> _Server:
    for server in servers:
        if server.name == name:
            return server
    raise LabError(f"no {name!r} in this lab: there are {', '.join(server.name for server in servers) or 'none'}")


def _credentials(plain: dict[str, str] | None) -> Credentials | None:
    return None if plain is None else Credentials(**plain)


def _sentinel_credentials(plain: dict[str, str] | None) -> SentinelCredentials | None:
    return None if plain is None else SentinelCredentials(**plain)


def _tls(plain: dict[str, str] | None) -> TlsFiles | None:
    return None if plain is None else TlsFiles(**plain)

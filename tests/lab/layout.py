# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names, ports, passwords and directories of a lab's servers, chosen once when it is created."""

from __future__ import annotations

import dataclasses
import secrets
import string
from dataclasses import fields
from pathlib import Path

from lab.options import LabOptions
from lab.ports import reserve_port
from lab.ssh import sshd_program
from lab.state import Credentials, LabState, NodeState, SentinelCredentials, SentinelState, SshdState
from lab.tls import TlsFiles

PASSWORD_BYTES = 18
SSHD_HOST = "127.0.0.1"
SENTINELS_SSHD = "sshd-sentinels"


def new_state(directory: Path, options: LabOptions) -> LabState:
    """Lay out a lab below *directory*; ports are reserved, nothing is started."""
    nodes: list[NodeState] = []
    for number in range(1, options.groups + 1):
        nodes += _group(f"group-{number}", number, directory, options)
    credentials = SentinelCredentials(**_passwords(SentinelCredentials)) if options.secured else None
    sentinels = tuple(
        SentinelState(
            name=name,
            zone=zone,
            directory=str(directory / "sentinels" / name),
            binary=options.binary_of(name),
            host=options.host,
            port=reserve_port(directory, options.host),
            credentials=credentials,
            tls=TlsFiles.below(directory) if options.tls else None,
        )
        for name, zone in ((f"sentinel-{zone}", zone) for zone in string.ascii_lowercase[: options.sentinels])
    )
    return LabState(tuple(nodes), sentinels, _sshds(directory, nodes) if options.ssh else (), options)


def _group(group: str, number: int, directory: Path, options: LabOptions) -> list[NodeState]:
    shared = Credentials(**_passwords(Credentials)) if options.secured else None
    nodes = []
    for zone in string.ascii_lowercase[: options.replicas + 1]:
        name = f"{group}-{zone}"
        nodes.append(
            NodeState(
                name=name,
                group=group,
                zone=zone,
                machine=None if options.one_machine else f"machine-{zone}-{number}",
                directory=str(directory / "nodes" / name),
                binary=options.binary_of(name),
                host=options.host,
                port=reserve_port(directory, options.host),
                announce_host=options.announce_host,
                credentials=None if shared is None else dataclasses.replace(shared, maintenance_password=_password()),
                tls=TlsFiles.below(directory) if options.tls else None,
            )
        )
    return nodes


def _sshds(directory: Path, nodes: list[NodeState]) -> tuple[SshdState, ...]:
    """One for each node, one for all Sentinels; always on IPv4, so that an IPv6 lab differs in one thing only."""
    program = sshd_program()
    return tuple(
        SshdState(name, str(directory / "ssh" / name), program, SSHD_HOST, reserve_port(directory, SSHD_HOST))
        for name in (*(f"sshd-{node.name}" for node in nodes), SENTINELS_SSHD)
    )


def _passwords(users: type[Credentials | SentinelCredentials]) -> dict[str, str]:
    return {one.name: _password() for one in fields(users)}


def _password() -> str:
    return secrets.token_urlsafe(PASSWORD_BYTES)

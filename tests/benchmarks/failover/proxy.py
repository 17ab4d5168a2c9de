# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HAProxy in front of a group, with the check that its makers recommend for Redis: the server that says role:master."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import redis
from lab.client import connected
from lab.lab import Lab
from lab.node import DataNode
from lab.ports import reserve_port
from lab.probe import Endpoint
from lab.process import Process
from lab.waiting import wait_until

HOST = "127.0.0.1"
READY_TIMEOUT = 30.0
"""Seconds. It asks each server once per second and believes the third refusal (`fall 3`, its default)."""

CONFIGURATION = """\
global
    maxconn 256
defaults
    mode tcp
    timeout connect 1s
    timeout client 60s
    timeout server 60s
listen redis
    bind {host}:{port}
    option tcp-check
    tcp-check connect
    tcp-check send PING\\r\\n
    tcp-check expect string +PONG
    tcp-check send info\\ replication\\r\\n
    tcp-check expect string role:master
    tcp-check send QUIT\\r\\n
    tcp-check expect string +OK
{servers}
"""


def configuration(port: int, nodes: Sequence[DataNode]) -> str:
    """haproxy.cfg."""
    servers = "\n".join(f"    server {node.name} {node.address} check inter 1s" for node in nodes)
    return CONFIGURATION.format(host=HOST, port=port, servers=servers)


class Proxy:
    """One HAProxy for one group; it ends with the lab."""

    def __init__(self, program: str, lab: Lab, group: str) -> None:
        directory = lab.directory / "proxy"
        directory.mkdir()
        self._nodes = lab.nodes_of(group)
        self.port = reserve_port(lab.directory, HOST)
        file = directory / "haproxy.cfg"
        file.write_text(configuration(self.port, self._nodes), encoding="utf-8")
        self._process = Process("haproxy", directory, (program, "-db", "-f", str(file)))

    def start(self) -> None:
        """Start it. `wait_until_right` says when it may be used."""
        self._process.spawn()

    def wait_until_right(self, primary: DataNode) -> None:
        """Wait until it sends nobody anywhere but to *primary*, in two whole turns over all servers."""

        def reason() -> str | None:
            if not self._process.is_running():
                raise self._process.failure("ended")
            try:
                answers = {self._port_behind() for _turn in range(2 * len(self._nodes))}
            except redis.RedisError as error:
                return str(error)
            return None if answers == {primary.state.port} else f"it leads to {sorted(answers)}"

        wait_until(reason, READY_TIMEOUT, f"HAProxy leading to {primary}", interval=0.1)

    def _port_behind(self) -> int:
        with connected(Endpoint(HOST, self.port)) as client:
            return int(client.info("server")["tcp_port"])


def pointer_script(pointer: Path) -> str:
    """The routing command of a group without Sentinels: writes the new address where clients look."""
    return (
        f'#!/bin/sh\necho "$STEADYHAND_NEW_HOST $STEADYHAND_NEW_PORT" > {pointer}.new && mv {pointer}.new {pointer}\n'
    )

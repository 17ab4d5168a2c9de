# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole lab: groups, Sentinels, the way to reach them, and the inventory that describes it all."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from lab.conf import node_conf, sentinel_conf
from lab.convergence import why_not_converged
from lab.errors import LabError, PortTakenError
from lab.groups import Groups
from lab.inventory import write_ansible_files
from lab.layout import new_state
from lab.node import DataNode
from lab.options import LabOptions
from lab.pointer import Pointer
from lab.ports import release_all_ports, release_port, reserve_port
from lab.process import kill_sessions, kill_with_descendants, processes_below
from lab.removal import end_processes, remove
from lab.route import Route
from lab.sentinel import SentinelNode
from lab.server import start_server
from lab.ssh import check_login, make_keys, sshd_conf, write_known_hosts
from lab.state import STATE_FILE, LabState, NodeState, SentinelState
from lab.tls import make_certificates
from lab.waiting import wait_until
from lab.warden import Warden

CONVERGE_TIMEOUT = 60.0
"""Seconds. Sentinels discover one another within a few seconds; a busy machine gets ten times that."""


class Lab(Groups[DataNode]):
    """Make one with `create` or find one with `load`; as a context manager it starts and removes itself."""

    def __init__(self, directory: Path, state: LabState) -> None:
        self.directory = directory
        self._state = state
        self._warden: Warden | None = None

    @classmethod
    def create(cls, directory: Path, **options: Any) -> Lab:
        """Lay out a lab in an empty *directory* (made when missing). Options: `LabOptions`. Nothing runs yet."""
        directory = directory.resolve()
        if directory.exists() and any(directory.iterdir()):
            raise LabError(f"{directory} is not empty: a lab wants a directory of its own")
        directory.mkdir(parents=True, exist_ok=True)
        try:
            state = new_state(directory, LabOptions(**options))
        except BaseException:
            release_all_ports(directory)
            directory.rmdir()
            raise
        state.save(directory)
        return cls(directory, state)

    @classmethod
    def load(cls, directory: Path) -> Lab:
        """A lab that another process made."""
        return cls(directory.resolve(), LabState.load(directory.resolve()))

    @property
    def nodes(self) -> list[DataNode]:
        """All data nodes, group by group."""
        return [DataNode(state) for state in self._state.nodes]

    @property
    def sentinels(self) -> list[SentinelNode]:
        """All Sentinels."""
        return [SentinelNode(state) for state in self._state.sentinels]

    @property
    def groups(self) -> list[str]:
        """The names under which the Sentinels know the groups."""
        return list(dict.fromkeys(state.group for state in self._state.nodes))

    @property
    def secrets(self) -> set[str]:
        """Every password of the lab."""
        servers: tuple[NodeState | SentinelState, ...] = (*self._state.nodes, *self._state.sentinels)
        return {
            password
            for one in servers
            if one.credentials is not None
            for password in dataclasses.astuple(one.credentials)
        }

    def route(self, group: str) -> Route:
        """How applications find the primary of the group."""
        route = self._state.route(group)
        return route if self.sentinels else replace(route, pointer=str(self.pointer_of(group).file))

    @property
    def options(self) -> LabOptions:
        """The options that the lab was created with."""
        return self._state.options

    def node(self, name: str) -> DataNode:
        """The node of that name (`group-1-a`)."""
        return DataNode(self._state.node(name))

    def sentinel(self, name: str) -> SentinelNode:
        """The Sentinel of that name (`sentinel-a`)."""
        return SentinelNode(self._state.sentinel(name))

    def pointer_of(self, group: str) -> Pointer:
        """Where the users of a group without Sentinels go."""
        return Pointer(self.directory, group)

    def start(self) -> None:
        """Start everything, wait until it has converged, and write the inventory.

        The lab is removed when this process ends, also by SIGKILL, unless it is told to `keep` it.
        """
        if self._warden is None:
            self._warden = Warden(self.directory)
        if self.options.tls:
            make_certificates(self.directory)
        self._start_groups()
        self._start_sentinels()
        self._start_sshds()
        self.wait_converged()
        write_ansible_files(self.directory, self._state)

    def keep(self) -> None:
        """Let the lab stay when this process ends."""
        if self._warden is not None:
            self._warden.dismiss(keep_lab=True)
            self._warden = None

    def wait_converged(self, timeout: float = CONVERGE_TIMEOUT) -> None:
        """Wait until every group is whole and every Sentinel knows it so. Asks the servers, not the lab's memory."""
        wait_until(
            lambda: why_not_converged(self.nodes, self.sentinels), timeout, "convergence of the lab", interval=0.1
        )

    def cut_off(self, name: str) -> None:
        """End the sshd of a node with all its sessions: Ansible cannot reach the node, its server runs on."""
        kill_with_descendants(self._state.sshd(f"sshd-{name}").process)

    def drop_connections(self, name: str) -> None:
        """Lose the connections to a node's sshd, as a network does: what runs in their sessions is told nothing."""
        kill_sessions(self._state.sshd(f"sshd-{name}").process)

    def join(self, name: str) -> None:
        """Undo `cut_off`."""
        start_server(self._state.sshd(f"sshd-{name}"))

    def stop(self) -> None:
        """End every Sentinel and node in an orderly way; the files stay, `start` continues with them."""
        for sentinel in self.sentinels:
            sentinel.stop()
        for node in self.nodes:
            node.stop()
        end_processes(self.directory)

    def destroy(self) -> None:
        """End everything at once and remove the directory. Safe to call twice."""
        remove(self.directory)
        if self._warden is not None:
            self._warden.dismiss()
            self._warden = None

    def dump_logs(self, lines: int = 60) -> str:
        """The end of the log of every process that the lab ever started."""
        return "\n".join(
            f"=== {process.log_file}\n{process.log_tail(lines)}" for process in processes_below(self.directory)
        )

    def _start_groups(self) -> None:
        for group in self.groups:
            # The primary of the first start goes first: its replicas' files need its final port.
            names = [node.name for node in self.nodes_of(group)]
            primary = names[0]
            for name in names:
                self._start(name, partial(self._node_conf, primary=primary))
            pointer = self.pointer_of(group)
            if not self._state.sentinels and not pointer.file.exists():
                pointer.create(self.node(primary).state)

    def _start_sentinels(self) -> None:
        for sentinel in self.sentinels:
            self._start(sentinel.name, self._sentinel_conf)

    def _start_sshds(self) -> None:
        if not self._state.sshds:
            return
        make_keys(self.directory, self._state)
        for sshd in self._state.sshds:
            self._start(sshd.name, self._sshd_conf)
        write_known_hosts(self.directory, {(sshd.host, sshd.port): sshd.host_key_file for sshd in self._state.sshds})
        check_login(self.directory, self._state.sshds[0])

    def _start(self, name: str, first_conf: Callable[[str], str]) -> None:
        """Start with the server's own file; one that has none yet gets its first, and another port while its is
        taken."""
        while True:
            server = self._state.server(name)
            first_start = not server.conf_file.exists()
            if first_start:
                server.conf_file.parent.mkdir(parents=True, exist_ok=True)
                server.conf_file.write_text(first_conf(name), encoding="utf-8")
            try:
                return start_server(server)
            except PortTakenError:
                if not first_start:
                    raise
            server.conf_file.unlink()
            self._save(self._state.with_port(name, reserve_port(self.directory, server.host)))
            release_port(server.port, self.directory)

    def _node_conf(self, name: str, primary: str) -> str:
        return node_conf(self._state.node(name), self._state.node(primary), self.options)

    def _sentinel_conf(self, name: str) -> str:
        primaries = [self.nodes_of(group)[0].state for group in self.groups]
        return sentinel_conf(self._state.sentinel(name), primaries, self.options)

    def _sshd_conf(self, name: str) -> str:
        return sshd_conf(self._state.sshd(name), self.directory)

    def _save(self, state: LabState) -> None:
        self._state = state
        state.save(self.directory)


def is_lab(directory: Path) -> bool:
    """Whether a lab is in the directory."""
    return (directory / STATE_FILE).exists()

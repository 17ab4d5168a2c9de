# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""inventory.yml, sentinel.yml, ansible.cfg and the restart scripts: what a user of the lab has, by the collection's contract."""

from __future__ import annotations

import getpass
import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.discovered import write_sentinel_inventory
from lab.interpreters import interpreters_of_nodes
from lab.layout import SENTINELS_SSHD
from lab.ssh import connection_variables
from lab.state import Credentials, LabState, NodeState, SentinelState
from lab.tls import TlsFiles
from lab.warden import TESTS_DIRECTORY

INVENTORY_FILE = "inventory.yml"
CONFIG_FILE = "ansible.cfg"
ANSIBLE_CONFIG = """\
[defaults]
inventory = {inventory}
forks = 20
host_key_checking = true
retry_files_enabled = false
# The main process polls for results in a busy loop; 20 ms instead of 1 ms cut its CPU time to a third.
internal_poll_interval = 0.02

[connection]
pipelining = true
"""


def write_ansible_files(directory: Path, state: LabState) -> None:
    """Write everything that `ansible-playbook -i inventory.yml` needs."""
    for node in state.nodes:
        _write_restart_script(directory, node)
    inventory = inventory_of(directory, state)
    write_inventory(directory, inventory)
    write_sentinel_inventory(directory, state, inventory)


def write_inventory(directory: Path, inventory: Mapping[str, Any]) -> None:
    """Write inventory.yml and ansible.cfg."""
    file = directory / INVENTORY_FILE
    file.touch(mode=0o600)  # it carries passwords
    file.write_text("---\n" + _yaml(inventory), encoding="utf-8")
    (directory / CONFIG_FILE).write_text(ANSIBLE_CONFIG.format(inventory=file), encoding="utf-8")


def inventory_of(directory: Path, state: LabState) -> dict[str, Any]:
    """The inventory as plain data."""
    interpreters = interpreters_of_nodes(state.options.interpreters, state.options.ssh)
    children: dict[str, Any] = {}
    for index, node in enumerate(state.nodes):
        group = children.setdefault(
            node.group.replace("-", "_"), {"hosts": {}, "vars": {"redis_group": node.group, "redis_cluster": "lab"}}
        )
        if not state.sentinels:
            group["vars"]["redis_without_sentinels"] = True
        group["hosts"][node.name] = {
            **_node_variables(node),
            **_reached_by(f"sshd-{node.name}", "redis_host", node.host, state),
            "ansible_python_interpreter": interpreters[index % len(interpreters)],
        }
    sentinels = {
        sentinel.name: {
            **_sentinel_variables(sentinel),
            **_reached_by(SENTINELS_SSHD, "redis_sentinel_host", sentinel.host, state),
            "ansible_python_interpreter": interpreters[0],
        }
        for sentinel in state.sentinels
    }
    return {
        "redis": {"children": children},
        "sentinels": {"hosts": sentinels},
        "all": {
            "vars": connection_variables(directory, getpass.getuser())
            if state.options.ssh
            else {"ansible_connection": "local"}
        },
    }


def restart_script(node: NodeState) -> Path:
    """The file that `redis_restart_command` names."""
    return Path(node.directory) / "restart"


def _write_restart_script(directory: Path, node: NodeState) -> None:
    command = shlex.join([sys.executable, "-P", "-m", "lab.restart", str(directory), node.name])
    script = restart_script(node)
    script.write_text(
        f"#!/bin/sh\n# Stops {node.name} and starts it again with its own file.\n"
        f"PYTHONPATH={shlex.quote(str(TESTS_DIRECTORY))} exec {command}\n",
        encoding="utf-8",
    )
    script.chmod(0o755)


def _node_variables(node: NodeState) -> dict[str, Any]:
    variables: dict[str, Any] = {"redis_port": node.port, "redis_zone": node.zone}
    if node.machine is not None:
        variables["redis_machine"] = node.machine
    if node.announce_host is not None:
        variables["redis_announce"] = f"{node.announce_host}:{node.port}"
    if node.credentials is not None:
        variables["redis_login_user"] = Credentials.MAINTENANCE
        variables["redis_login_password"] = node.credentials.maintenance_password
        variables["redis_node_sentinel_user"] = Credentials.SENTINEL
        variables["redis_node_sentinel_password"] = node.credentials.sentinel_password
    variables |= _tls_variables("redis_", node.tls)
    variables["redis_restart_command"] = [str(restart_script(node))]
    return variables


def _sentinel_variables(sentinel: SentinelState) -> dict[str, Any]:
    variables: dict[str, Any] = {
        "redis_sentinel_port": sentinel.port,
        "redis_zone": sentinel.zone,
    }
    if sentinel.credentials is not None:
        variables["redis_sentinel_login_user"] = Credentials.MAINTENANCE
        variables["redis_sentinel_login_password"] = sentinel.credentials.maintenance_password
    return variables | _tls_variables("redis_sentinel_", sentinel.tls)


def _tls_variables(prefix: str, tls: TlsFiles | None) -> dict[str, Any]:
    if tls is None:
        return {}
    return {
        f"{prefix}tls": True,
        f"{prefix}ca_certs": tls.ca,
        f"{prefix}client_cert_file": tls.client_cert,
        f"{prefix}client_key_file": tls.client_key,
    }


def _reached_by(sshd_name: str, host_variable: str, host: str, state: LabState) -> dict[str, Any]:
    """Where Ansible connects to, and where the server listens when that is elsewhere."""
    if not state.options.ssh:
        return {"ansible_host": host}
    sshd = state.sshd(sshd_name)
    address = {"ansible_host": sshd.host, "ansible_port": sshd.port}
    return address if host == sshd.host else {**address, host_variable: host}


def _yaml(data: Mapping[str, Any], indent: int = 0) -> str:
    """Block mappings for people to read; every scalar and list as JSON, which YAML contains."""
    lines = []
    for key, value in data.items():
        if isinstance(value, Mapping) and value:
            lines.append(f"{' ' * indent}{key}:\n{_yaml(value, indent + 2)}")
        else:
            lines.append(f"{' ' * indent}{key}: {json.dumps(value)}\n")
    return "".join(lines)

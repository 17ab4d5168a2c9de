# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""sentinel.yml: the inventory plugin's file for a lab. It finds the same hosts, under the same names, as inventory.yml holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lab.state import Credentials, LabState, NodeState

SENTINEL_FILE = "sentinel.yml"
_FOUND = {"redis_port", "redis_sentinel_port", "redis_announce"}
"""What the plugin says itself. Everything else of the lab's inventory is composed: nobody can ask Sentinels for it."""


def write_sentinel_inventory(directory: Path, state: LabState, inventory: Mapping[str, Any]) -> None:
    """Write it; a lab without Sentinels has none."""
    if not state.sentinels:
        return
    file = directory / SENTINEL_FILE
    file.touch(mode=0o600)  # it carries passwords
    file.write_text("---\n" + json.dumps(sentinel_inventory_of(state, inventory), indent=2) + "\n", encoding="utf-8")


def sentinel_inventory_of(state: LabState, inventory: Mapping[str, Any]) -> dict[str, Any]:
    """The file as plain data."""
    first = state.sentinels[0]
    options: dict[str, Any] = {
        "plugin": "steadyhand.redis.sentinel",
        "sentinels": [str(sentinel.endpoint) for sentinel in state.sentinels],
        "cluster": "lab",
        "node_name": _looked_up(
            {_plain(*node.announced): node.name for node in state.nodes}, "redis_host ~ ' ' ~ redis_port"
        ),
        "sentinel_name": _looked_up(
            {_plain(one.host, one.port): one.name for one in state.sentinels},
            "redis_sentinel_host ~ ' ' ~ redis_sentinel_port",
        ),
        "compose": _composed(inventory),
    }
    if first.credentials is not None:
        options["sentinel_login_user"] = options["login_user"] = Credentials.MAINTENANCE
        options["sentinel_login_password"] = first.credentials.maintenance_password
        options["login_password"] = _looked_up(dict(_passwords(state.nodes)), "redis_host ~ ' ' ~ redis_port")
    if first.tls is not None:
        for prefix in ("", "sentinel_"):
            options |= {
                f"{prefix}tls": True,
                f"{prefix}ca_certs": first.tls.ca,
                f"{prefix}client_cert_file": first.tls.client_cert,
                f"{prefix}client_key_file": first.tls.client_key,
            }
    return options


def _composed(inventory: Mapping[str, Any]) -> dict[str, str]:
    """Every variable of every host, as an expression that looks the host up."""
    children = inventory["redis"]["children"].values()
    hosts = {name: host for group in [*children, inventory["sentinels"]] for name, host in group["hosts"].items()}
    everywhere = inventory["all"]["vars"]
    table: dict[str, dict[str, Any]] = {}
    for name, variables in hosts.items():
        for variable, value in {**everywhere, **variables}.items():
            if variable not in _FOUND:
                table.setdefault(variable, {})[name] = value
    return {variable: f"({json.dumps(by_host)})[inventory_hostname]" for variable, by_host in table.items()}


def _passwords(nodes: Iterable[NodeState]) -> Iterable[tuple[str, str]]:
    for node in nodes:
        if node.credentials is not None:
            yield _plain(*node.announced), node.credentials.maintenance_password


def _plain(host: str, port: int) -> str:
    return f"{host} {port}"


def _looked_up(table: Mapping[str, str], key: str) -> str:
    return f"{{{{ ({json.dumps(table)})[{key}] }}}}"

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running a module as Ansible does, in this process: parameters in, parsed JSON out."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from ansible.module_utils.testing import patch_module_args
from engine.subjects import target_of, targets_of

if TYPE_CHECKING:
    from ansible_collections.steadyhand.redis.plugins.module_utils._engine.connection import Login
    from lab.lab import Lab
    from lab.node import DataNode

MODULES = "ansible_collections.steadyhand.redis.plugins.modules"


def group_arguments(lab: Lab, group: str = "group-1") -> dict[str, Any]:
    """The arguments that describe a group of the lab."""
    targets = targets_of(lab, group)
    sentinels = targets.sentinels
    return {
        "group": group,
        "nodes": [str(node.address) for node in targets.nodes],
        "node_options": [
            {
                "address": str(node.address),
                "name": node.name,
                "login_user": node.login.user,
                "login_password": node.login.password,
            }
            for node in targets.nodes
        ],
        "sentinels": [str(sentinel.address) for sentinel in sentinels],
        **_tls_arguments("", targets.nodes[0].login),
        **(
            {
                "sentinel_login_user": sentinels[0].login.user,
                "sentinel_login_password": sentinels[0].login.password,
                **_tls_arguments("sentinel_", sentinels[0].login),
            }
            if sentinels
            else {}
        ),
    }


def node_arguments(node: DataNode) -> dict[str, Any]:
    """The arguments that describe one node."""
    target = target_of(node)
    return {
        "login_host": target.address.host,
        "login_port": target.address.port,
        "login_user": target.login.user,
        "login_password": target.login.password,
        **_tls_arguments("", target.login),
    }


def _tls_arguments(prefix: str, login: Login) -> dict[str, Any]:
    names = ("tls", "ca_certs", "client_cert_file", "client_key_file")
    return {f"{prefix}{name}": getattr(login, name) for name in names}


def run(
    capsys: pytest.CaptureFixture[str], name: str, arguments: dict[str, Any], *, check: bool = False, diff: bool = False
) -> dict[str, Any]:
    """Run a module and return what it printed; `failed` tells how it ended."""
    module = importlib.import_module(f"{MODULES}.{name}")
    with (
        patch_module_args({**arguments, "_ansible_check_mode": check, "_ansible_diff": diff}),
        pytest.raises(SystemExit) as ended,
    ):
        module.main()
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert bool(ended.value.code) == bool(result.get("failed", False))
    return result

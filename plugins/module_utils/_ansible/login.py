# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection options that all modules share, for nodes and once more for Sentinels."""

from __future__ import annotations

from typing import Any

_LOGIN: dict[str, dict[str, Any]] = {
    "login_user": {"type": "str"},
    "login_password": {"type": "str", "no_log": True},
    "tls": {"type": "bool", "default": False},
    "validate_certs": {"type": "bool", "default": True},
    "check_hostname": {"type": "bool", "default": True},
    "ca_certs": {"type": "path"},
    "client_cert_file": {"type": "path"},
    "client_key_file": {"type": "path"},
}


def login_options() -> dict[str, dict[str, Any]]:
    """Argument spec of the options documented in the fragment ``steadyhand.redis.login``."""
    return {name: dict(option) for name, option in _LOGIN.items()}


def sentinel_login_options() -> dict[str, dict[str, Any]]:
    """The same options for the Sentinels, each with the prefix ``sentinel_``."""
    return {"sentinel_" + name: dict(option) for name, option in _LOGIN.items()}


def node_address_options() -> dict[str, dict[str, Any]]:
    """Argument spec of a module that speaks of one node."""
    return {
        "login_host": {"type": "str", "default": "localhost"},
        "login_port": {"type": "int", "default": 6379},
        **login_options(),
        "connect_timeout": {"type": "float", "default": 3.0},
    }

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module file_info does."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from .._engine.node import NodeTarget
from .._engine.server_file import look_at_file
from .._engine.targets import login_from
from .._model.address import Address
from .._model.audit.host_look import HostLook
from .module import Task


def file_result(look: HostLook) -> dict[str, Any]:
    """A look as data."""
    return {**asdict(look), "differing": list(look.differing)}


EMPTY_RESULT: dict[str, Any] = {"file": file_result(HostLook(error="it was not looked at"))}


def body(task: Task) -> None:
    """Ask the server, and read its file."""
    params = task.params
    address = Address.of(params["login_host"], params["login_port"])
    target = NodeTarget(str(address), address, login_from(params))
    task.result["file"] = file_result(look_at_file(target, params["service"], params["connect_timeout"]))

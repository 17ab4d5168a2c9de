# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of the steps that one message carries out. What came of it is seen afterwards, not believed."""

from __future__ import annotations

from ..._engine.connection import Command
from ..._engine.group import GroupConnections
from ..._model.errors import AccessDenied, CommandRefused, OutcomeUnknown, SteadyhandError
from ..._model.monitoring import QUORUM
from ..._model.repair.step import MONITOR, REMOVE, REPOINT, RESET, SET, Step


def act(connections: GroupConnections, step: Step) -> None:
    """Carry a step out. Raises what the server answers."""
    if step.kind == REPOINT:
        _repoint(connections, step)
        return
    commands = _commands(connections.targets.name, step)
    for reply in connections.sentinel(step.subject).connection.pipeline(commands):
        if isinstance(reply, SteadyhandError):
            raise reply


def _commands(group: str, step: Step) -> list[Command]:
    if step.kind == REMOVE:
        return [("SENTINEL", "REMOVE", group)]
    if step.kind == RESET:
        return [("SENTINEL", "RESET", group)]
    settings: list[Command] = [
        ("SENTINEL", "SET", group, name, value)
        for name, value in step.options.items()
        if step.kind == SET or name != QUORUM
    ]
    if step.kind == MONITOR and step.address is not None:
        # In one message: it connects in its next turn, some 100 ms later, and must have the password by then.
        address = step.address
        return [("SENTINEL", "MONITOR", group, address.host, address.port, step.options[QUORUM]), *settings]
    return settings


def _repoint(connections: GroupConnections, step: Step) -> None:
    address = step.address
    if address is None:
        raise OutcomeUnknown(f"{step.subject}: no address to copy from")
    node = connections.node(step.subject)
    obeyed, rewritten = node.pipeline([("REPLICAOF", address.host, address.port), ("CONFIG", "REWRITE")])
    for reply in (obeyed, rewritten):
        if isinstance(reply, (AccessDenied, CommandRefused)):
            raise reply

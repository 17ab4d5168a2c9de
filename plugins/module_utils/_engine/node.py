# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A data node on the wire: one round trip gives its whole account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .._model.address import Address
from .._model.borrowed import ledger_key
from .._model.errors import SteadyhandError, WrongKind
from .._model.last_handover import LastHandOver, last_handover_key
from .._model.lock import HeldLock, lock_key
from .._model.node import OBSERVED_SECRETS, OBSERVED_SETTINGS, NodeFacts, parse_node
from .._model.replies import is_sentinel, parse_info, parse_pairs
from .connection import Command, Connection, Login


@dataclass(frozen=True)
class NodeTarget:
    """A node to talk to: its inventory name, where it is reached, how, and what it is declared to be announced as."""

    name: str
    address: Address
    login: Login
    declared: Address | None = None


class Node:
    """One connection to a data node; a context manager that opens and closes it."""

    def __init__(self, target: NodeTarget, timeout: float = 3.0) -> None:
        self.target = target
        self.connection = Connection(target.address, target.login, timeout)

    def __enter__(self) -> Node:
        self.connection.open()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.connection.close()

    def facts(self, group: str = "") -> NodeFacts:
        """Read the node's state in one round trip (INFO, CONFIG GET, ACL LIST), with the ledger of its ``group``, the
        record of its last hand-over and its maintenance lock.

        Raises Unreachable, AccessDenied, WrongKind, or CommandMissing when CONFIG or INFO was renamed.
        """
        settings = [("CONFIG", "GET", name) for name in OBSERVED_SETTINGS + OBSERVED_SECRETS]
        lock_of_group = lock_key(group)
        kept = [
            ("HGETALL", ledger_key(group)),
            ("GET", last_handover_key(group)),
            ("GET", lock_of_group),
            ("PTTL", lock_of_group),
        ]
        info, acl, ledger, record, lock, end, *pairs = self.connection.pipeline(
            [("INFO",), ("ACL", "LIST"), *kept, *settings]
        )
        if isinstance(info, SteadyhandError):
            raise info
        fields = parse_info(info)
        if is_sentinel(fields):
            raise WrongKind(
                f"{self.target.address} is a Sentinel, not a data node: name it among the Sentinels, or not at all"
            )
        for reply in pairs:
            if isinstance(reply, SteadyhandError):
                raise reply
        values: dict[str, str] = {}
        for reply in pairs:
            values.update(parse_pairs(reply))
        # Comparing ACL users needs a permission that a least-privilege user may lack: None then, never "no users".
        acl_lines = None if isinstance(acl, SteadyhandError) else list(acl)
        # A node that loads or has lost its primary refuses to read keys; nothing is known of what it keeps then.
        borrowed = {} if isinstance(ledger, SteadyhandError) else parse_pairs(ledger)
        last = None if isinstance(record, SteadyhandError) else LastHandOver.decode(record)
        held = None if isinstance(lock, SteadyhandError) else HeldLock.read(lock, end if isinstance(end, int) else None)
        own_user = self.target.login.user or "default"
        return parse_node(fields, values, acl_lines, own_user, borrowed, last, held)

    def info(self, section: str) -> dict[str, str]:
        """One section of INFO as a mapping."""
        return parse_info(self.call("INFO", section))

    def call(self, *command: Any) -> Any:
        """Run one command on this node."""
        return self.connection.call(*command)

    def pipeline(self, commands: Sequence[Command]) -> list[Any]:
        """Run commands in one round trip; an error reply takes its place in the list."""
        return self.connection.pipeline(commands)

    def transaction(self, commands: Sequence[Command]) -> list[Any]:
        """Run commands in one MULTI/EXEC on this node."""
        return self.connection.transaction(commands)

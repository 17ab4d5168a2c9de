# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that the engine would take and that would destroy: data evicted, clients cut off, writes refused.

Source: the behaviour read in evict.c, networking.c, replication.c and rdb.c of Redis 7.0 and 8.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Callable

from ..node import NodeFacts
from .forms import normal

Danger = tuple[str, str]
"""The name of the setting that is refused, and why."""

# Running values that the checks below need beside those that are to be changed.
CONTEXT = (
    "maxmemory",
    "maxmemory-policy",
    "min-replicas-max-lag",
    "min-replicas-to-write",
    "repl-ping-replica-period",
    "repl-timeout",
)

# What the engine keeps of its files for itself (CONFIG_MIN_RESERVED_FDS in server.h).
RESERVED_FILES = 32


@dataclass(frozen=True)
class Proposal:
    """The values that would change, those that run now, and the node.

    ``good_replicas`` of its group and ``most_open_files`` of its process are None where they are not known.
    """

    changing: Mapping[str, str]
    running: Mapping[str, str]
    facts: NodeFacts
    good_replicas: int | None = None
    most_open_files: int | None = None

    def text(self, name: str) -> str:
        """The normal form of a setting as it would be afterwards; empty when it is not known."""
        return normal(name, self.changing.get(name, self.running.get(name, "")))

    def number(self, name: str) -> int | None:
        """The same as a whole number; None when it is not one."""
        text = self.text(name)
        return int(text) if text.isdigit() else None


def dangers(proposal: Proposal) -> Iterator[Danger]:
    """Everything in the proposal that would destroy."""
    for check in _CHECKS:
        yield from check(proposal)


def unseen(proposal: Proposal) -> Iterator[str]:
    """What could not be checked for want of knowledge."""
    if "min-replicas-to-write" in proposal.changing and proposal.good_replicas is None:
        yield "whether the group has enough good replicas for min-replicas-to-write (good_replicas was not given)"


def _memory_limit(proposal: Proposal) -> Iterator[Danger]:
    limit, used = proposal.number("maxmemory"), proposal.facts.memory.used
    if not limit or used <= limit:
        return
    if "maxmemory" in proposal.changing:
        yield (
            "maxmemory",
            f"{limit} bytes are below the {used} in use: keys would be evicted, or every write refused. Free memory first",
        )
    elif "maxmemory-policy" in proposal.changing and proposal.text("maxmemory-policy") != "noeviction":
        yield (
            "maxmemory-policy",
            f"{used} bytes are in use, maxmemory is {limit}: eviction would begin at once. Raise maxmemory first",
        )


def _good_replicas(proposal: Proposal) -> Iterator[Danger]:
    wanted, good = proposal.number("min-replicas-to-write"), proposal.good_replicas
    if not wanted or good is None or proposal.text("min-replicas-max-lag") == "0" or wanted <= good:
        return
    for name in ("min-replicas-to-write", "min-replicas-max-lag"):
        if name in proposal.changing:
            yield (
                name,
                f"min-replicas-to-write would be {wanted}, the group has {good} good replicas: every write would be refused",
            )


def _replication_timeout(proposal: Proposal) -> Iterator[Danger]:
    timeout, period = proposal.number("repl-timeout"), proposal.number("repl-ping-replica-period")
    if timeout is None or period is None or timeout > period:
        return
    for name in ("repl-timeout", "repl-ping-replica-period"):
        if name in proposal.changing:
            yield (
                name,
                f"repl-timeout would be {timeout} s, not above repl-ping-replica-period ({period} s): idle links would time out",
            )


def _databases(proposal: Proposal) -> Iterator[Danger]:
    count, highest = proposal.number("databases"), proposal.facts.highest_database
    if "databases" in proposal.changing and count and count <= highest:
        yield "databases", f"database {highest} holds keys: with {count} databases the server refuses to load its file"


def _clients(proposal: Proposal) -> Iterator[Danger]:
    limit, files = proposal.number("maxclients"), proposal.most_open_files
    # INFO counts replicas apart, the limit counts them in.
    connected = proposal.facts.connected_clients + len(proposal.facts.replicas)
    if "maxclients" in proposal.changing and limit is not None and limit <= connected:
        yield (
            "maxclients",
            f"{connected} connections are open: with {limit} allowed, new clients, Sentinels and replicas are turned away",
        )
    # It would ask for fewer and fewer files, answering nobody meanwhile: minutes for a value far beyond.
    if "maxclients" in proposal.changing and limit and files is not None and limit + RESERVED_FILES > files:
        yield (
            "maxclients",
            f"the server may open {files} files, which is enough for {files - RESERVED_FILES} clients: raise LimitNOFILE of its unit first",
        )


_CHECKS: tuple[Callable[[Proposal], Iterator[Danger]], ...] = (
    _memory_limit,
    _good_replicas,
    _replication_timeout,
    _databases,
    _clients,
)

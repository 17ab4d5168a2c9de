# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of settings: spelling, aliases, likeness, and which ones hold secrets."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

# Alias -> the name that CONFIG REWRITE writes. Source: the second name in the tables of config.c of Redis 7.0 to 8.0 and
# Valkey 7.2 to 9.1, which know both; Valkey's own primary* names of the secrets are in the table of what may not be pushed.
ALIASES = {
    "hash-max-ziplist-entries": "hash-max-listpack-entries",
    "hash-max-ziplist-value": "hash-max-listpack-value",
    "list-max-ziplist-size": "list-max-listpack-size",
    "lua-time-limit": "busy-reply-threshold",
    "min-slaves-max-lag": "min-replicas-max-lag",
    "min-slaves-to-write": "min-replicas-to-write",
    "repl-ping-slave-period": "repl-ping-replica-period",
    "slave-announce-ip": "replica-announce-ip",
    "slave-announce-port": "replica-announce-port",
    "slave-ignore-maxmemory": "replica-ignore-maxmemory",
    "slave-lazy-flush": "replica-lazy-flush",
    "slave-priority": "replica-priority",
    "slave-read-only": "replica-read-only",
    "slave-serve-stale-data": "replica-serve-stale-data",
    "slaveof": "replicaof",
    "zset-max-ziplist-entries": "zset-max-listpack-entries",
    "zset-max-ziplist-value": "zset-max-listpack-value",
}

# What CONFIG GET would read as a pattern, and what would break a line of the file, is no name.
_NAME = re.compile(r"\A[a-z0-9][a-z0-9._-]*\Z")
_SECRET = re.compile(r"pass|auth$|secret|token|^user$|^(master|primary)user$")


def canonical(name: str) -> str:
    """The one name of a setting: lower case, aliases resolved."""
    lowered = name.strip().lower()
    return ALIASES.get(lowered, lowered)


def well_formed(name: str) -> bool:
    """Whether this can be the name of a setting at all (modules use a dot: ``search.timeout``)."""
    return _NAME.match(canonical(name)) is not None


def is_secret(name: str) -> bool:
    """Whether a value of this setting must not be shown. Wide on purpose; such settings are not pushed at all."""
    return _SECRET.search(canonical(name)) is not None


def similar(name: str, known: Iterable[str]) -> list[str]:
    """The names that might be meant, best first."""
    return difflib.get_close_matches(canonical(name), sorted(set(known)), n=3, cutoff=0.7)

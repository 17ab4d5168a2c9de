# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a node runs with the settings of its file: what its next start would change."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from .file import directive_names, file_value
from .forms import BUFFER_DEFAULTS, OUTPUT_BUFFERS, normal, same
from .names import is_secret

# What a server has where its file says nothing, by engine and version, for settings that matter after a restart (config.c of Redis
# 6.2 to 8.0 and Valkey 8.1 to 9.1). Not maxclients, which a server lowers by itself to the files that it may open.
DEFAULTS = {
    "appendonly": ("no",),
    OUTPUT_BUFFERS: (BUFFER_DEFAULTS,),
    "maxmemory": ("0",),
    "maxmemory-policy": ("noeviction",),
    "min-replicas-max-lag": ("10",),
    "min-replicas-to-write": ("0",),
    "repl-backlog-size": ("1mb", "10mb"),
    "repl-timeout": ("60",),
    "replica-priority": ("100",),
    "replica-read-only": ("yes",),
    "save": ("3600 1 300 100 60 10000", "900 1 300 10 60 10000"),
}
# Several lines of the file for one setting, or something else than the value that CONFIG GET shows.
NOT_COMPARED = frozenset({"include", "loadmodule", "rename-command", "user"})


def differing(text: str, running: Mapping[str, str], overridden: Collection[str] = ()) -> Iterator[str]:
    """One sentence for each setting of which the file says something else than what runs. Secrets are named, not shown.

    ``overridden``: settings that an included file or the command line sets.
    """
    named = set(directive_names(text))
    for name in sorted((named | set(DEFAULTS)) - NOT_COMPARED - set(overridden)):
        has = running.get(name)
        if has is None:
            continue
        if name not in named:
            if not any(same(name, default, has) for default in DEFAULTS[name]):
                yield f"{name} is {has or '(empty)'}, the file does not name it (default {DEFAULTS[name][0]})"
            continue
        value = file_value(text, name)
        if value is None or _agree(name, value, has):
            continue
        if is_secret(name):
            yield f"{name} is another one than in the file"
        else:
            yield f"{name} is {has or '(empty)'}, the file has {normal(name, value) or '(empty)'}"


def _agree(name: str, value: str, running: str) -> bool:
    if name == "dir":
        # A relative folder counts from where the server was started, which nobody tells.
        return not value.startswith("/") or value.rstrip("/") == running.rstrip("/")
    if name == "replicaof":
        return value.split() == running.split() or value.lower() == "no one"
    return same(name, value, running)

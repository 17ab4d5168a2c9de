# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node's own machine tells about it: its configuration file, memory, disk, command line, service limits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .address import Address


@dataclass(frozen=True)
class ConfigFile:
    """A node's configuration file as it is on disk. ``error`` says why it could not be read; then ``text`` is empty.

    ``includes``: path and text of every file that it includes, at any depth, in the order of reading. ``unfound``: relative
    includes whose folder depends on where the server is started.
    """

    path: str
    text: str = ""
    error: str = ""
    writable: bool = True
    includes: tuple[tuple[str, str], ...] = ()
    unfound: tuple[str, ...] = ()

    def values(self, name: str) -> list[str]:
        """Every value that the file gives a setting, in order; the last one counts, but for settings that add up."""
        return [value for found, value in directives(self.text) if found == name]

    @property
    def replica_of(self) -> Address | None:
        """The primary that the file names, by whichever of the two spellings."""
        named = [value for found, value in directives(self.text) if found in ("replicaof", "slaveof")]
        parts = named[-1].split() if named else []
        return Address.of(parts[0], parts[1]) if len(parts) == 2 and parts[1].isdigit() else None


@dataclass(frozen=True)
class HostFacts:
    """A node's machine at one moment. Bytes and seconds; None where the machine does not tell.

    ``start_arguments``: the command line with which the node was started and will be again.
    """

    config_file: ConfigFile
    start_arguments: tuple[str, ...] | None = ()
    memory_available: int | None = None
    disk_free: int | None = None
    start_timeout: float | None = None
    stop_timeout: float | None = None


def directives(text: str) -> Iterator[tuple[str, str]]:
    """The ``name value`` lines of a configuration file; names in lower case, comments dropped."""
    for line in text.splitlines():
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            name, *value = stripped.split(None, 1)
            yield name.lower(), "".join(value)


def command_line_settings(arguments: tuple[str, ...]) -> list[str]:
    """The names of settings given as ``--name value`` when the server was started.

    Only arguments that begin with two dashes count, and not those that are a value themselves (``-::1``).
    """
    return [argument[2:].split(" ", 1)[0].lower() for argument in arguments if re.match(r"--[A-Za-z]", argument)]

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes whose program can be replaced by another version's under the same path, as a package upgrade does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import engines
from engine.subjects import GROUP

if TYPE_CHECKING:
    from lab.asked import AskedServer
    from lab.lab import Lab


def nodes_of(group: str = GROUP) -> tuple[str, ...]:
    """The names of a group's nodes."""
    return tuple(f"{group}-{letter}" for letter in "abc")


NODES = nodes_of()
SENTINELS = tuple(f"sentinel-{letter}" for letter in "abc")


@dataclass(frozen=True)
class Installed:
    """The programs of the nodes of so many groups and of their Sentinels, below *directory*."""

    directory: Path
    groups: int = 1

    @property
    def names(self) -> tuple[str, ...]:
        """Of everything that has a program."""
        return (*(name for number in range(self.groups) for name in nodes_of(f"group-{number + 1}")), *SENTINELS)

    @property
    def lab_options(self) -> dict[str, Any]:
        """Options for a lab that uses these programs."""
        return {"groups": self.groups, "node_binaries": {name: str(self._program(name)) for name in self.names}}

    def install(self, engine: str, *names: str) -> None:
        """Put a version in place. What runs stays what it was until its restart."""
        for name in names:
            program = self._program(name)
            program.parent.mkdir(parents=True, exist_ok=True)
            unfinished = program.with_suffix(".new")
            unfinished.symlink_to(engines.programs()[engine])
            unfinished.replace(program)

    def _program(self, name: str) -> Path:
        return self.directory / name / "redis-server"


def installed(
    directory: Path, engine: str, newer: str | None = None, on: tuple[str, ...] = (), groups: int = 1
) -> Installed:
    """Whole groups and their Sentinels of one version, except for the nodes *on* which the newer one is."""
    programs = Installed(directory, groups)
    programs.install(engine, *(name for name in programs.names if name not in on))
    if newer is not None:
        programs.install(newer, *on)
    return programs


def engine_of(server: AskedServer) -> str:
    """What runs, by names like `valkey-9.1`, as the server itself says."""
    with server.client() as client:
        said = client.info("server")
    engine = "valkey" if "valkey_version" in said else "redis"
    major, minor, *_rest = str(said[f"{engine}_version"]).split(".")
    return f"{engine}-{major}.{minor}"


def full_syncs(lab: Lab) -> dict[str, int]:
    """Full synchronisations that each running node served since its own start."""
    return {node.name: int(node.info("stats")["sync_full"]) for node in lab.nodes_of(GROUP)}

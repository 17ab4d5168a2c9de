# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the host of a server says: whether the running settings are those of the file, and whether the server could write it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..problems import Problem


@dataclass(frozen=True)
class HostLook:
    """Of one server. ``error``: why its host told nothing. ``differing``: what differs between the server and its file, one
    sentence each, without secrets. ``unwritable``: why the server could not write its file; empty where it can.
    """

    path: str = ""
    differing: tuple[str, ...] = ()
    unwritable: str = ""
    error: str = ""


def node_file_problems(name: str, look: HostLook) -> Iterator[Problem]:
    """What the next start of a node would change."""
    if look.differing:
        yield Problem(
            "settings_not_persisted",
            name,
            f"{look.path}: " + "; ".join(look.differing),
            "Push what is meant (push_config), which sets it live and in the file, or have the server write its file (CONFIG REWRITE)",
        )


def sentinel_file_problems(name: str, look: HostLook) -> Iterator[Problem]:
    """What the next start of a Sentinel would forget."""
    if look.unwritable or look.differing:
        yield Problem(
            "sentinel_cannot_write",
            name,
            "; ".join([*([look.unwritable] if look.unwritable else []), *look.differing]),
            f"Let its user write {look.path or 'its file'} and the folder of it, then SENTINEL FLUSHCONFIG; do not restart it before",
        )

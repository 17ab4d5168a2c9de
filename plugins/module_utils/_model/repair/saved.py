# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data of a node in a file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FileOfNode:
    """What was written, in bytes, and how it was checked."""

    path: str
    size: int
    checked: str


@dataclass(frozen=True)
class SavedCopy:
    """A file and whose it is. ``offset`` and ``replication_id`` say to which moment of which history it belongs."""

    node: str
    path: str
    size: int
    checked: str
    offset: int
    replication_id: str

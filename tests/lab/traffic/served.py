# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What traffic needs of the groups that it writes to, wherever their servers run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lab.asked import AskedNode
    from lab.route import Route


class Served(Protocol):
    """Groups of nodes with their Sentinels."""

    @property
    def directory(self) -> Path:
        """A directory that is removed with them, after the processes in it have been ended."""

    @property
    def groups(self) -> Sequence[str]:
        """The names under which the Sentinels know the groups."""

    def route(self, group: str) -> Route:
        """How applications find its primary."""

    def nodes_of(self, group: str) -> Sequence[AskedNode]:
        """The nodes of one group."""

    def primaries_of(self, group: str) -> Sequence[AskedNode]:
        """Every reachable node of the group that calls itself primary."""

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Groups that somebody makes, starts and removes, wherever they run: who leads, and the inventory that describes them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Generic, TypeVar

from lab.asked import AskedNode
from lab.errors import LabError
from lab.inventory import CONFIG_FILE, INVENTORY_FILE

if TYPE_CHECKING:
    from typing import Self

Node = TypeVar("Node", bound=AskedNode)


class Members(ABC, Generic[Node]):
    """The nodes of some groups, and who of them leads, asked now."""

    @property
    @abstractmethod
    def groups(self) -> list[str]:
        """The names under which the Sentinels know the groups."""

    @property
    @abstractmethod
    def nodes(self) -> Sequence[Node]:
        """All data nodes, group by group."""

    def nodes_of(self, group: str) -> list[Node]:
        """The nodes of one group."""
        members = [node for node in self.nodes if node.group == group]
        if not members:
            raise LabError(f"no group {group!r}: there are {', '.join(self.groups)}")
        return members

    def primaries_of(self, group: str) -> list[Node]:
        """Every reachable node of the group that calls itself primary: one, or there is a split brain."""
        return [node for node in self.nodes_of(group) if node.role_if_reachable() == "master"]

    def primary_of(self, group: str) -> Node:
        """The one node that calls itself primary; an error when there is none or more than one."""
        primaries = self.primaries_of(group)
        if len(primaries) != 1:
            raise LabError(f"{group}: primaries: {', '.join(map(str, primaries)) or 'none'}")
        return primaries[0]

    def replicas_of(self, group: str) -> list[Node]:
        """The reachable nodes of the group that call themselves replicas."""
        return [node for node in self.nodes_of(group) if node.role_if_reachable() == "slave"]


class Groups(Members[Node]):
    """A context manager: starts everything, and removes it."""

    directory: Path

    @abstractmethod
    def start(self) -> None:
        """Start everything, wait until it has converged, and write the inventory."""

    @abstractmethod
    def destroy(self) -> None:
        """Remove everything. Safe to call twice."""

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.destroy()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.destroy()

    @property
    def inventory_file(self) -> Path:
        """For `ansible-playbook -i`."""
        return self.directory / INVENTORY_FILE

    @property
    def ansible_config_file(self) -> Path:
        """For ANSIBLE_CONFIG."""
        return self.directory / CONFIG_FILE

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the servers themselves say before and after a change: the demo believes them, not the playbook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lab.lab import Lab


@dataclass(frozen=True)
class NodeSnapshot:
    """One node at one moment."""

    name: str
    group: str
    run_id: str
    is_primary: bool
    settings: Mapping[str, str]
    """The running values, as CONFIG GET answers."""


@dataclass(frozen=True)
class NodeChange:
    """One node before and after."""

    before: NodeSnapshot
    after: NodeSnapshot

    @property
    def restarted(self) -> bool:
        """Another run id is another process."""
        return self.before.run_id != self.after.run_id

    @property
    def settings(self) -> dict[str, tuple[str, str]]:
        """Settings whose running value changed: before and after."""
        return {
            name: (value, self.after.settings[name])
            for name, value in self.before.settings.items()
            if value != self.after.settings[name]
        }


def take(lab: Lab, settings: Iterable[str]) -> list[NodeSnapshot]:
    """Ask every node now."""
    names = list(settings)
    return [
        NodeSnapshot(
            name=node.name,
            group=node.group,
            run_id=node.run_id(),
            is_primary=node.role() == "master",
            settings={name: node.config(name) for name in names},
        )
        for node in lab.nodes
    ]


def changes(before: Iterable[NodeSnapshot], after: Iterable[NodeSnapshot]) -> dict[str, list[NodeChange]]:
    """Node by node, by group."""
    by_group: dict[str, list[NodeChange]] = {}
    for old, new in zip(before, after, strict=True):
        by_group.setdefault(old.group, []).append(NodeChange(old, new))
    return by_group


def primary_of(nodes: Iterable[NodeSnapshot]) -> str:
    """The name of the primary; all names when there is more than one."""
    return ", ".join(node.name for node in nodes if node.is_primary) or "none"


def _difference(was: str, now: str) -> str:
    """Two values of a setting; of long ones with as many words, only the words that differ."""
    old, new = was.split(), now.split()
    if len(old) != len(new) or len(old) < 3:
        return f"{was} -> {now}"
    return ", ".join(f"{one} -> {other}" for one, other in zip(old, new, strict=True) if one != other)


def describe(group: str, nodes: list[NodeChange]) -> list[str]:
    """Lines for people: what became of a group."""
    old, new = primary_of(change.before for change in nodes), primary_of(change.after for change in nodes)
    lines = [f"{group}: primary {new}" + ("" if old == new else f", handed over from {old}")]
    for change in nodes:
        lines.append(f"  {change.after.name}: {'restarted' if change.restarted else 'not restarted'}")
        lines += [f"      {name}: {_difference(was, now)}" for name, (was, now) in change.settings.items()]
    return lines

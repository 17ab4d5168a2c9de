# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Memory: whether the limits of a group agree, and whether those of a machine fit into it."""

from __future__ import annotations

from collections.abc import Iterator

from ..group import GroupView
from ..problems import Problem
from .scene import Found, Owned, Scene


def memory_problems(view: GroupView) -> Iterator[Problem]:
    """Within one group."""
    unset = [member.name for member in view.members if not member.facts.memory.limit]
    if unset:
        whole_group = len(unset) == len(view.members)
        yield Problem(
            "maxmemory_unset",
            view.name if whole_group else ", ".join(unset),
            "maxmemory is 0" + (" on every node" if whole_group else ""),
            "Set maxmemory to what the machine has to spare, with room for a fork and for buffers (push_config)",
        )
    for what, said in (
        ("maxmemory", {member.name: str(member.facts.memory.limit) for member in view.members}),
        ("maxmemory-policy", {member.name: member.facts.memory.policy for member in view.members}),
    ):
        if len(set(said.values())) > 1:
            yield Problem(
                "maxmemory_differs",
                view.name,
                "{}: {}".format(what, ", ".join(f"{name} {value}" for name, value in said.items())),
                "Give every node the same (push_config)",
            )


def machine_problems(scene: Scene) -> Iterator[Found]:
    """Over all groups: what the nodes of one machine may use together, against what it has."""
    machines: dict[str, dict[str, Owned]] = {}
    for owned in scene.nodes():
        machine = owned.group.place(owned.member.name).machine or owned.member.account.address.host
        machines.setdefault(machine, {})[owned.member.facts.run_id] = owned
    for machine, nodes in sorted(machines.items()):
        limits = {str(owned): owned.member.facts.memory.limit for owned in nodes.values()}
        has = min(owned.member.facts.memory.machine for owned in nodes.values())
        if has and sum(limits.values()) > has:
            for label in dict.fromkeys(owned.group.label for owned in nodes.values()):
                yield Found(label, _beyond(machine, limits, has))


def _beyond(machine: str, limits: dict[str, int], has: int) -> Problem:
    return Problem(
        "maxmemory_beyond_machine",
        machine,
        "the machine has {} bytes; maxmemory: {}".format(
            has, ", ".join(f"{name} {limit}" for name, limit in limits.items() if limit)
        ),
        "Lower maxmemory, or move a node; a fork and the buffers of clients need room beside it",
    )

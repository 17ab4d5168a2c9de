# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What fails together: nodes and Sentinels of a group in one zone or on one machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..problems import Problem
from .scene import NODE, SENTINEL, AuditedGroup

ZONE_REMEDY = "Move one to another zone, or correct redis_zone"


def place_problems(group: AuditedGroup) -> Iterator[Problem]:
    """All of it. What the inventory says of no place is not judged."""
    nodes = [node.name for node in group.view.nodes]
    sentinels = [sentinel.name for sentinel in group.view.sentinels]
    yield from _nodes_by_zone(group, _gathered({name: group.place(name).zone for name in nodes}), len(nodes))
    yield from _sentinels_by_zone(
        group, _gathered({name: group.place(name, SENTINEL).zone for name in sentinels}), len(sentinels)
    )
    for machine, names in _gathered({name: group.place(name).machine for name in nodes}).items():
        if len(names) > 1:
            yield Problem(
                "machine_shared",
                group.view.name,
                f"{', '.join(names)} are on the machine {machine}",
                "Move one to another machine, or say by redis_machine which is which",
            )


def _nodes_by_zone(group: AuditedGroup, zones: Mapping[str, list[str]], total: int) -> Iterator[Problem]:
    for zone, names in zones.items():
        if len(names) > 1:
            every = len(names) == total
            yield Problem(
                "zone_has_majority" if every else "zone_shared",
                group.view.name,
                f"{'all nodes, ' if every else ''}{', '.join(names)}, are in the zone {zone}",
                ZONE_REMEDY,
            )


def _sentinels_by_zone(group: AuditedGroup, zones: Mapping[str, list[str]], total: int) -> Iterator[Problem]:
    majority = total // 2 + 1
    for zone, names in zones.items():
        if len(names) > 1:
            left = total - len(names)
            yield Problem(
                "zone_has_majority" if left < majority else "zone_shared",
                group.view.name,
                f"of {total} Sentinels {', '.join(names)} are in the zone {zone}; without it {left} are left, a majority is {majority}",
                ZONE_REMEDY,
            )


def unknown_places(group: AuditedGroup) -> Iterator[str]:
    """What could not be judged, for want of places."""
    for plural, kind, names in (
        ("nodes", NODE, [node.name for node in group.view.nodes]),
        ("Sentinels", SENTINEL, [sentinel.name for sentinel in group.view.sentinels]),
    ):
        unknown = [name for name in names if not group.place(name, kind).zone]
        if unknown:
            yield f"zones of {plural}: redis_zone is not set for {', '.join(unknown)}"


def _gathered(places: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, place in sorted(places.items()):
        if place:
            found.setdefault(place, []).append(name)
    return dict(sorted(found.items()))

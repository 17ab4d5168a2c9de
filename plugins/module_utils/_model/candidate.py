# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which replica becomes the primary: by the user's wish, then by balance, then by how fresh it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .group import Member


@dataclass(frozen=True)
class Preference:
    """The user's wishes. ``target`` and ``never`` are node names; ``zone`` comes first, but is no must.

    ``zones`` and ``machines`` say where each node is; ``primaries_per_zone`` and ``primaries_per_machine`` how many primaries
    of other groups are there already.
    """

    target: str | None = None
    zone: str | None = None
    never: tuple[str, ...] = ()
    zones: Mapping[str, str] = field(default_factory=dict)
    machines: Mapping[str, str] = field(default_factory=dict)
    primaries_per_zone: Mapping[str, int] = field(default_factory=dict)
    primaries_per_machine: Mapping[str, int] = field(default_factory=dict)


def best_candidate(fit: tuple[Member, ...], preference: Preference) -> Member | None:
    """The replica to promote among those that are fit to lead; None when the wishes leave nobody."""
    allowed = [member for member in fit if member.name not in preference.never]
    if preference.target is not None:
        allowed = [member for member in allowed if member.name == preference.target]
    return min(allowed, key=lambda member: _rank(member, preference), default=None)


def _rank(member: Member, preference: Preference) -> tuple[bool, int, int, int, str]:
    zone = preference.zones.get(member.name, "")
    machine = preference.machines.get(member.name, "")
    upstream = member.facts.upstream
    return (
        preference.zone is not None and zone != preference.zone,
        preference.primaries_per_zone.get(zone, 0),
        preference.primaries_per_machine.get(machine, 0),
        -(upstream.applied_offset if upstream is not None else 0),
        member.name,
    )

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two well-tuned groups of one Sentinel set, for audits: ``presence-1`` of builders.py, and ``presence-2``, which is like it.

The nodes of ``presence-2`` are ``x`` (the primary), ``y`` and ``z``, at 10.0.1.1 to 10.0.1.3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.audit.host_look import HostLook
from ansible_collections.steadyhand.redis.plugins.module_utils._model.audit.scene import (
    NODE,
    SENTINEL,
    AuditedGroup,
    Place,
    Scene,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._model.group import GroupView
from ansible_collections.steadyhand.redis.plugins.module_utils._model.sentinel import PrimaryEntry
from unit.builders import MIB, group_view, with_memory, with_settings

FIRST = "presence-1"
SECOND = "presence-2"
SECOND_NAMES = {"a": "x", "b": "y", "c": "z"}
PLACES = {name: Place(f"zone-{name[-1]}", f"machine-{name}") for name in ("a", "b", "c", "x", "y", "z")} | {
    f"s{number}": Place(f"zone-{number}") for number in (1, 2, 3)
}

LOOKS = {name: HostLook("/etc/x.conf") for name in PLACES}

Anything = TypeVar("Anything")
Change = Callable[[GroupView], GroupView]


def tuned(view: GroupView) -> GroupView:
    """The group with settings that nobody would advise to change."""
    for member in view.members:
        view = with_settings(view, member.name, min_replicas_to_write="1", min_replicas_max_lag="4")
        view = with_memory(view, member.name, limit=100 * MIB)
    return view


def second_view() -> GroupView:
    """``presence-2``."""
    view: GroupView = _moved(tuned(group_view()))
    return replace(view, name=SECOND)


def second_address(name: str) -> Address:
    """Where a node of ``presence-2`` listens."""
    return Address(f"10.0.1.{' xyz'.index(name)}", 6379)


def _moved(thing: Any) -> Any:
    """The same with the addresses, names, run ids and replication id of the second group; Sentinels stay."""
    if isinstance(thing, Address):
        moved = Address(thing.host.replace("10.0.0.", "10.0.1."), thing.port)
        return moved if thing.port == 6379 else thing
    if isinstance(thing, str):
        if thing in SECOND_NAMES:
            return SECOND_NAMES[thing]
        if thing.startswith("run-") and thing[4:] in SECOND_NAMES:
            return f"run-{SECOND_NAMES[thing[4:]]}"
        return "2" * 40 if thing == "1" * 40 else thing
    if isinstance(thing, tuple):
        return tuple(_moved(one) for one in thing)
    if is_dataclass(thing) and not isinstance(thing, type):
        return replace(thing, **{one.name: _moved(getattr(thing, one.name)) for one in fields(thing)})
    return thing


def scene(
    first: Change = lambda view: view,
    second: Change = lambda view: view,
    places: Mapping[str, Place] = PLACES,
    looks: Mapping[str, HostLook] = LOOKS,
    names: Sequence[str] = (FIRST, SECOND),
    complete: bool = True,
) -> Scene:
    """Both groups, changed. ``names``: their labels."""
    views = [first(tuned(group_view())), second(second_view())]
    tables: dict[str, dict[str, PrimaryEntry]] = {}
    for view in views:
        for account, _facts, entry in view.watching:
            tables.setdefault(account.name, {})[view.name] = entry
    return Scene(
        tuple(
            AuditedGroup(label, view, None, tables, _by_kind(places), _by_kind(looks))
            for label, view in zip(names, views, strict=True)
        ),
        complete,
    )


def _by_kind(named: Mapping[str, Anything]) -> dict[tuple[str, str], Anything]:
    return {(SENTINEL if name.startswith("s") else NODE, name): value for name, value in named.items()}


def with_table(made: Scene, name: str, entry: PrimaryEntry, sentinel: str = "s1") -> Scene:
    """One name more in the table of a Sentinel."""
    return replace(
        made,
        groups=tuple(
            replace(group, tables={**group.tables, sentinel: {**group.tables[sentinel], name: entry}})
            for group in made.groups
        ),
    )

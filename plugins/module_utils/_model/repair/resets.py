# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps by which Sentinels forget entries that belong to nobody of the group, and why they must not."""

from __future__ import annotations

from collections.abc import Iterator

from ..group import GroupView
from ..proof import Proven
from .entries import Stranger, strangers
from .step import RESET, Step


def reset_steps(view: GroupView, proven: Proven, right: set[str]) -> tuple[list[Step], list[Step], list[str]]:
    """Steps that cannot wait, steps that can, and what stays. Only Sentinels that name the primary are made to forget the rest."""
    alive: dict[str, list[Stranger]] = {}
    gone: dict[str, list[Stranger]] = {}
    for stranger in strangers(view):
        if stranger.account.name in right:
            (gone if stranger.entry.down else alive).setdefault(stranger.account.name, []).append(stranger)
    urgent = [_reset_step(name, found, proven, True) for name, found in alive.items()]
    obstacles = list(_why_not_resettable(view, proven)) if gone else []
    names = [name for name in gone if name not in alive]
    if obstacles:
        left = [f"{stranger}: it stays, because {'; '.join(obstacles)}" for name in names for stranger in gone[name]]
        return urgent, [], left
    return urgent, [_reset_step(name, gone[name], proven, False) for name in names], []


def _why_not_resettable(view: GroupView, proven: Proven) -> Iterator[str]:
    """Why no Sentinel may forget what it knows now: it finds only what is attached and what says hello again, and until then it
    knows nobody who could take over."""
    for node in view.nodes:
        if node.facts is None:
            yield f"{node.name} does not answer, and would be forgotten with the rest"
    for account in view.sentinels:
        if account.facts is None:
            yield f"{account.name} does not answer, and would be forgotten with the rest"
    for account, _facts, entry in view.watching:
        if entry.address in view.addresses(proven.primary) and entry.down:
            yield f"{account.name} holds the primary for down"


def _reset_step(name: str, found: list[Stranger], proven: Proven, urgent: bool) -> Step:
    entries = ", ".join(f"{'the Sentinel ' if one.is_peer else ''}{one.entry.address}" for one in found)
    why = (
        "it is alive and not of this group, and Sentinel makes such a node copy this group some ten seconds after it has met it"
        if urgent
        else "nothing of this group is there any more, and whatever gets the address next would be made to copy this group"
    )
    return Step(
        RESET,
        name,
        f"have {name} forget all replicas and Sentinels and find them again, for {entries}: {why}",
        "it names the primary" if urgent else "every node and Sentinel answers, and all hold the primary for up",
        "it does not know it any more"
        if urgent
        else f"it knows every node and every Sentinel again, and not {entries}",
        proven.address,
        {"urgent": "yes"} if urgent else {},
    )

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a repair consists of: steps, each with the condition that holds before it and the one that must hold after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..address import Address

# From the least dangerous to the most, as far as one does not need another before it.
RETURN = "return"
SET = "set"
REMOVE = "remove"
MONITOR = "monitor"
REPOINT = "repoint"
RESET = "reset"
SAVE = "save"
DEMOTE = "demote"


@dataclass(frozen=True)
class Step:
    """One change of one server. ``subject`` is the inventory's name of a Sentinel or a node, the sentences are for people."""

    kind: str
    subject: str
    action: str
    before: str
    after: str
    address: Address | None = None
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same step in two plans."""
        return self.kind, self.subject


@dataclass(frozen=True)
class RepairWish:
    """What the user says of a repair. ``parameters`` by the engine's names, as SENTINEL SET takes them.

    ``secrets``: by what a Sentinel logs in to the nodes, which no command shows. ``needs_login``: the nodes let nobody in without
    a password. ``choose``: the primary whose data survive. ``can_save``: there is a place for the data of the others.
    ``saved``: the nodes whose data are there already. ``orphans``: their replicas, and whom each copied then. ``accept``: codes of
    problems that are meant.
    """

    parameters: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    needs_login: bool = False
    choose: str | None = None
    can_save: bool = False
    saved: frozenset[str] = frozenset()
    orphans: Mapping[str, Address] = field(default_factory=dict)
    accept: tuple[str, ...] = ()


@dataclass(frozen=True)
class RepairPlan:
    """Steps in their order. ``left`` is what is wrong and is not repaired, with the reason.

    ``primary`` and ``run_id`` are of the node that leads when all is done: another one means another world. ``parameters`` are those
    that every Sentinel of the group shall have.
    """

    steps: tuple[Step, ...]
    primary: str
    run_id: str
    address: Address
    parameters: Mapping[str, str]
    left: tuple[str, ...] = ()

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an audit has before it: many groups as they are described and as they are seen, and who is who among all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from ..address import Address
from ..group import GroupView, Member
from ..problems import Problem
from ..sentinel import PrimaryEntry, SentinelAccount
from .host_look import HostLook

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

# sentinel.c: a replica that reports to be a primary is demoted after 4 publish periods of 2 s, when INFO comes next.
CONVERT_AFTER_MS = 8000
# sentinel.c: how often a Sentinel asks a node for its INFO (SENTINEL_INFO_PERIOD).
INFO_PERIOD_MS = 10000
NODE = "node"
SENTINEL = "sentinel"
REPAIR = "The playbook repair_sentinels plans the steps"


@dataclass(frozen=True)
class Place:
    """Where a server is, as the inventory has it. Empty: it does not say."""

    zone: str = ""
    machine: str = ""


@dataclass(frozen=True)
class AuditedGroup:
    """One group: its label, unique in the audit; its view, and one some seconds older; and what else is known of its servers.

    ``tables``: by the name of a Sentinel, its entry of the primary of every group that it watches. A node and a Sentinel may have
    one name, that of their machine: their places, and the looks of their hosts at their files, are by their kinds and names.
    """

    label: str
    view: GroupView
    earlier: GroupView | None = None
    tables: Mapping[str, Mapping[str, PrimaryEntry]] = field(default_factory=dict)
    places: Mapping[tuple[str, str], Place] = field(default_factory=dict)
    looks: Mapping[tuple[str, str], HostLook] = field(default_factory=dict)

    def place(self, name: str, kind: str = NODE) -> Place:
        """Where a node or a Sentinel is."""
        return self.places.get((kind, name), Place())

    @cached_property
    def addresses(self) -> frozenset[Address]:
        """Every address that belongs to a node of it."""
        answering = {address for member in self.view.members for address in self.view.addresses(member)}
        silent = [node for node in self.view.nodes if node.facts is None]
        return frozenset(
            answering
            | {node.address for node in silent}
            | {node.declared for node in silent if node.declared is not None}
        )

    @cached_property
    def run_ids(self) -> frozenset[str]:
        """Of its answering nodes."""
        return frozenset(member.facts.run_id for member in self.view.members)


@dataclass(frozen=True)
class Found:
    """A problem of a group. ``instead_of``: codes of other problems with the same subject, which it explains and so replaces;
    of those that are about an address, the ones about the same, or with ``whatever_about`` all.
    """

    label: str
    problem: Problem
    instead_of: tuple[str, ...] = ()
    whatever_about: bool = False

    def replaces(self, label: str, other: Problem) -> bool:
        """Whether this says better what that says."""
        return (
            label == self.label
            and other.code in self.instead_of
            and other.subject == self.problem.subject
            and (self.whatever_about or other.about in ("", self.problem.about))
        )


@dataclass(frozen=True)
class Owned:
    """A node and the group that it belongs to."""

    group: AuditedGroup
    member: Member

    def __str__(self) -> str:
        return f"{self.member.name} of {self.group.label}"


@dataclass(frozen=True)
class Scene:
    """All groups of one audit. ``complete``: they are all that their Sentinels are to watch."""

    groups: tuple[AuditedGroup, ...]
    complete: bool = False

    @cached_property
    def by_run_id(self) -> Mapping[str, tuple[Owned, ...]]:
        """Every answering node by the run id that it reports."""
        return _gathered((owned.member.facts.run_id, owned) for owned in self.nodes())

    @cached_property
    def by_address(self) -> Mapping[Address, tuple[Owned, ...]]:
        """Every answering node by each of its addresses."""
        return _gathered(
            (address, owned) for owned in self.nodes() for address in owned.group.view.addresses(owned.member)
        )

    def nodes(self) -> Iterator[Owned]:
        """Every answering node."""
        for group in self.groups:
            for member in group.view.members:
                yield Owned(group, member)

    def owner_elsewhere(self, group: AuditedGroup, run_id: str, address: Address) -> Owned | None:
        """The node of another group that is behind an entry; None where it is one of this group, or unknown.

        The run id decides. Where nobody has it any more, the address does: that of a dead node, used again by another.
        """
        if run_id in group.run_ids:
            return None
        known = self.by_run_id.get(run_id, ())
        if not known and address not in group.addresses:
            known = self.by_address.get(address, ())
        return next((owned for owned in known if owned.group is not group), None)

    @cached_property
    def sentinels(self) -> Mapping[str, tuple[tuple[AuditedGroup, SentinelAccount], ...]]:
        """Every answering Sentinel by its id, once for each group that it is listed for."""
        return _gathered(
            (account.facts.my_id, (group, account))
            for group in self.groups
            for account in group.view.sentinels
            if account.facts is not None
        )


def _gathered(pairs: Iterable[tuple[_Key, _Value]]) -> dict[_Key, tuple[_Value, ...]]:
    found: dict[_Key, tuple[_Value, ...]] = {}
    for key, value in pairs:
        found[key] = (*found.get(key, ()), value)
    return found

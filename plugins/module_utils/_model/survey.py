# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Sentinels of one set say about all groups that they watch, and which of them are of the set at all.

A Sentinel that was given counts when it answers. One that others tell of counts when more than half of those given know
it: two sets that were wired together know one another through the Sentinel that joined them, and through no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .address import Address
from .node import NodeAccount
from .sentinel import PeerEntry, SentinelFacts

# What is doubtful: accounts that contradict one another, or somebody who gave none.
CONTRADICTION = "contradiction"
SILENCE = "silence"


@dataclass(frozen=True)
class Doubt:
    """One thing that keeps what was found from being certain. ``subject`` is a group or a server."""

    kind: str
    subject: str
    evidence: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.evidence}"


@dataclass(frozen=True)
class SentinelReport:
    """One Sentinel about itself and, by name, about every group that it watches; without ``facts`` the ``error`` says why not.

    ``given``: the user named it; else another Sentinel did. ``mistaken``: something answered that is no Sentinel.
    """

    address: Address
    given: bool
    facts: SentinelFacts | None
    groups: Mapping[str, SentinelFacts]
    error: str = ""
    mistaken: bool = False

    @property
    def name(self) -> str:
        return str(self.address)


@dataclass(frozen=True)
class Survey:
    """All reports, and the accounts of the nodes by the address that the Sentinels announce; None where none was asked."""

    reports: tuple[SentinelReport, ...]
    nodes: Mapping[Address, NodeAccount] | None


@dataclass(frozen=True)
class SentinelSet:
    """Who counts: ``members`` answered, each once; ``silent`` ones belong to the set and could not be asked."""

    members: tuple[SentinelReport, ...]
    silent: tuple[SentinelReport, ...]
    doubts: tuple[Doubt, ...]

    @property
    def size(self) -> int:
        """Of how many a majority is counted."""
        return len(self.members) + len(self.silent)


def peers_to_ask(given: Sequence[SentinelReport]) -> list[Address]:
    """Where the Sentinels are that those given tell of, and that are none of them."""
    known = {report.facts.my_id for report in given if report.facts is not None}
    addresses = {report.address for report in given}
    told = {peer.address for report in given for peer in _peers(report) if peer.run_id not in known}
    return sorted(told - addresses)


def sentinel_set(reports: Sequence[SentinelReport]) -> SentinelSet:
    """Tell the Sentinels of the set from those that are strangers, gone, or counted already."""
    doubts: list[Doubt] = []
    members: dict[str, SentinelReport] = {}
    silent: list[SentinelReport] = []
    given = [report for report in reports if report.given]
    for report in given:
        if report.facts is None:
            silent.append(report)
            doubts.append(Doubt(SILENCE, f"Sentinel {report.name}", f"it could not be asked: {report.error}"))
        elif report.facts.my_id in members:
            doubts.append(_counted_twice(report, members[report.facts.my_id]))
        else:
            members[report.facts.my_id] = report
    answering = list(members.values())
    for report in [one for one in reports if not one.given]:
        if report.facts is not None and report.facts.my_id in members:
            continue  # one that was given, at another of its addresses
        why = _why_a_stranger(report, answering)
        if why is not None:
            doubts.append(why)
        elif report.facts is not None:
            members[report.facts.my_id] = report
        else:
            silent.append(report)
            doubts.append(
                Doubt(SILENCE, f"Sentinel {report.name}", f"others see it alive, we could not ask it: {report.error}")
            )
    return SentinelSet(tuple(members.values()), tuple(silent), tuple(doubts))


def _counted_twice(report: SentinelReport, first: SentinelReport) -> Doubt:
    return Doubt(
        CONTRADICTION,
        f"Sentinel {report.name}",
        f"it has the same id as {first.name}, so it counts once: it was given twice, or its file is a copy of the other's",
    )


def _why_a_stranger(report: SentinelReport, given: Sequence[SentinelReport]) -> Doubt | None:
    """Why a Sentinel that was not given does not belong to the set; None when it does."""
    told = {one.name: _entries_at(one, report.address) for one in given}
    tellers = [name for name, entries in told.items() if entries]
    subject, by = f"Sentinel {report.name}", ", ".join(tellers)
    if report.mistaken:
        return Doubt(CONTRADICTION, subject, f"{by} know one there, but what answers is no Sentinel. It is left out")
    if report.facts is None:
        alive = [name for name, entries in told.items() if any(not entry.down for entry in entries)]
        if 2 * len(alive) > len(given):
            return None
        return Doubt(SILENCE, subject, f"{by} know one there, and it does not answer ({report.error}). It is left out")
    ids = {entry.run_id for entries in told.values() for entry in entries}
    if report.facts.my_id not in ids:
        return Doubt(CONTRADICTION, subject, f"{by} know another one there than the one that answers. It is left out")
    if 2 * len(tellers) > len(given):
        return None
    return Doubt(
        CONTRADICTION,
        subject,
        f"of {len(given)} Sentinels only {by} know it: it is of another set, or the others have lost it. It is left out; give it, "
        "too, if it belongs here",
    )


def _entries_at(report: SentinelReport, address: Address) -> list[PeerEntry]:
    return [peer for peer in _peers(report) if peer.address == address]


def _peers(report: SentinelReport) -> Iterator[PeerEntry]:
    for facts in report.groups.values():
        yield from facts.peers

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the Sentinels of one group: their number, their quorum, their settings, whom they take for whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

from ..group import GroupView
from ..problems import Problem
from ..sentinel import PrimaryEntry, SentinelAccount
from .scene import INFO_PERIOD_MS, AuditedGroup, Found

# A Sentinel asks a node each 10 s. A process that began longer ago than two of these has been seen by who asks.
SURELY_ASKED_SECONDS = 20

# By the engine's names, as SENTINEL SET takes them.
COMPARED: dict[str, Callable[[PrimaryEntry], int]] = {
    "down-after-milliseconds": lambda entry: entry.down_after_ms,
    "failover-timeout": lambda entry: entry.failover_timeout_ms,
    "parallel-syncs": lambda entry: entry.parallel_syncs,
    "quorum": lambda entry: entry.quorum,
}


def sentinel_problems(group: AuditedGroup) -> Iterator[Found]:
    """All of it."""
    for problem in (*_number(group.view), *_quorums(group.view), *_settings(group.view), *_shared_ids(group.view)):
        yield Found(group.label, problem)
    for account, entry in _silent_primaries(group.view):
        yield Found(group.label, _silent_primary(group.view, account, entry))
    for problem in _run_ids(group.view):
        yield Found(group.label, problem, ("sentinel_member_unsettled",))


def _number(view: GroupView) -> Iterator[Problem]:
    count = len(view.sentinels)
    if 0 < count < 3:
        yield Problem(
            "sentinels_too_few",
            view.name,
            f"{count} Sentinel{'s watch' if count > 1 else ' watches'} it; a failover needs a majority of all, {count // 2 + 1} of {count}",
            "Have at least three, in places that do not fail together",
        )
    elif count and count % 2 == 0:
        yield Problem(
            "sentinels_even",
            view.name,
            f"{count} Sentinels watch it; a majority is {count // 2 + 1}, so {(count - 1) // 2} may be lost, as with {count - 1}",
            "Add one more, or take one away and have the others forget it",
        )


def _quorums(view: GroupView) -> Iterator[Problem]:
    judged = [(account, entry.quorum, len(facts.peers) + 1) for account, facts, entry in view.watching]
    low = [(account.name, quorum, known) for account, quorum, known in judged if quorum < known // 2 + 1]
    # With one or two Sentinels the majority is all of them, which is a problem of its own.
    high = [(account.name, quorum, known) for account, quorum, known in judged if known > 2 and quorum == known]
    for code, found, remedy in (
        ("quorum_below_majority", low, "Set the quorum to the majority in every Sentinel (sentinel_monitor)"),
        ("quorum_needs_all", high, "Set the quorum to the majority in every Sentinel (sentinel_monitor)"),
    ):
        for (quorum, known), names in _by_value(found).items():
            yield Problem(
                code,
                view.name if len(names) == len(judged) else ", ".join(names),
                f"the quorum is {quorum} of {known} Sentinels, their majority is {known // 2 + 1}",
                remedy,
            )


def _by_value(found: list[tuple[str, int, int]]) -> dict[tuple[int, int], list[str]]:
    gathered: dict[tuple[int, int], list[str]] = {}
    for name, quorum, known in found:
        gathered.setdefault((quorum, known), []).append(name)
    return gathered


def _settings(view: GroupView) -> Iterator[Problem]:
    for name, value in COMPARED.items():
        said = {account.name: value(entry) for account, _facts, entry in view.watching}
        if len(set(said.values())) > 1:
            yield Problem(
                "sentinel_settings_differ",
                view.name,
                "{}: {}".format(name, ", ".join(f"{sentinel} {number}" for sentinel, number in said.items())),
                "Set it to one value in every Sentinel (sentinel_monitor); SENTINEL SET reaches only the one that it is sent to",
            )


def _shared_ids(view: GroupView) -> Iterator[Problem]:
    answering = [(account, account.facts) for account in view.sentinels if account.facts is not None]
    for (account, facts), (other, others) in combinations(answering, 2):
        if facts.my_id == others.my_id:
            same = facts.run_id == others.run_id
            yield Problem(
                "sentinel_listed_twice" if same else "sentinel_id_shared",
                other.name,
                f"it has the id {facts.my_id}, as has {account.name}" + (", and is the same process" if same else ""),
                "Remove one of them from the inventory"
                if same
                else "Stop one of them, remove the line `sentinel myid` from its file, and start it: it makes itself an id",
                about=str(other.address),
            )


def _silent_primaries(view: GroupView) -> Iterator[tuple[SentinelAccount, PrimaryEntry]]:
    """Where no node answers that it is the primary: the Sentinels whose entry belongs to no node that answers."""
    if view.primaries:
        return
    answering = {member.facts.run_id for member in view.members}
    addresses = {address for member in view.members for address in view.addresses(member)}
    for account, _facts, entry in view.watching:
        if entry.run_id not in answering and entry.address not in addresses:
            yield account, entry


def _silent_primary(view: GroupView, account: SentinelAccount, entry: PrimaryEntry) -> Problem:
    silent = [n.name for n in view.nodes if n.facts is None and entry.address in (n.address, n.declared)]
    facts = account.facts
    can = facts is not None and facts.quorum_ok
    flags = ",".join(sorted(entry.flags))
    when = ""
    if entry.flags & {"o_down"}:
        when = "a failover is due now"
    elif not entry.flags & {"s_down"}:
        when = f"{entry.down_after_ms / 1000:g} s after the last answer that this Sentinel got"
    return Problem(
        "sentinel_primary_silent",
        account.name,
        f"it names {entry.address} ({silent[0] if silent else 'no node of the inventory'}), which gave us no answer; it holds it for {flags}",
        "Look at that node, and at whether this Sentinel still reaches it. A failover promotes the best replica; this Sentinel "
        + ("could take part" if can else "has no quorum for it"),
        outlook=""
        if can
        else "No failover happens: clients that ask this Sentinel are sent to a dead address for ever",
        when=when,
        about=str(entry.address),
    )


def _run_ids(view: GroupView) -> Iterator[Problem]:
    """Different processes behind the primary's one address, longer than a restart explains."""
    primary = view.primary
    if primary is None:
        seen = {account.name: entry.run_id for account, _facts, entry in view.watching if entry.run_id}
        if view.named_primary is not None and len(set(seen.values())) > 1:
            yield _differing(view.name, ", ".join(f"{name} sees {run_id}" for name, run_id in seen.items()), "")
        return
    for account, _facts, entry in view.watching:
        asked_since = entry.info_age_ms <= INFO_PERIOD_MS and primary.facts.uptime_seconds > SURELY_ASKED_SECONDS
        if (
            entry.run_id
            and entry.run_id != primary.facts.run_id
            and entry.address in view.addresses(primary)
            and asked_since
        ):
            yield _differing(
                account.name,
                f"behind {entry.address} it sees the process {entry.run_id}, {primary.name} there is {primary.facts.run_id} "
                f"and runs for {primary.facts.uptime_seconds} s",
                str(entry.address),
            )


def _differing(subject: str, evidence: str, about: str) -> Problem:
    return Problem(
        "run_id_differs",
        subject,
        evidence,
        "Compare what the address leads to from each place (names, NAT, an address that two machines have)",
        about=about,
    )

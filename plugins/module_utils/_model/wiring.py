# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judging the Sentinel side of a group: whether every Sentinel sees the group as it is."""

from __future__ import annotations

from collections.abc import Iterator

from .address import Address
from .group import DataEntry, GroupView, Member, attached_replicas, copies_a_replica, entry_of, foreign_primaries
from .problems import Problem
from .sentinel import PrimaryEntry, SentinelAccount, SentinelFacts

# A Sentinel says hello every 2 s (engine: SENTINEL_PUBLISH_PERIOD); three missed ones are a lost peer.
HELLO_OVERDUE_MS = 6000


def wiring_problems(view: GroupView) -> Iterator[Problem]:
    """Everything that the Sentinels get wrong about the group, or that is wrong with the Sentinels."""
    for account in view.sentinels:
        if account.facts is None:
            yield _silent_sentinel(account)
        elif account.facts.primary is None:
            yield Problem(
                "sentinel_not_watching",
                account.name,
                f"it does not know the name {view.name}",
                "Check redis_group, or let this Sentinel monitor the group",
            )
    for account, facts, entry in view.watching:
        yield from _own_problems(account, facts, entry)
        yield from _member_problems(view, account, facts, entry)
        yield from _peer_problems(view, account, facts)
    yield from _agreement_problems(view)
    yield from _attachment_problems(view)


def _silent_sentinel(account: SentinelAccount) -> Problem:
    if account.mistaken:
        remedy = "Correct its address in the inventory: nodes and Sentinels have ports of their own"
        return Problem("sentinel_is_node", account.name, account.error, remedy)
    code = "sentinel_denied" if account.denied else "sentinel_unreachable"
    return Problem(code, account.name, account.error, "A silent Sentinel may still act: repair it first")


def _own_problems(account: SentinelAccount, facts: SentinelFacts, entry: PrimaryEntry) -> Iterator[Problem]:
    if facts.tilt:
        yield Problem("sentinel_tilt", account.name, "sentinel_tilt is 1", "Wait 30 s; look at its clock and its load")
    if not facts.quorum_ok:
        yield Problem(
            "sentinel_no_quorum",
            account.name,
            facts.quorum_says,
            "No automatic failover could happen; repair the Sentinels",
        )
    if entry.failover_in_progress:
        yield Problem(
            "failover_in_progress",
            account.name,
            "failover state {}".format(entry.failover_state or "none"),
            "Wait for its end",
        )


def _member_problems(
    view: GroupView, account: SentinelAccount, facts: SentinelFacts, entry: PrimaryEntry
) -> Iterator[Problem]:
    primary = view.primary
    seen = {member.name: entry_of(facts, member) for member in view.members}
    if primary is not None and seen[primary.name] is not entry:
        behind = next((f" ({name}, a replica)" for name, found in seen.items() if found is entry), "")
        if entry.address not in view.addresses(primary):
            yield Problem(
                "sentinel_wrong_primary",
                account.name,
                f"it names {entry.address}{behind}, the primary is {primary.name}",
                "Clients that ask it are sent to the wrong node: repair this Sentinel",
                about=str(entry.address),
            )
    for member in view.members:
        found = seen[member.name]
        if found is not None and (found.down or _role_differs(member, found.role_reported)):
            yield Problem(
                "sentinel_sees_down",
                account.name,
                "it holds {} ({}) for {}, role {}".format(
                    member.name, found.address, ",".join(sorted(found.flags)), found.role_reported
                ),
                "Look at the network between them; it passes by itself when the node was just started",
            )
    yield from _matching_problems(view, account, facts, entry)


def _role_differs(member: Member, reported: str) -> bool:
    return bool(reported) and (reported == "master") != member.facts.is_primary


def _matching_problems(
    view: GroupView, account: SentinelAccount, facts: SentinelFacts, entry: PrimaryEntry
) -> Iterator[Problem]:
    """Entries without a node and nodes without an entry. A node that just started has a run id that Sentinel has not read."""
    run_ids = {member.facts.run_id for member in view.members}
    entries: tuple[DataEntry, ...] = (entry, *facts.replicas)
    unmatched = [found for found in entries if found.run_id not in run_ids]
    known = {address for member in view.members for address in view.addresses(member)}
    declared_down = {node.declared for node in view.nodes if node.facts is None and node.declared is not None}
    by_address = {found.address for found in unmatched if found.address in known}
    strangers = [found for found in unmatched if found.address not in known | declared_down]

    # The primary does not list what copies another replica, so a Sentinel that never heard of it is right.
    # Nor does it know a node of elsewhere, which is a problem of its own.
    unread = [m for m in view.members if entry_of(facts, m) is None and not copies_a_replica(view, m)]
    unread = [member for member in unread if member not in foreign_primaries(view)]
    unfound = [member for member in unread if not view.addresses(member) & by_address]
    silent = sum(1 for node in view.nodes if node.facts is None and node.declared is None)
    # Behind NAT only the count tells: as many strangers as there are silent nodes may be those, others are unread ones.
    missed = unfound[max(0, len(strangers) - silent) :]
    for member in unread:
        yield _missing_entry(account, member.name) if member in missed else _unread_entry(account, member.name)
    for stranger in _unexplained(strangers, silent, len(unfound) - len(missed)):
        yield _stale_entry(account, stranger) if stranger.down else _unlisted_member(account, stranger)


def _unexplained(strangers: list[DataEntry], silent: int, unread: int) -> list[DataEntry]:
    """The entries that belong to no node. Those that are down rather are silent nodes, those that are up unread ones."""
    down = [stranger for stranger in strangers if stranger.down]
    alive = [stranger for stranger in strangers if not stranger.down]
    spare_silent, spare_unread = max(0, silent - len(down)), max(0, unread - len(alive))
    return down[silent + spare_unread :] + alive[unread + spare_silent :]


def _unread_entry(account: SentinelAccount, name: str) -> Problem:
    return Problem(
        "sentinel_member_unsettled",
        account.name,
        f"it has not read the run id of {name} since its start or change of role",
        "Sentinels ask every node each 10 s; look again then",
    )


def _missing_entry(account: SentinelAccount, name: str) -> Problem:
    return Problem(
        "sentinel_misses_member",
        account.name,
        f"it has no entry for {name}",
        "It learns of replicas from the primary's INFO each 10 s; if it stays, the node is not a replica of this group",
    )


def _stale_entry(account: SentinelAccount, stranger: DataEntry) -> Problem:
    return Problem(
        "stale_entry",
        account.name,
        f"it keeps {stranger.address}, which is down and in no inventory entry",
        "Declare redis_announce for a member that is down, or have the Sentinels forget it before the address is reused",
        about=str(stranger.address),
    )


def _unlisted_member(account: SentinelAccount, stranger: DataEntry) -> Problem:
    return Problem(
        "unlisted_member",
        account.name,
        f"it knows {stranger.address}, which is alive and not in the inventory",
        "Add the node to the inventory (a sliced job sees only a part of it), or detach it",
        about=str(stranger.address),
    )


def _peer_problems(view: GroupView, account: SentinelAccount, facts: SentinelFacts) -> Iterator[Problem]:
    answering = [other for other in view.sentinels if other.facts is not None and other.facts.my_id != facts.my_id]
    others = {other.facts.my_id: other.name for other in answering if other.facts is not None}
    seen = {peer.run_id for peer in facts.peers if not peer.down and peer.hello_age_ms < HELLO_OVERDUE_MS}
    for my_id, name in sorted(others.items(), key=lambda item: item[1]):
        if my_id not in seen:
            yield Problem(
                "sentinel_peer_missing",
                account.name,
                f"it does not see {name} (no hello within {HELLO_OVERDUE_MS} ms)",
                "Look at the network between them; a majority must see each other",
            )
    silent = sum(1 for other in view.sentinels if other.facts is None)
    for peer in [peer for peer in facts.peers if peer.run_id not in others][silent:]:
        yield Problem(
            "stale_entry" if peer.down else "unlisted_member",
            account.name,
            f"it knows the Sentinel {peer.address} ({peer.run_id}), which is not in the inventory",
            "It counts for majorities: add it to the inventory or have the Sentinels forget it",
            outlook="" if not peer.down else "It counts for majorities although it never votes",
            when="" if not peer.down else "when a majority is needed",
            about=str(peer.address),
        )


def _agreement_problems(view: GroupView) -> Iterator[Problem]:
    named = {(entry.address, entry.config_epoch) for _account, _facts, entry in view.watching}
    if len(named) > 1:
        said = ", ".join(
            f"{account.name}: {entry.address} epoch {entry.config_epoch}" for account, _facts, entry in view.watching
        )
        outlook, when = _who_wins(named)
        remedy = "Wait some seconds; if it stays, audit the Sentinels"
        yield Problem("sentinel_disagrees", view.name, said, remedy, outlook, when)


def _who_wins(named: set[tuple[Address, int]]) -> tuple[str, str]:
    """What the hellos of Sentinels that name different things will lead to: the higher epoch wins."""
    highest = max(epoch for _address, epoch in named)
    winners = sorted({address for address, epoch in named if epoch == highest})
    if len({address for address, _epoch in named}) == 1:
        return (
            "Those with a lower epoch catch up as soon as they hear the others",
            "within seconds, unless they hear nobody",
        )
    if len(winners) > 1:
        return (
            f"Clients are sent to different nodes, and none gives in, because the epochs tie at {highest}",
            "now; a failover raises an epoch and decides",
        )
    return (
        f"Clients are sent to different nodes; {winners[0]} wins by its epoch {highest}, and what else is named becomes its replica",
        "within seconds of the next hello; demoted about 10 s later",
    )


def _attachment_problems(view: GroupView) -> Iterator[Problem]:
    """Replicas that hang on a member and that nobody listed: they have no run id to match, so they are counted.

    On a replica as on the primary: of what copies a replica no Sentinel ever hears.
    """
    if view.primary is None:
        return
    everybody = {address for member in view.members for address in view.addresses(member)}
    silent = sum(1 for node in view.nodes if node.facts is None)
    for source in view.members:
        ours = attached_replicas(view, source)
        known = {address for member in ours for address in view.addresses(member)}
        strangers = [str(replica.address) for replica in source.facts.replicas if replica.address not in known]
        surplus = len(source.facts.replicas) - len(ours) - silent
        if source is not view.primary:
            # One that was told to copy somebody else is listed here until its connection is seen to be closed.
            surplus = min(surplus, sum(1 for replica in source.facts.replicas if replica.address not in everybody))
        if surplus > 0:
            yield _unlisted_replicas(source, surplus, strangers)


def _unlisted_replicas(source: Member, surplus: int, strangers: list[str]) -> Problem:
    return Problem(
        "unlisted_member",
        source.name,
        "{} more replicas are attached than the inventory lists; unmatched: {}".format(
            surplus, ", ".join(strangers) or "none"
        ),
        "Add the node to the inventory (a sliced job sees only a part of it), or detach it",
    )

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wires that cross between groups: a Sentinel at another group, one primary with two names, one name for two groups.

How Sentinels merge groups: they match one another's hellos by the name of the group alone, and of two addresses under one name
the one with the higher configuration epoch wins (..codes).
"""

from __future__ import annotations

from collections.abc import Iterator

from ..problems import Problem
from ..sentinel import PrimaryEntry, SentinelAccount
from .scene import CONVERT_AFTER_MS, REPAIR, AuditedGroup, Found, Owned, Scene

# A Sentinel that watches another group has that one's nodes and not this one's.
FOLLOWS_FROM_A_WRONG_WIRE = (
    "foreign_replica_entry",
    "sentinel_member_unsettled",
    "sentinel_misses_member",
    "sentinel_primary_silent",
    "sentinel_sees_down",
    "sentinel_wrong_primary",
    "stale_entry",
    "unlisted_member",
)


def cross_wired_sentinels(scene: Scene) -> Iterator[Found]:
    """A Sentinel that watches a node of another group under the name of this one."""
    for group in scene.groups:
        for account, _facts, entry in group.view.watching:
            owner = scene.owner_elsewhere(group, entry.run_id, entry.address)
            if owner is not None:
                yield Found(
                    group.label,
                    _cross_wired(group, account, entry, owner),
                    FOLLOWS_FROM_A_WRONG_WIRE,
                    whatever_about=True,
                )


def _cross_wired(group: AuditedGroup, account: SentinelAccount, entry: PrimaryEntry, owner: Owned) -> Problem:
    others = [other.config_epoch for _account, _facts, other in group.view.watching if other.address in group.addresses]
    epoch = max(others) if others else None
    if epoch is None:
        when, outlook = "", ""
    elif entry.config_epoch < epoch:
        when = f"within seconds of the next hello; data is lost about {CONVERT_AFTER_MS // 1000} to 20 s later"
        outlook = (
            f"Its epoch {entry.config_epoch} is below {epoch}, so a hello brings it back, and it keeps the nodes of "
            f"{owner.group.label} as replicas and makes them some: their data is overwritten"
        )
    elif entry.config_epoch > epoch:
        when = f"within seconds of the next hello; data is lost about {CONVERT_AFTER_MS // 1000} to 20 s later"
        outlook = (
            f"Its epoch {entry.config_epoch} is above {epoch}, so the other Sentinels follow it and make the nodes of "
            f"{group.label} replicas of {owner.group.label}: their data is overwritten"
        )
    else:
        when = "at the next failover of either group, about 10 s after it"
        outlook = (
            f"The epochs tie at {epoch}, so nothing moves yet; a failover raises one, and the nodes of one group become "
            "replicas of the other: their data is overwritten"
        )
    return Problem(
        "sentinel_cross_wired",
        account.name,
        f"under the name {group.view.name} it watches {entry.address}, which is {owner}",
        f"No failover of either group, and no MONITOR with the right address while others have a higher epoch. {REPAIR}",
        outlook,
        when,
        str(entry.address),
    )


def foreign_sentinels(scene: Scene) -> Iterator[Found]:
    """A Sentinel of another set that the Sentinels of a group know."""
    for group in scene.groups:
        own = {account.facts.my_id for account in group.view.sentinels if account.facts is not None}
        for account, facts, _entry in group.view.watching:
            for peer in facts.peers:
                known = scene.sentinels.get(peer.run_id, ())
                if peer.run_id not in own and known:
                    other, stranger = known[0]
                    yield Found(
                        group.label,
                        Problem(
                            "foreign_sentinel",
                            account.name,
                            f"it knows {stranger.name} ({peer.address}), which is to watch {other.label} and not this group",
                            f"Have that Sentinel stop watching the name {group.view.name}, then the others forget it. {REPAIR}",
                            about=str(peer.address),
                        ),
                        ("stale_entry", "unlisted_member"),
                    )


def primaries_with_two_names(scene: Scene) -> Iterator[Found]:
    """One primary under two names, in one Sentinel or in several, whether the names are in the inventory or not."""
    for owned in scene.nodes():
        group, member = owned.group, owned.member
        addresses = group.view.addresses(member)
        said: dict[str, str] = {}
        for other in scene.groups:
            for sentinel, table in other.tables.items():
                for name, entry in table.items():
                    if entry.run_id == member.facts.run_id or (not entry.run_id and entry.address in addresses):
                        said.setdefault(name, f"{name} by {sentinel}")
        # A described group whose name leads here is cross-wired, which says more.
        described = {other.view.name for other in scene.groups if other is not group} - {group.view.name}
        surplus = [text for name, text in sorted(said.items()) if name != group.view.name and name not in described]
        if surplus:
            yield Found(
                group.label,
                Problem(
                    "primary_with_two_names",
                    member.name,
                    "it is watched under {}".format(", ".join([group.view.name, *surplus])),
                    f"Have every Sentinel forget all names of it but {group.view.name} (sentinel_monitor with state absent), before any failover",
                ),
            )


def names_with_two_groups(scene: Scene) -> Iterator[Found]:
    """Two groups of one name whose Sentinels hear one another. Two sets apart may use one name."""
    for group in scene.groups:
        for other in scene.groups:
            if other is not group and other.view.name == group.view.name and _hear_one_another(group, other):
                yield Found(
                    group.label,
                    Problem(
                        "name_with_two_groups",
                        group.view.name,
                        f"{other.label} has this name too, and Sentinels of the two know one another or are the same",
                        f"No failover of either. One of them needs another name in every Sentinel. {REPAIR}",
                    ),
                )


def _hear_one_another(group: AuditedGroup, other: AuditedGroup) -> bool:
    ids = [
        {account.facts.my_id for account in one.view.sentinels if account.facts is not None} for one in (group, other)
    ]
    known = [{peer.run_id for _a, facts, _e in one.view.watching for peer in facts.peers} for one in (group, other)]
    return bool(ids[0] & ids[1] or ids[0] & known[1] or ids[1] & known[0])


def unlisted_groups(scene: Scene) -> Iterator[Problem]:
    """What Sentinels watch that no group of this audit has, where it has all."""
    if not scene.complete:
        return
    watched: dict[str, tuple[str, PrimaryEntry, set[str]]] = {}
    for group in scene.groups:
        described = _described_for(scene, group)
        for sentinel, table in group.tables.items():
            for name, entry in table.items():
                if name not in described and not _known(scene, entry):
                    watched.setdefault(name, (sentinel, entry, set()))[2].add(sentinel)
    for name, (first, entry, sentinels) in sorted(watched.items()):
        yield Problem(
            "unlisted_group",
            name,
            "{} it at {}".format(
                f"{first} watches" if len(sentinels) == 1 else f"{len(sentinels)} Sentinels watch",
                entry.address,
            ),
            "Add the group to the inventory, or have the Sentinels forget it (sentinel_monitor with state absent)",
            about=str(entry.address),
        )


def _known(scene: Scene, entry: PrimaryEntry) -> bool:
    """Whether it is a node of some group, so that the name is a second one of that."""
    return entry.run_id in scene.by_run_id or (not entry.run_id and entry.address in scene.by_address)


def _described_for(scene: Scene, group: AuditedGroup) -> set[str]:
    """The names that the Sentinels of a group are to watch."""
    own = {account.address for account in group.view.sentinels}
    return {other.view.name for other in scene.groups if own & {account.address for account in other.view.sentinels}}

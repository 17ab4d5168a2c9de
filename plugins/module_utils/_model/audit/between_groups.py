# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong between groups: wires that cross, and nodes and Sentinels of the one that are taken for the other's.

How Sentinels merge groups: they match one another's hellos by the name of the group alone; replicas and Sentinels are never
forgotten; and what a Sentinel holds for a replica it makes one (engine-facts in ..codes).
"""

from __future__ import annotations

from collections.abc import Iterator

from ..group import attached_replicas
from ..problems import Problem
from ..sentinel import PrimaryEntry, ReplicaEntry, SentinelAccount
from .scene import INFO_PERIOD_MS, REPAIR, AuditedGroup, Found, Owned, Scene

# sentinel.c: a replica that reports to be a primary is demoted after 4 publish periods of 2 s, when INFO comes next.
CONVERT_AFTER_MS = 8000
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


def foreign_replica_entries(scene: Scene) -> Iterator[Found]:
    """What a Sentinel holds for a replica, and what belongs to another group."""
    for group in scene.groups:
        for account, facts, primary in group.view.watching:
            if scene.owner_elsewhere(group, primary.run_id, primary.address) is not None:
                continue  # what it is wired to says it all
            for entry in facts.replicas:
                owner = scene.owner_elsewhere(group, entry.run_id, entry.address)
                reason = f"which is {owner}" if owner is not None else _foreign_by_itself(group, entry)
                if reason:
                    yield Found(
                        group.label,
                        _foreign_entry(account, primary, entry, reason),
                        ("stale_entry", "unlisted_member", "sentinel_sees_down"),
                    )


def _foreign_by_itself(group: AuditedGroup, entry: ReplicaEntry) -> str:
    """Why an entry that no group of this audit knows is of elsewhere: what it says of itself. Empty when it may be ours."""
    if entry.down or entry.run_id in group.run_ids or entry.address in group.addresses:
        return ""
    if any(node.facts is None for node in group.view.nodes):
        return ""  # behind NAT it could be the node that does not answer
    if entry.role_reported == "master":
        return "which says that it is a primary"
    if entry.primary is not None and entry.primary not in group.addresses:
        return f"which copies {entry.primary}"
    return ""


def _foreign_entry(account: SentinelAccount, primary: PrimaryEntry, entry: ReplicaEntry, reason: str) -> Problem:
    if entry.down:
        when = "about 10 s after the Sentinel reaches it"
    elif entry.role_reported == "master":
        left = max(0, CONVERT_AFTER_MS - entry.role_age_ms) + max(0, INFO_PERIOD_MS - entry.info_age_ms)
        when = f"in at most {left / 1000:.0f} s: it has said that it is a primary for {entry.role_age_ms / 1000:.0f} s"
    else:
        when = f"within the failover-timeout, {primary.failover_timeout_ms / 1000:.0f} s"
    return Problem(
        "foreign_replica_entry",
        account.name,
        f"it holds {entry.address} for a replica, {reason}",
        f"Keep this Sentinel from it at once (by a firewall or an ACL user); then it must forget it. {REPAIR}",
        when=when,
        about=str(entry.address),
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


def nodes_that_copy_another_group(scene: Scene) -> Iterator[Found]:
    """Told twice: at the group that has lost a node, and at the one that has got it."""
    for owned in scene.nodes():
        source = _copied_elsewhere(scene, owned)
        if source is not None:
            here, there = owned.group, source.group
            yield Found(
                here.label,
                Problem(
                    "replica_of_other_group",
                    owned.member.name,
                    f"it copies {source}",
                    f"Have it copy the primary of {here.label} again (REPLICAOF), before the Sentinels of {there.label} promote it",
                    about=str(owned.member.account.address),
                ),
                ("replica_of_stranger",),
            )
            yield Found(
                there.label,
                Problem(
                    "foreign_replica_attached",
                    source.member.name,
                    f"{owned} copies it",
                    f"Have it copy the primary of {here.label} again (REPLICAOF); then the Sentinels of {there.label} must forget it",
                    about=str(owned.member.announced or owned.member.account.address),
                ),
                ("unlisted_member",) if _all_strangers_known(scene, source) else (),
            )


def _copied_elsewhere(scene: Scene, owned: Owned) -> Owned | None:
    """The node of another group that a node copies. Of one that is connected the replication id proves it."""
    upstream = owned.member.facts.upstream
    if upstream is None or upstream.primary in owned.group.addresses:
        return None
    if len(scene.by_run_id[owned.member.facts.run_id]) > 1:
        return None  # listed twice, and at home in one of the two
    for other in scene.by_address.get(upstream.primary, ()):
        same_history = other.member.facts.replication_id == owned.member.facts.replication_id
        if other.group is not owned.group and (same_history or not upstream.up):
            return other
    return None


def _all_strangers_known(scene: Scene, source: Owned) -> bool:
    """Whether other groups explain all that copies a node and is not its group's."""
    ours = {a for m in attached_replicas(source.group.view, source.member) for a in source.group.view.addresses(m)}
    strangers = [one.address for one in source.member.facts.replicas if one.address not in ours]
    return all(any(o.group is not source.group for o in scene.by_address.get(one, ())) for one in strangers)


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


def nodes_listed_twice(scene: Scene) -> Iterator[Found]:
    """One process behind two names of the inventory."""
    for owners in scene.by_run_id.values():
        for owned in owners:
            others = [str(other) for other in owners if other is not owned]
            if others:
                yield Found(
                    owned.group.label,
                    Problem(
                        "node_listed_twice",
                        owned.member.name,
                        f"at {owned.member.account.address} answers the same process as {', '.join(others)}",
                        "Correct the host and port of one of them, or remove it from the inventory",
                        about=str(owned.member.account.address),
                    ),
                )


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
    for name, (_first, entry, sentinels) in sorted(watched.items()):
        yield Problem(
            "unlisted_group",
            name,
            "{} it at {}".format(
                f"{next(iter(sentinels))} watches" if len(sentinels) == 1 else f"{len(sentinels)} Sentinels watch",
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

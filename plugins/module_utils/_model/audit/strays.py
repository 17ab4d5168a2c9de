# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes that stray between groups: taken for a replica of another group, or copying one, or listed in two.

Replicas are never forgotten, and what a Sentinel holds for a replica it makes one (..codes).
"""

from __future__ import annotations

from collections.abc import Iterator

from ..group import attached_replicas
from ..problems import Problem
from ..sentinel import PrimaryEntry, ReplicaEntry, SentinelAccount
from .scene import CONVERT_AFTER_MS, INFO_PERIOD_MS, REPAIR, AuditedGroup, Found, Owned, Scene


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
                        _foreign_entry(account, primary, entry, reason, owner),
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


def _foreign_entry(
    account: SentinelAccount, primary: PrimaryEntry, entry: ReplicaEntry, reason: str, owner: Owned | None
) -> Problem:
    if entry.down:
        when = "about 10 s after the Sentinel reaches it"
    elif entry.role_reported == "master":
        when = f"in about {_demoted_in_ms(entry) / 1000:.0f} s: it has said that it is a primary for {entry.role_age_ms / 1000:.0f} s"
    elif owner is not None and owner.member.facts.is_primary:
        # The node itself tells before the Sentinel has asked it.
        left = max(0, INFO_PERIOD_MS - entry.info_age_ms) + INFO_PERIOD_MS
        when = f"in about {left / 1000:.0f} s: it is a primary, which this Sentinel has not read yet"
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


def _demoted_in_ms(entry: ReplicaEntry) -> int:
    """Milliseconds until a Sentinel demotes what says that it is a primary: with its first INFO after it has said so long enough."""
    left = max(0, INFO_PERIOD_MS - entry.info_age_ms)
    return left if entry.role_age_ms + left > CONVERT_AFTER_MS else left + INFO_PERIOD_MS


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

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a hand-over may begin: who hands over, who takes over, how long writes may be held, and every reason against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .address import Address
from .candidate import Preference, best_candidate
from .drivers import AUTO, SENTINEL, choose_driver
from .fitness import unfit_because
from .full_sync import Needs, replacing, serving
from .group import GroupView, Member, attached_replicas, copies_a_replica, entry_of, lag_bytes
from .health import Limits, is_far_behind
from .replies import whole
from .sentinel import ReplicaEntry

# The fence ends by itself after this share of the shortest down-after-milliseconds: a paused primary does not answer
# Sentinel's hello and with it neither its pings, so a longer pause makes the Sentinels fail over by themselves.
FENCE_SHARE = 0.6
LONGEST_FENCE_MS = 5000
SHORTEST_FENCE_MS = 2000
# Borrowed where the Sentinels' own down-after-milliseconds leaves too little time.
BORROWED_DOWN_AFTER_MS = 5000


@dataclass(frozen=True)
class Preflight:
    """What is known before anything changes. ``electable``: whom Sentinel could promote; ``chosen``: whom it shall.

    ``passed_over``: who has replica-priority 0, and a Sentinel does not know it yet. ``attached``: all that copy the
    primary, for those who bring them over. ``unseen``: what could not be checked.
    """

    primary: Member
    electable: tuple[Member, ...]
    chosen: Member
    down_after_ms: tuple[int, ...]
    driver: str = SENTINEL
    passed_over: tuple[Member, ...] = ()
    attached: tuple[Member, ...] = ()
    unseen: tuple[str, ...] = ()

    @property
    def down_after_is_too_short(self) -> bool:
        """Whether the Sentinels would take the primary for dead before a hand-over can end."""
        return bool(self.down_after_ms) and min(self.down_after_ms) * FENCE_SHARE < SHORTEST_FENCE_MS

    @property
    def fence_ms(self) -> int:
        """For how many milliseconds writes are held at most, once what is too short is borrowed."""
        in_force = [BORROWED_DOWN_AFTER_MS] if self.down_after_is_too_short else self.down_after_ms
        return min(LONGEST_FENCE_MS, int(min(in_force, default=LONGEST_FENCE_MS) * FENCE_SHARE))


def electable_replicas(view: GroupView, primary: Member) -> tuple[Member, ...]:
    """The replicas that Sentinel could promote: its own entry of the primary lists them, and their priority is not 0."""
    return tuple(member for member in attached_replicas(view, primary) if member.facts.priority != 0)


def _in_danger_of_promotion(view: GroupView, member: Member) -> bool:
    """Whether a Sentinel could promote it by what it knows of it.

    Sentinel passes over priority 0, as it saw it at its last INFO, and over what is down; it asks neither for the offset
    nor whom a replica copies (sentinelSelectSlave, compareSlavesForPromotion).
    """
    entries = [entry_of(facts, member) for _account, facts, _entry in view.watching]
    return any(isinstance(entry, ReplicaEntry) and entry.priority > 0 for entry in entries)


def preflight(
    view: GroupView, limits: Limits, preference: Preference, driver: str = AUTO
) -> tuple[Preflight | None, tuple[str, ...]]:
    """Decide whether a hand-over may begin, beyond the group's health: the plan, or every reason against it."""
    primary = view.primary
    if primary is None or (view.sentinels and not view.watching):
        return None, ("the group has no single primary" + (" that Sentinels watch" if view.sentinels else ""),)
    attached = attached_replicas(view, primary)
    electable = electable_replicas(view, primary)
    obstacles = {member.name: unfit_because(view, primary, member, limits) for member in electable}
    candidates = tuple(member for member in electable if not obstacles[member.name])
    chosen = best_candidate(candidates, preference)
    reasons = _target_reasons(view, primary, obstacles, preference)
    if preference.target is None and chosen is None:
        reasons += ["{} cannot lead: {}".format(name, ", ".join(why)) for name, why in sorted(obstacles.items()) if why]
        reasons += [f"{member.name} is not wanted as primary" for member in candidates]
        reasons.append("no replica is fit to lead")
    reasons += _primary_reasons(primary, attached)
    reasons += _danger_reasons(view, primary, electable, limits)
    way, against = choose_driver(view, driver)
    reasons += against
    reasons += _unmatched_reasons(view, (primary, *electable))
    if reasons or chosen is None:
        return None, tuple(reasons)
    patience = tuple(entry.down_after_ms for _account, _facts, entry in view.watching)
    never = [member for member in view.replicas if member.facts.priority == 0]
    passed_over = tuple(member for member in never if _in_danger_of_promotion(view, member))
    return Preflight(primary, electable, chosen, patience, way, passed_over, attached), ()


def full_sync_needs(plan: Preflight, write_rate: float, preference: Preference, disk_free: Mapping[str, int]) -> Needs:
    """What is lacking if the old primary had to be synchronised in full afterwards.

    The hand-over makes it continue with the new primary; but a fault in the middle of it can cost that, and where the
    new primary cannot fork or the old one cannot store the data, the group is left in a loop of synchronisations that fail.
    """
    primary, chosen = plan.primary, plan.chosen
    machine = preference.machines.get(chosen.name)
    others = [member for member in (primary, *plan.attached) if member is not chosen]
    neighbours = [one for one in others if machine is not None and preference.machines.get(one.name) == machine]
    data = primary.facts.memory.used
    return serving(chosen, data, write_rate, neighbours) + replacing(primary, data, disk_free.get(primary.name))


def _target_reasons(
    view: GroupView,
    primary: Member,
    obstacles: Mapping[str, list[str]],
    preference: Preference,
) -> list[str]:
    target = preference.target
    if target is None:
        return []
    if target == primary.name:
        return [f"{target} is the primary already"]
    if view.member(target) is None:
        return [f"{target} is not an answering node of group {view.name}"]
    if target not in obstacles:
        member = view.member(target)
        why = "its replica-priority is 0" if member and member.facts.priority == 0 else "it does not copy the primary"
        return [f"{target} cannot lead: {why}"]
    excluded = [f"{target} is not wanted as primary"] if target in preference.never else []
    return excluded + [f"{target} cannot lead: {why}" for why in obstacles[target]]


def _danger_reasons(view: GroupView, primary: Member, electable: tuple[Member, ...], limits: Limits) -> list[str]:
    """Replicas that must not lead and that Sentinel would take all the same, should the chosen one be lost in the last moment.

    Their priority is not ours to change, and a promotion without all bytes cannot be taken back once a Sentinel has told
    clients of it: seen, 49 MB of acknowledged writes.
    """
    reasons = [
        f"{member.name} is {lag_bytes(primary.facts, member.facts)} bytes behind, and Sentinel could promote it: wait for it, "
        "or set its replica-priority to 0 if it is never to lead"
        for member in electable
        if view.sentinels and is_far_behind(primary, member, limits)
    ]
    reasons += [
        f"{member.name} copies another replica, and a Sentinel could promote it: set its replica-priority to 0, or have the "
        "Sentinels forget it (SENTINEL RESET, one after the other)"
        for member in view.replicas
        if member.facts.priority != 0 and copies_a_replica(view, member) and _in_danger_of_promotion(view, member)
    ]
    return reasons


def _primary_reasons(primary: Member, attached: tuple[Member, ...]) -> list[str]:
    reasons = []
    facts = primary.facts
    if facts.settings.get("replica-read-only") != "yes":
        reasons.append(
            "replica-read-only of the primary is {}: once demoted it would take writes".format(
                facts.settings.get("replica-read-only", "unknown")
            )
        )
    with_password = [m.name for m in attached if "masterauth" in m.facts.secrets_set]
    if with_password and "masterauth" not in facts.secrets_set:
        reasons.append("masterauth is not set on the primary, but on its replicas: it could not follow the new primary")
    # What the replicas follow by now, it must follow by afterwards. An engine that was built without TLS has no such setting.
    for name, unset in (("masteruser", ""), ("tls-replication", "no")):
        others = {member.facts.settings.get(name, unset) for member in attached}
        own = facts.settings.get(name, unset)
        if others and own not in others:
            reasons.append(
                f"{name} is {own or 'not set'} on the primary and {' or '.join(sorted(one or 'not set' for one in others))} on its replicas:"
                " it could not follow the new primary"
            )
    wanted = whole(facts.settings, "min-replicas-to-write")
    if wanted > len(attached):
        reasons.append(f"min-replicas-to-write is {wanted}, the new primary would have {len(attached)} replicas")
    attached_not_online = [str(replica.address) for replica in facts.replicas if not replica.online]
    if attached_not_online:
        reasons.append("replicas are being synchronised: " + ", ".join(attached_not_online))
    return reasons


def _unmatched_reasons(view: GroupView, members: tuple[Member, ...]) -> list[str]:
    """Every Sentinel must know the members by the run ids that they report, else its table is of an earlier time."""
    return [
        f"{account.name} has not read the run id of {member.name} yet"
        for account, facts, _entry in view.watching
        for member in members
        if entry_of(facts, member) is None
    ]


def announced_or_raise(member: Member) -> Address:
    """The address for engine commands of a member that passed the preflight."""
    if member.announced is None:
        raise ValueError(f"{member.name} passed the preflight without an announced address")
    return member.announced

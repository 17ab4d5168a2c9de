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
from .group import GroupView, Member, entry_of
from .health import Limits
from .replies import whole

# The fence ends by itself after this share of the shortest down-after-milliseconds: a paused primary does not answer
# Sentinel's hello and with it neither its pings, so a longer pause makes the Sentinels fail over by themselves.
FENCE_SHARE = 0.6
LONGEST_FENCE_MS = 5000
SHORTEST_FENCE_MS = 2000
# Borrowed where the Sentinels' own down-after-milliseconds leaves too little time.
BORROWED_DOWN_AFTER_MS = 5000


@dataclass(frozen=True)
class Preflight:
    """What is known before anything changes. ``electable``: whom Sentinel could promote; ``chosen``: whom it shall."""

    primary: Member
    electable: tuple[Member, ...]
    chosen: Member
    down_after_ms: tuple[int, ...]
    driver: str = SENTINEL

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
    attached = [m for m in view.replicas if m.facts.upstream and m.facts.upstream.primary in view.addresses(primary)]
    return tuple(member for member in attached if member.facts.priority != 0)


def preflight(
    view: GroupView, limits: Limits, preference: Preference, driver: str = AUTO
) -> tuple[Preflight | None, tuple[str, ...]]:
    """Decide whether a hand-over may begin, beyond the group's health: the plan, or every reason against it."""
    primary = view.primary
    if primary is None or (view.sentinels and not view.watching):
        return None, ("the group has no single primary" + (" that Sentinels watch" if view.sentinels else ""),)
    electable = electable_replicas(view, primary)
    obstacles = {member.name: unfit_because(view, primary, member, limits) for member in electable}
    candidates = tuple(member for member in electable if not obstacles[member.name])
    chosen = best_candidate(candidates, preference)
    reasons = _target_reasons(view, primary, obstacles, preference.target)
    if preference.target is None and chosen is None:
        reasons += ["{} cannot lead: {}".format(name, ", ".join(why)) for name, why in sorted(obstacles.items()) if why]
        reasons += [f"{member.name} is not wanted as primary" for member in candidates]
        reasons.append("no replica is fit to lead")
    reasons += _primary_reasons(view, primary, electable)
    way, against = choose_driver(view, driver)
    reasons += against
    reasons += _unmatched_reasons(view, (primary, *electable))
    if reasons or chosen is None:
        return None, tuple(reasons)
    return Preflight(primary, electable, chosen, tuple(entry.down_after_ms for _a, _f, entry in view.watching), way), ()


def _target_reasons(
    view: GroupView,
    primary: Member,
    obstacles: Mapping[str, list[str]],
    target: str | None,
) -> list[str]:
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
    return [f"{target} cannot lead: {why}" for why in obstacles[target]]


def _primary_reasons(view: GroupView, primary: Member, electable: tuple[Member, ...]) -> list[str]:
    reasons = []
    facts = primary.facts
    if facts.settings.get("replica-read-only") != "yes":
        reasons.append(
            "replica-read-only of the primary is {}: once demoted it would take writes".format(
                facts.settings.get("replica-read-only", "unknown")
            )
        )
    with_password = [m.name for m in electable if "masterauth" in m.facts.secrets_set]
    if with_password and "masterauth" not in facts.secrets_set:
        reasons.append("masterauth is not set on the primary, but on its replicas: it could not follow the new primary")
    wanted = whole(facts.settings, "min-replicas-to-write")
    if wanted > len(view.replicas):
        reasons.append(f"min-replicas-to-write is {wanted}, the new primary would have {len(view.replicas)} replicas")
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

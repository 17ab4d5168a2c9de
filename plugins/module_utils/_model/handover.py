# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The decisions of a hand-over, without I/O: may it begin, how long may the fence be, was anything lost.

The algorithm and its proof: SENTINEL FAILOVER promotes a replica while the old primary goes on acknowledging writes for
about eleven seconds; here writes are held first, every replica that could be promoted is shown to have all bytes, and the
old primary is demoted in the transaction that reads its offset for the last time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .address import Address
from .fitness import unfit_because
from .group import GroupView, Member, entry_of
from .health import Limits
from .replies import whole

DONE = "done"
REFUSED = "refused"
UNKNOWN = "unknown"

# The fence ends by itself after this share of the shortest down-after-milliseconds: a paused primary does not answer
# Sentinel's hello and with it neither its pings, so a longer pause makes the Sentinels fail over by themselves.
FENCE_SHARE = 0.6
LONGEST_FENCE_MS = 5000
SHORTEST_FENCE_MS = 2000

# While the fence stands no ping may move the old primary's offset past the promoted one's: in seconds.
BORROWED_PING_PERIOD = 3600


@dataclass(frozen=True)
class Preflight:
    """What is known before anything changes: who hands over, who may take over, how long the fence may stand."""

    primary: Member
    electable: tuple[Member, ...]
    candidates: tuple[Member, ...]
    target: Member | None
    fence_ms: int

    @property
    def steering_needed(self) -> bool:
        """Whether Sentinel might choose a replica that is not wanted."""
        wanted = {self.target.name} if self.target is not None else {member.name for member in self.candidates}
        return any(member.name not in wanted for member in self.electable)


@dataclass(frozen=True)
class Fence:
    """The primary at the moment its writes were held: offset P and replication id R."""

    offset: int
    replication_id: str


@dataclass(frozen=True)
class Proof:
    """The numbers that decide whether a hand-over was lossless (engine behaviour of PSYNC2 since Redis 4).

    ``fence``: P and R. ``inherited_id`` and ``inherited_offset``: master_replid2 and second_repl_offset - 1 of the new
    primary, the history that it took over. ``final_offset``: Q, the old primary's offset in its demotion.
    """

    fence: Fence
    inherited_id: str
    inherited_offset: int
    final_offset: int | None = None

    @property
    def inherits_everything(self) -> bool:
        return self.inherited_id == self.fence.replication_id and self.inherited_offset >= self.fence.offset

    @property
    def unproven_bytes(self) -> int | None:
        """Bytes that the old primary took after the fence; None before its demotion."""
        return None if self.final_offset is None else self.final_offset - self.fence.offset

    @property
    def lossless(self) -> bool:
        return self.inherits_everything and self.unproven_bytes == 0


@dataclass(frozen=True)
class Evidence:
    """What happened, in numbers; times in milliseconds. Fields stay None where it did not get that far."""

    old_primary: str = ""
    new_primary: str = ""
    fence_offset: int | None = None
    replication_id: str = ""
    inherited_offset: int | None = None
    inherited_id: str = ""
    final_offset: int | None = None
    epoch_before: int | None = None
    epoch_after: int | None = None
    fence_ms: int | None = None
    pause_ms: int | None = None
    full_syncs: int | None = None
    phases_ms: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class HandOverResult:
    """``done`` only with the proof; ``refused`` when nothing is changed; ``unknown`` must never be followed by a stop."""

    outcome: str
    reasons: tuple[str, ...]
    evidence: Evidence


def fence_length(down_after_ms: tuple[int, ...]) -> int:
    """How many milliseconds writes may be held so that no Sentinel takes the primary for dead."""
    return min(LONGEST_FENCE_MS, int(min(down_after_ms) * FENCE_SHARE))


def electable_replicas(view: GroupView, primary: Member) -> tuple[Member, ...]:
    """The replicas that Sentinel could promote: its own entry of the primary lists them, and their priority is not 0."""
    attached = [m for m in view.replicas if m.facts.upstream and m.facts.upstream.primary in view.addresses(primary)]
    return tuple(member for member in attached if member.facts.priority != 0)


def preflight(view: GroupView, limits: Limits, target: str | None) -> tuple[Preflight | None, tuple[str, ...]]:
    """Decide whether a hand-over may begin, beyond the group's health: the plan, or every reason against it."""
    primary = view.primary
    if primary is None or not view.watching:
        return None, ("the group has no single primary that Sentinels watch",)
    electable = electable_replicas(view, primary)
    obstacles = {member.name: unfit_because(view, primary, member, limits) for member in electable}
    candidates = tuple(member for member in electable if not obstacles[member.name])
    chosen = view.member(target) if target is not None else None
    reasons = _target_reasons(view, primary, obstacles, target)
    if target is None and not candidates:
        reasons += ["{} cannot lead: {}".format(name, ", ".join(why)) for name, why in sorted(obstacles.items())]
        reasons.append("no replica is fit to lead")
    reasons += _primary_reasons(view, primary, electable)
    fence_ms = fence_length(tuple(entry.down_after_ms for _account, _facts, entry in view.watching))
    if fence_ms < SHORTEST_FENCE_MS:
        reasons.append(
            f"down-after-milliseconds allows a fence of {fence_ms} ms, {SHORTEST_FENCE_MS} ms are needed: "
            f"set it to at least {int(SHORTEST_FENCE_MS / FENCE_SHARE) + 1}"
        )
    reasons += _unmatched_reasons(view, (primary, *electable))
    if reasons:
        return None, tuple(reasons)
    return Preflight(primary, electable, candidates, chosen, fence_ms), ()


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

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From one view of a group to the steps that mend its wiring, the least dangerous first. Pure: what is seen decides.

The engine's rules behind the order (sentinel.c, sentinelProcessHelloMessage): Sentinels match one another by the name of the
group, the greater epoch wins whatever the address, an entry that is made by MONITOR begins with epoch 0, and what a Sentinel is
moved away from stays in its table as a replica, to be demoted. So no Sentinel gets an address while another one of the
group names a different one: those that are wrong forget the group first.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import Refused
from ..group import GroupView, Member
from ..proof import Proven, proven_primary
from ..sentinel import PrimaryEntry, SentinelAccount
from .contenders import contenders_plan
from .entries import strangers
from .leftovers import leftovers
from .monitoring import monitor_step, need_of_parameters, remove_step
from .orphans import excused, orphan_steps
from .parameters import differing, wanted_parameters
from .resets import reset_steps
from .step import REPOINT, RETURN, SET, RepairPlan, RepairWish, Step


def repair_plan(view: GroupView, wish: RepairWish) -> RepairPlan:
    """What is to be done, in order; no steps where nothing is. Raises Refused where a repair could do harm."""
    what = f"the Sentinels of {view.name} are not repaired"
    unsettled = list(why_unsettled(view))
    if unsettled:
        raise Refused(what, unsettled)
    if len(view.primaries) > 1:
        return contenders_plan(view, wish)
    primary = view.primary
    if primary is not None and wish.choose not in (None, primary.name):
        raise Refused(what, [_why_not_chosen(view, primary, str(wish.choose))])
    known = excused(view, primary, wish.orphans) if primary is not None else frozenset()
    proven = proven_primary(view, what, wish.choose, known)
    reasons = list(_why_not_trusted(view, proven.primary))
    right, wrong, without = _sorted_out(view, proven.primary)
    wanted, open_ = wanted_parameters(
        wish.parameters,
        [entry for _account, entry in right],
        [entry for _account, entry in [*right, *wrong]],
        len(view.sentinels),
    )
    if wrong or without:
        reasons += need_of_parameters(wish, wanted, open_)
    if reasons:
        raise Refused(what, reasons)
    urgent, resets, left = reset_steps(view, proven, {account.name for account, _entry in right})
    left = [
        f"the Sentinels differ in {name}, and none of its values has a majority: say which one by the option"
        for name in open_
    ] + left
    settings = [
        _set_step(account, options)
        for account, entry in right
        if (options := differing(entry, wanted)) and not entry.failover_in_progress
    ]
    # What is about to be destroyed first, then what can harm nobody.
    steps = [
        *urgent,
        *_return_steps(view, proven.primary),
        *settings,
        *orphan_steps(view, proven.primary, proven.address, wish.orphans),
        *(remove_step(view, account, _who_is(view, entry), proven.primary) for account, entry in wrong),
        *(
            monitor_step(view, account, proven.primary, proven.address, {**wanted, **wish.secrets})
            for account in [*without, *(account for account, _entry in wrong)]
        ),
        *_repoint_steps(view, proven, wish),
        *resets,
    ]
    left += [f"{account.name} cannot be asked: {account.error}" for account in view.sentinels if account.facts is None]
    return RepairPlan(
        tuple(steps), proven.primary.name, proven.primary.facts.run_id, proven.address, wanted, tuple(left)
    )


def why_unsettled(view: GroupView) -> Iterator[str]:
    """What is under way and has to end first: a repair in the middle of it would meet another world at each step."""
    if not view.sentinels:
        yield "no Sentinel is named"
    for account, facts, entry in view.watching:
        if entry.failover_in_progress:
            yield f"{account.name} is in the middle of a failover ({entry.failover_state}): wait for its end"
        # Where two primaries contend, Sentinels only have to let go, which they do in TILT too.
        if facts.tilt and len(view.primaries) < 2:
            yield f"{account.name} is in TILT, and what it says is not to be trusted: wait 30 s, and look at its clock"
    for member in view.members:
        if member.facts.failover_state != "no-failover":
            yield f"{member.name} is in the middle of a failover ({member.facts.failover_state}): wait for its end"
        if member.facts.shutting_down:
            yield f"{member.name} is shutting down: wait until it is gone"


def _why_not_trusted(view: GroupView, primary: Member) -> Iterator[str]:
    """When the inventory itself may be what is wrong: most Sentinels name a node that it does not have, or a live Sentinel or
    replica that it does not have is at work."""
    everybody = {address for member in view.members for address in view.addresses(member)}
    outside = [(account, entry) for account, _facts, entry in view.watching if entry.address not in everybody]
    backed = bool(view.replicas) or any(
        entry.address in view.addresses(primary) for _account, _facts, entry in view.watching
    )
    if outside and (len(outside) * 2 > len(view.sentinels) or not backed):
        named = ", ".join(f"{account.name} names {entry.address}" for account, entry in outside)
        yield (
            f"{named}, which is no node of the inventory: is one missing there? Nothing but the inventory speaks for {primary.name}"
        )
    for stranger in strangers(view):
        if stranger.is_peer and not stranger.entry.down:
            yield (
                f"{stranger}, and which the inventory lacks: it would tell the others its own idea of {view.name} again. Name it among "
                f"the Sentinels if it belongs to this set. If it is another set's, two groups have the name {view.name} and were joined: "
                "stop writing to both, have all Sentinels of both sets forget the name (sentinel_monitor, state: absent), look at each node "
                "to see whose data it has, make the replicas of each group copy its own primary (REPLICAOF), and only then have each "
                "set watch its group, under two names"
            )
        elif stranger.is_attached_to(primary) and not stranger.entry.down:
            yield (
                f"{stranger}, copies {primary.name}, and is not in the inventory. Name it among the nodes if it belongs here. If another group "
                "claims it, its data are those of this group by now: give it back there (REPLICAOF), and run this again"
            )


def _why_not_chosen(view: GroupView, primary: Member, chosen: str) -> str:
    """The user has two primaries in mind, of which one is left, and it is the one that was to be given up."""
    silent = [account for account in view.nodes if account.name == chosen and account.facts is None]
    is_what = f"does not answer ({silent[0].error})" if silent else "is a replica"
    remedy = f"otherwise see that {chosen} answers first" if silent else "to change who leads takes a hand-over"
    return (
        f"choose is {chosen}, which {is_what}, and the only primary that answers is {primary.name}: its data would survive. "
        f"If that is meant, choose {primary.name} or nobody; {remedy}"
    )


def _sorted_out(
    view: GroupView, primary: Member
) -> tuple[
    list[tuple[SentinelAccount, PrimaryEntry]], list[tuple[SentinelAccount, PrimaryEntry]], list[SentinelAccount]
]:
    """The Sentinels that name the primary, those that name another node, and those that do not watch the group."""
    addresses = view.addresses(primary)
    watching = [(account, entry) for account, _facts, entry in view.watching]
    return (
        [pair for pair in watching if pair[1].address in addresses],
        [pair for pair in watching if pair[1].address not in addresses],
        [account for account in view.sentinels if account.facts is not None and account.facts.primary is None],
    )


def _who_is(view: GroupView, entry: PrimaryEntry) -> str:
    names = [member.name for member in view.members if entry.address in view.addresses(member)]
    return f"{entry.address} ({names[0]}, a replica)" if names else f"{entry.address} (no node of this group)"


def _return_steps(view: GroupView, primary: Member) -> Iterator[Step]:
    left = leftovers(view, primary)
    if left:
        yield Step(
            RETURN,
            primary.name,
            f"return what an earlier hand-over had borrowed ({', '.join(left)})",
            "that hand-over does not hold the lock of the group any more",
            "it is not written down as borrowed any more",
        )


def _set_step(account: SentinelAccount, options: dict[str, str]) -> Step:
    said = ", ".join(f"{name} {value}" for name, value in sorted(options.items()))
    return Step(
        SET,
        account.name,
        f"have {account.name} watch with {said}, as the user says or most Sentinels do",
        "it names the primary, and no failover is under way",
        f"it has {said}",
        options=options,
    )


def _repoint_steps(view: GroupView, proven: Proven, wish: RepairWish) -> Iterator[Step]:
    """A chained replica has the primary's stream already, over another replica, so it goes on where it is."""
    if "chained_replica" in wish.accept:
        return
    for member in [one for one in view.replicas if one.name not in wish.orphans]:
        upstream = member.facts.upstream
        others = [
            other.name
            for other in view.replicas
            if upstream is not None and other is not member and upstream.primary in view.addresses(other)
        ]
        same = member.facts.replication_id == proven.primary.facts.replication_id
        if upstream is not None and upstream.up and same and others:
            yield Step(
                REPOINT,
                member.name,
                f"have {member.name} copy the primary {proven.primary.name} at {proven.address} instead of the replica {others[0]}",
                f"its replication id is that of {proven.primary.name}, and its link is up",
                f"it copies {proven.primary.name}, and its link is up",
                proven.address,
            )

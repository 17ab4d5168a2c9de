# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The condition that must hold after each step, judged on a fresh view: why it does not hold yet, or None."""

from __future__ import annotations

from collections.abc import Iterator

from ..group import GroupView, attached_replicas
from ..proof import share_history
from ..sentinel import SentinelAccount
from ..wiring import HELLO_OVERDUE_MS
from .entries import missing_members, strangers
from .leftovers import leftovers
from .parameters import differing
from .step import DEMOTE, MONITOR, REMOVE, REPOINT, RESET, RETURN, SET, RepairPlan, Step


def why_not_after(step: Step, plan: RepairPlan, view: GroupView) -> str | None:
    """What of the step's end is not seen yet; None when all of it is."""
    return next(_MISSING[step.kind](step, plan, view), None)


def why_world_differs(plan: RepairPlan, view: GroupView) -> str | None:
    """Why the group is not the one that the plan was made for: somebody else leads, or the primary is another process."""
    member = view.member(plan.primary)
    if member is None:
        account = next(account for account in view.nodes if account.name == plan.primary)
        return f"{plan.primary}, which was to lead, does not answer: {account.error}"
    if not member.facts.is_primary:
        leads = ", ".join(one.name for one in view.primaries) or "nobody"
        return f"{plan.primary}, which was to lead, is a replica now; {leads} leads"
    if member.facts.run_id != plan.run_id:
        return f"{plan.primary} was restarted meanwhile"
    return None


def _account(view: GroupView, name: str) -> SentinelAccount:
    return next(account for account in view.sentinels if account.name == name)


def _after_remove(step: Step, _plan: RepairPlan, view: GroupView) -> Iterator[str]:
    facts = _account(view, step.subject).facts
    if facts is None:
        yield f"{step.subject} does not answer: {_account(view, step.subject).error}"
    elif facts.primary is not None:
        yield f"{step.subject} still knows {view.name}"


def _after_return(_step: Step, plan: RepairPlan, view: GroupView) -> Iterator[str]:
    primary = view.member(plan.primary)
    yield from [f"{plan.primary} does not answer"] if primary is None else leftovers(view, primary)


def _after_set(step: Step, _plan: RepairPlan, view: GroupView) -> Iterator[str]:
    account = _account(view, step.subject)
    if account.facts is None or account.facts.primary is None:
        yield f"{step.subject} does not tell: {account.error or 'it does not watch the group any more'}"
        return
    for name in differing(account.facts.primary, step.options):
        yield f"{step.subject} still has another {name}"


def _after_monitor(step: Step, plan: RepairPlan, view: GroupView) -> Iterator[str]:
    account = _account(view, step.subject)
    facts = account.facts
    if facts is None:
        yield f"{step.subject} does not answer: {account.error}"
        return
    entry, primary = facts.primary, view.member(plan.primary)
    if entry is None:
        yield f"{step.subject} does not watch {view.name}"
        return
    if entry.address != plan.address:
        yield f"{step.subject} names {entry.address}"
    if entry.down or entry.role_reported not in ("", "master"):
        yield f"{step.subject} holds the primary for {','.join(sorted(entry.flags))}, and for a {entry.role_reported or 'node that it has not met'}"
    if primary is None or entry.run_id != primary.facts.run_id:
        yield f"{step.subject} has not met {plan.primary} yet"
        return
    for name in missing_members(account, attached_replicas(view, primary)):
        yield f"{step.subject} has not met {name} yet"
    peers = {peer.run_id for peer in facts.peers if not peer.down and peer.hello_age_ms < HELLO_OVERDUE_MS}
    for other, other_facts, other_entry in view.watching:
        if other.name != step.subject and other_entry.address == plan.address:
            if other_facts.my_id not in peers:
                yield f"{step.subject} has not heard of {other.name} yet"
            if other_entry.config_epoch > entry.config_epoch:
                yield f"{step.subject} is at epoch {entry.config_epoch}, {other.name} at {other_entry.config_epoch}"


def _after_reset(step: Step, plan: RepairPlan, view: GroupView) -> Iterator[str]:
    for stranger in strangers(view):
        if stranger.account.name == step.subject:
            yield f"{stranger} still, or again"
    if "urgent" not in step.options:
        yield from _after_monitor(step, plan, view)


def _after_repoint(step: Step, plan: RepairPlan, view: GroupView) -> Iterator[str]:
    if "orphan" in step.options:
        # It needs all data, for which nobody waits while no Sentinel watches the group.
        yield from _after_demote(step, plan, view)
        return
    member, primary = view.member(step.subject), view.member(plan.primary)
    upstream = member.facts.upstream if member is not None else None
    if member is None or primary is None or upstream is None:
        yield f"{step.subject} does not answer, or is no replica"
    elif upstream.primary not in view.addresses(primary):
        yield f"{step.subject} copies {upstream.primary}"
    elif not upstream.up or member.facts.replication_id != primary.facts.replication_id:
        yield f"{step.subject} is not connected to {plan.primary} yet"


def _after_demote(step: Step, plan: RepairPlan, view: GroupView) -> Iterator[str]:
    member, primary = view.member(step.subject), view.member(plan.primary)
    upstream = member.facts.upstream if member is not None else None
    if member is None or primary is None or upstream is None:
        yield f"{step.subject} does not answer, or is no replica"
    elif upstream.primary not in view.addresses(primary):
        yield f"{step.subject} copies {upstream.primary}"
    elif not upstream.syncing and not (upstream.up and share_history(member, primary)):
        yield f"{step.subject} has not begun to copy {plan.primary}"


_MISSING = {
    DEMOTE: _after_demote,
    MONITOR: _after_monitor,
    REMOVE: _after_remove,
    REPOINT: _after_repoint,
    RESET: _after_reset,
    RETURN: _after_return,
    SET: _after_set,
}

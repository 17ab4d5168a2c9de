# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking Sentinels to promote a replica, seeing who leads, and calling it off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Callable

from ..._engine.group import GroupConnections
from ..._engine.sentinel import Sentinel
from ..._model.address import Address
from ..._model.errors import CommandRefused, NotListening, OutcomeUnknown, Refused, SteadyhandError, Unreachable
from ..._model.handover import Fence
from ..._model.preflight import announced_or_raise
from ..._model.replies import whole
from ..._model.sentinel import PrimaryEntry
from .passage import Passage
from .rivals import PROBE_TIMEOUT, Rivals, failing_over

POLL = 0.005
WATCHED_AFTER_CANCEL = 0.3
# Seconds after which the Sentinel that was asked is looked after: it takes 0.2 to 0.35 s to promote a replica.
USUALLY_PROMOTED_WITHIN = 0.7
LEAST_FOR_PROMOTION = 0.3


class PrimaryEnded(OutcomeUnknown):
    """The old primary's process has ended in the middle."""


class NotPromoted(SteadyhandError):
    """Nobody was promoted in time, and the failover was called off: nothing has changed."""


def replication_of(passage: Passage) -> list[tuple[str, Any]]:
    """INFO replication of every replica that could be promoted, or the error that took its place.

    The chosen one comes first. One attempt each: callers look again, and a silent node costs them one time-out a look.
    """
    urgent = passage.urgent
    names = [member.name for member in sorted(passage.plan.electable, key=lambda one: one is not passage.plan.chosen)]

    def info(name: str) -> dict[str, str]:
        try:
            return urgent.node(name).info("replication")
        except Unreachable:
            # Sentinel sends every client of a node away when it promotes it, and this connection with them.
            urgent.forget(name)
            raise

    return list(zip(names, urgent.side_by_side([partial(info, name) for name in names])))


def behind(fence: Fence, name: str, info: Any) -> str:
    """Why a replica does not yet have everything up to the fence; an empty text when it has."""
    if isinstance(info, SteadyhandError):
        return str(info)
    if info.get("role") == "master":
        return f"{name} is a primary by itself"
    if info.get("master_replid") != fence.replication_id or info.get("master_link_status") != "up":
        return f"{name} is not connected to the primary"
    missing = fence.offset - whole(info, "slave_repl_offset")
    return f"{name} lacks {missing} bytes" if missing > 0 else ""


def ask(passage: Passage, leader: str) -> bool:
    """Ask one Sentinel to fail over. Returns False when it did not answer: it may act all the same.

    A failover that it has begun already is as good: whoever it promotes has everything. Raises CommandRefused or
    AccessDenied when it declined.
    """
    try:
        passage.urgent.sentinel(leader).call("FAILOVER", passage.group)
    except Unreachable:
        passage.urgent.forget(leader)
        return False
    except CommandRefused as refusal:
        if not refusal.reply.startswith("INPROG"):
            raise
    return True


@dataclass
class Request:
    """Who was asked to fail over, by whether the Sentinel answered; the last one answered or asked comes last.

    Who was at it before counts as one that answered. ``called_off``: who began one of its own beside it.
    """

    answered: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    called_off: list[str] = field(default_factory=list)

    def ask(self, passage: Passage, sentinel: str) -> bool:
        """Ask one more. Returns whether it is at work; raises CommandRefused or AccessDenied when it declined."""
        at_work = ask(passage, sentinel)
        (self.answered if at_work else self.unanswered).append(sentinel)
        return at_work

    @property
    def may_be_at_work(self) -> bool:
        """Whether any Sentinel was asked that has not declined."""
        return bool(self.answered or self.unanswered)


def promote(passage: Passage, leader: str, request: Request, seconds: float, rivals: Rivals) -> str | None:
    """Have somebody promoted; returns who leads, or None when nobody did in time. ``request`` keeps who was asked.

    A Sentinel that dies or stops right after its answer is replaced by another while writes are still held: that one
    promotes the same replica, because every Sentinel saw its borrowed priority. Raises CommandRefused or AccessDenied
    when the first one declined, Refused when there is too little time to begin (nobody was asked then).
    """
    if seconds < LEAST_FOR_PROMOTION:
        raise Refused("nobody was asked to fail over", ["this process was held up, too little of the fence is left"])
    deadline = passage.clock.now() + seconds
    try:
        return _promoted_by(passage, leader, request, deadline, rivals)
    finally:
        request.called_off += rivals.called_off


def _promoted_by(passage: Passage, leader: str, request: Request, deadline: float, rivals: Rivals) -> str | None:
    ahead = rivals.ahead()
    if ahead is None:
        at_work = request.ask(passage, leader)
    else:
        leader, at_work = ahead, True
        request.answered.append(ahead)

    def alone() -> None:
        if request.answered:
            rivals.call_off_beside(request.answered[-1], request.unanswered)

    others = [target.name for target in passage.urgent.targets.sentinels if target.name != leader]
    while others:
        patience = min(deadline - passage.clock.now(), USUALLY_PROMOTED_WITHIN)
        promoted = await_promotion(passage, patience if at_work else 0.0, alone)
        if promoted is not None or passage.clock.now() >= deadline:
            return promoted
        promoted, under_way = what_sentinels_do(passage)
        if promoted is not None:
            return promoted
        if at_work and request.answered[-1] in under_way:
            break
        others.sort(key=lambda name: name in request.unanswered)
        try:
            at_work = request.ask(passage, others.pop(0))
        except SteadyhandError:
            # This one knows no better; the next is asked, or what the first one began is called off.
            at_work = False
    return await_promotion(passage, deadline - passage.clock.now(), alone)


def what_sentinels_do(passage: Passage) -> tuple[str | None, set[str]]:
    """The replica that one of them names as primary, and those that are failing over.

    Asked on connections of its own: what does not answer in a quarter of a second is of no use behind a fence.
    """
    group = passage.group
    with GroupConnections(passage.urgent.targets, PROBE_TIMEOUT) as probe:
        promoted = _replica_at(passage, announcements(probe).values())
        entries = failing_over(probe, group, [target.name for target in probe.targets.sentinels])
    at_work = {name for name, one in entries.items() if isinstance(one, PrimaryEntry) and one.failover_in_progress}
    return promoted, at_work


def await_promotion(passage: Passage, seconds: float, meanwhile: Callable[[], object] | None = None) -> str | None:
    """The name of the replica that leads, as soon as one says so of itself; None when none did in time.

    ``meanwhile`` is called between two looks.
    """
    deadline = passage.clock.now() + seconds
    while True:
        for name, info in replication_of(passage):
            if not isinstance(info, SteadyhandError) and info.get("role") == "master":
                return name
        if passage.clock.now() >= deadline:
            return None
        if meanwhile is not None:
            meanwhile()
        passage.clock.sleep(POLL)


def call_off(passage: Passage, leader: str, asked: bool) -> str:
    """Cancel a failover that has promoted nobody (SENTINEL RESET on its leader); returns whoever was promoted after all.

    Raises NotPromoted when nothing has changed and nothing can any more, OutcomeUnknown when that is not certain.
    """
    return call_all_off(passage, Request([leader], []) if asked else Request([], [leader]))


def call_all_off(passage: Passage, request: Request) -> str:
    """The same for every Sentinel that was asked. Of one that did not answer, nobody knows what it will do yet.

    One that names whom it promoted is not called off: it would forget that, and name the old primary for ever.
    """
    promoted, _failing_over = what_sentinels_do(passage)
    if promoted is not None:
        return promoted
    _require_primary(passage)
    silent = dict.fromkeys(request.unanswered, "it does not answer")
    for sentinel in [*request.answered, *request.unanswered]:
        try:
            asked = passage.urgent.sentinel(sentinel)
            # Right before it is called off: a silent Sentinel has held up the look at all of them.
            promoted = _replica_at(passage, [named_by(asked, passage.group)])
            if promoted is not None:
                return promoted
            asked.call("RESET", passage.group)
        except SteadyhandError as error:
            # Whatever it answers: what was not called off goes on.
            passage.urgent.forget(sentinel)
            silent[sentinel] = str(error)
    promoted = await_promotion(passage, WATCHED_AFTER_CANCEL)
    named = announcements(passage.urgent)
    promoted = promoted or _replica_at(passage, named.values())
    if promoted is not None:
        return promoted
    strangers = {address for address in named.values() if address != announced_or_raise(passage.plan.primary)}
    if strangers:
        addresses = ", ".join(map(str, sorted(strangers)))
        raise OutcomeUnknown(f"Sentinels name {addresses} as primary, which is no known member of the group")
    if silent:
        why = "; ".join(f"{name} ({said})" for name, said in sorted(silent.items()))
        raise OutcomeUnknown(f"asked to fail over and not called off: {why}; it may still promote a replica")
    mute = [str(info) for _name, info in replication_of(passage) if isinstance(info, SteadyhandError)]
    if mute:
        raise OutcomeUnknown("whether somebody was promoted could not be seen: " + "; ".join(mute))
    raise NotPromoted(", ".join(request.answered) + " promoted nobody in time; the failover was called off")


def _require_primary(passage: Passage) -> None:
    """Raises PrimaryEnded where the old primary's process has ended: then a failover is what the group needs.

    A Sentinel that is called off forgets the replicas, and learns of them from the primary only. Each time that it was elected
    then it would find nobody to promote (seen on Valkey 9.1: clients waited for more than a minute).
    """
    old = passage.plan.primary.name
    try:
        passage.urgent.ask_node(old, lambda node: node.call("PING"))
    except NotListening as error:
        raise PrimaryEnded(f"the primary has ended, so the Sentinels are left to fail over ({error})") from error
    except SteadyhandError:
        # It may go on at any moment.
        passage.urgent.forget(old)


def named_by(sentinel: Sentinel, group: str) -> Address:
    """Whom one Sentinel names as the group's primary. Raises CommandRefused when it does not know the group."""
    said = sentinel.call("GET-MASTER-ADDR-BY-NAME", group)
    if not said:
        raise CommandRefused(f"{sentinel.target.name} knows no group {group}", "nil")
    host, port = said
    return Address.of(host, port)


def announcements(connections: GroupConnections) -> dict[str, Address]:
    """Whom each Sentinel that answers names as the group's primary: what clients are told. One attempt each."""

    def named(name: str) -> Address:
        sentinel = connections.sentinel(name)
        try:
            return named_by(sentinel, connections.targets.name)
        except Unreachable:
            connections.forget(name)
            raise

    names = [target.name for target in connections.targets.sentinels]
    replies = connections.side_by_side([partial(named, name) for name in names])
    return {name: said for name, said in zip(names, replies) if isinstance(said, Address)}


def _replica_at(passage: Passage, addresses: Iterable[Address]) -> str | None:
    """The replica that a Sentinel names as primary: promoted, even if it says nothing itself."""
    named = set(addresses)
    return next((member.name for member in passage.plan.electable if member.announced in named), None)

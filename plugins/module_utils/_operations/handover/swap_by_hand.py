# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exchange of roles where the engine's own would not hold clients back: Redis 6.2.

The end of its FAILOVER lifts every pause, so that clients would be refused before they are routed. The steps are those
under Sentinel instead, with the same fence: hold writes, see the replica at the same byte, promote it, prove it, demote.
"""

from __future__ import annotations

from ..._engine.node import Node
from ..._model.errors import OutcomeUnknown, Refused, SteadyhandError, Unreachable
from ..._model.handover import Fence, Proof
from ..._model.replies import parse_info, whole
from .fence import LEAST_FOR_DEMOTING, StandingFence, fence_on
from .passage import Passage
from .promotion import POLL, behind
from .side import SYNC_TIMEOUT_MS, Side, if_answering
from .swap import prove


def swap_by_hand(passage: Passage, old: Side, new: Side, pause_ms: int) -> tuple[Fence, Proof]:
    """As `swap`: the pause stands on the old primary when this returns, and the caller ends it.

    Raises Refused, with the pause lifted, when nothing has changed; OutcomeUnknown when the end was not seen.
    """
    standing = fence_on(passage.urgent, passage.clock, old.name, pause_ms, old.ping_period)
    try:
        fence = standing.raise_(passage.group, passage.lock_owner)
        _await_everything(passage, standing, fence, new)
        promoted = _promote(passage, new)
    except OutcomeUnknown as error:
        raise OutcomeUnknown("; ".join([str(error), *standing.lift_or_say()])) from error
    except SteadyhandError as error:
        raise Refused("the roles were not exchanged", [str(error), *standing.lift_or_say()]) from error
    proof = Proof(fence, promoted.get("master_replid2", ""), whole(promoted, "second_repl_offset", 0) - 1)
    trouble = _trouble(proof, standing, new)
    if not trouble:
        try:
            final_offset = standing.demote(new.address)
            stood = standing.stands
            # Seen to continue: traffic must not be moved to a node that died right after its promotion.
            prove(passage.urgent, passage.clock, fence.replication_id, old, new)
            return fence, Proof(fence, proof.inherited_id, proof.inherited_offset, final_offset, stood)
        except Refused as refusal:
            trouble = str(refusal)
        except Unreachable as error:
            # Clients have not been told of the new primary: should the old one go on, it has everything that they wrote.
            raise OutcomeUnknown(f"{new.name} leads, and {old.name} was not seen to step down: {error}") from error
    _follow_again(passage, old, new)
    raise Refused("the roles were not exchanged", [trouble, *standing.lift_or_say()])


def _await_everything(passage: Passage, standing: StandingFence, fence: Fence, new: Side) -> None:
    """Wait until the replica has applied every byte of the fenced primary. Raises Refused when it is too slow."""
    deadline = passage.clock.now() + SYNC_TIMEOUT_MS / 1000.0
    while True:
        lacking = behind(fence, new.name, if_answering(passage.urgent, new.name))
        if not lacking:
            standing.must_hold()
            return
        if passage.clock.now() > deadline:
            raise Refused(f"{new.name} did not catch up in {SYNC_TIMEOUT_MS} ms", [lacking])
        passage.clock.sleep(POLL)


def _promote(passage: Passage, new: Side) -> dict[str, str]:
    """Make the replica lead; returns what it then says of its replication. May be asked twice.

    Raises Refused, CommandRefused or AccessDenied when it does not lead, OutcomeUnknown when it does not answer.
    """

    def lead(node: Node) -> dict[str, str]:
        obeyed, info = node.transaction([("REPLICAOF", "NO", "ONE"), ("INFO", "replication")])
        for reply in (obeyed, info):
            if isinstance(reply, SteadyhandError):
                raise Refused(f"{new.name} does not take over", [str(reply)])
        return parse_info(info)

    try:
        return passage.urgent.ask_node(new.name, lead)
    except Unreachable as error:
        passage.urgent.forget(new.name)
        raise OutcomeUnknown(
            f"{new.name} was told to lead and does not answer; it may take itself for a primary when it goes on ({error})"
        ) from error


def _trouble(proof: Proof, standing: StandingFence, new: Side) -> str:
    """Why the old primary should rather keep its role; an empty text when nothing stands against its demotion."""
    if not proof.inherits_everything:
        return f"{new.name} was promoted without all bytes"
    if standing.seconds_left >= LEAST_FOR_DEMOTING:
        return ""
    try:
        now = standing.raise_again()
    except SteadyhandError as error:
        return str(error)
    took = now.offset - proof.fence.offset
    return f"this process was held up: the fence ended, and {took} bytes were taken since" if took else ""


def _follow_again(passage: Passage, old: Side, new: Side) -> None:
    """Take the promotion back: no client has been told of it."""

    def follow(node: Node) -> None:
        for reply in node.transaction([("REPLICAOF", old.address.host, old.address.port), ("CONFIG", "REWRITE")])[:1]:
            if isinstance(reply, SteadyhandError):
                raise reply

    try:
        passage.urgent.ask_node(new.name, follow)
    except SteadyhandError as error:
        raise OutcomeUnknown(f"{new.name} is a primary beside {old.name}, and does not step back: {error}") from error

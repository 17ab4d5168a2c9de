# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's own exchange of roles between two nodes: FAILOVER, watched and proven (Redis 7.0 and later, Valkey)."""

from __future__ import annotations

from ..._engine.group import GroupConnections
from ..._model.errors import AccessDenied, CommandRefused, OutcomeUnknown, Refused, SteadyhandError, Unreachable
from ..._model.handover import Fence, Proof
from ..._model.lock import LockRecord, lock_key
from ..._model.replies import parse_info, whole
from ..clock import Clock
from .nudging import NUDGE, Nudger
from .passage import Passage
from .side import SYNC_TIMEOUT_MS, Side, if_answering, replication

# Seconds until a node that has stepped down must be the other's replica, before it is called stuck.
STUCK_AFTER = 1.0


def swap(passage: Passage, old: Side, new: Side, pause_ms: int) -> tuple[Fence, Proof]:
    """Exchange the roles of two nodes, with clients' writes held on the old one for at most ``pause_ms``.

    The pause of ours stands on the old primary when this returns; the caller ends it. Raises Refused, with the pause
    lifted, when nothing has changed; OutcomeUnknown when the end was not seen.
    """
    urgent, clock = passage.urgent, passage.clock
    with Nudger(urgent.targets) as nudge:
        nudge(new.name)
        replication_id = urgent.ask_node(old.name, replication).get("master_replid", "")
        fence = _begin(urgent, old, new, passage, pause_ms)
        began = clock.now()
        while True:
            # Before the look: what the engine gave up while a silent replica was waited for is seen as that.
            over = clock.now() - began > SYNC_TIMEOUT_MS / 1000.0 + STUCK_AFTER
            state_of_old = urgent.ask_node(old.name, replication)
            state_of_new = if_answering(urgent, new.name)
            if state_of_new.get("role") == "master" and state_of_old["role"] == "slave":
                proof = prove(urgent, clock, replication_id, old, new)
                return fence or proof.fence, proof
            at_rest = state_of_old["role"] == "master" and state_of_old.get("master_failover_state") == "no-failover"
            if at_rest and (fence is not None or over):
                _not_begun(urgent, old, new, fence)
            if over:
                _give_up(urgent, old, new, state_of_new)
            nudge(new.name)
            clock.sleep(NUDGE)


def _begin(urgent: GroupConnections, old: Side, new: Side, passage: Passage, pause_ms: int) -> Fence | None:
    """Where the old primary was when it began; None when its answer was lost, and what it does must be watched."""
    node = urgent.node(old.name)
    address = new.address
    try:
        lock, paused, info, started = node.transaction(
            [
                ("GET", lock_key(passage.group)),
                ("CLIENT", "PAUSE", pause_ms, "WRITE"),
                ("INFO", "replication"),
                ("FAILOVER", "TO", address.host, address.port, "TIMEOUT", SYNC_TIMEOUT_MS),
            ]
        )
    except Unreachable:
        urgent.forget(old.name)
        return None
    except (AccessDenied, CommandRefused) as error:
        # A transaction that is refused as a whole has carried out nothing.
        raise Refused("the hand-over did not begin", [str(error)]) from error
    record = LockRecord.decode(lock)
    reasons = [str(reply) for reply in (paused, info, started) if isinstance(reply, SteadyhandError)]
    if record is None or record.owner != passage.lock_owner:
        reasons.append("the maintenance lock is {}".format(f"held by {record}" if record else "gone"))
    if reasons:
        if not isinstance(started, SteadyhandError):
            node.call("FAILOVER", "ABORT")
        node.call("CLIENT", "UNPAUSE")
        raise Refused("the hand-over did not begin", reasons)
    fields = parse_info(info)
    return Fence(whole(fields, "master_repl_offset"), fields["master_replid"])


def _not_begun(urgent: GroupConnections, old: Side, new: Side, fence: Fence | None) -> None:
    """The old primary leads, and exchanges nothing (any more). Always raises."""
    urgent.node(old.name).call("CLIENT", "UNPAUSE")
    if fence is None:
        raise OutcomeUnknown(f"{old.name} did not answer when it was told to step down, and leads; it may do it yet")
    raise Refused("the engine gave up", [f"{new.name} did not catch up in {SYNC_TIMEOUT_MS} ms"])


def _give_up(urgent: GroupConnections, old: Side, new: Side, state_of_new: dict[str, str]) -> None:
    """End an exchange in which the old primary has stepped down and the new one does not lead. Always raises."""
    take_up_again(urgent, old.name)
    if state_of_new.get("role") == "slave":
        # It may have taken over since it said so: asked once more, now that the old primary offers its role no longer.
        state_of_new = if_answering(urgent, new.name)
    if state_of_new.get("role") != "slave":
        raise OutcomeUnknown(
            f"{old.name} had stepped down for {new.name}, which does not answer or leads, and leads again; "
            f"{new.name} may take itself for a primary"
        )
    raise Refused("the exchange was called off", [f"{new.name} did not take over"])


def take_up_again(urgent: GroupConnections, old: str) -> None:
    """Have a node lead again that stepped down for one that does not take over, and let clients write.

    The engine itself has no time-out for this: the node would stay a replica of nobody for ever.
    """
    if urgent.ask_node(old, replication).get("master_failover_state", "no-failover") != "no-failover":
        urgent.ask_node(old, lambda node: node.call("FAILOVER", "ABORT"))
    urgent.ask_node(old, lambda node: node.call("CLIENT", "UNPAUSE"))


def prove(urgent: GroupConnections, clock: Clock, replication_id: str, old: Side, new: Side) -> Proof:
    """Read the proof from both sides: what the new primary inherited, and where the old one stopped.

    The old primary keeps its own history as its second one when it continues with the new primary. Raises OutcomeUnknown
    when it was not seen to continue in time.
    """
    deadline = clock.now() + STUCK_AFTER * 2
    inherited = urgent.ask_node(new.name, replication)
    while True:
        followed = urgent.ask_node(old.name, replication)
        if followed.get("master_link_status") == "up" and followed.get("master_replid2") == replication_id:
            stopped_at = whole(followed, "second_repl_offset", 0) - 1
            return Proof(
                Fence(stopped_at, replication_id),
                inherited.get("master_replid2", ""),
                whole(inherited, "second_repl_offset", 0) - 1,
                stopped_at,
                fence_stood=True,
            )
        if clock.now() > deadline:
            raise OutcomeUnknown(f"{old.name} was not seen to continue as a replica of {new.name}")
        clock.sleep(NUDGE)


def send_clients_on(urgent: GroupConnections, old: str) -> str:
    """Send the clients of the old primary away and end the pause. Returns what went wrong, or an empty text."""
    commands = [("CLIENT", "KILL", "TYPE", "normal"), ("CLIENT", "KILL", "TYPE", "pubsub"), ("CLIENT", "UNPAUSE")]
    try:
        replies = urgent.ask_node(old, lambda node: node.transaction(commands))
    except SteadyhandError as error:
        return f"the pause on the old primary ends by itself, and its clients were not sent away: {error}"
    return "; ".join(str(reply) for reply in replies if isinstance(reply, SteadyhandError))

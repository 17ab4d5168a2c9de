# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking a promotion back while nobody has been told of it: the old primary stays, and with it everything acknowledged.

It is possible from the promotion until the Sentinel notices it (at most a second): then no client knows the new primary.
Afterwards a Sentinel that forgets its failover would name the old primary for ever, the others the new one.
"""

from __future__ import annotations

from ..._engine.node import Node
from ..._model.errors import OutcomeUnknown, SteadyhandError, Unreachable
from ..._model.preflight import announced_or_raise
from ..._model.replies import parse_info, whole
from .adoption import repoint
from .passage import Passage
from .promotion import Request, announcements, what_sentinels_do


class TooLate(SteadyhandError):
    """A Sentinel names the new primary already: there is no way back. Nothing was changed."""


def take_back(passage: Passage, promoted: str, request: Request) -> str:
    """Make the promoted node a replica of the old primary again; returns what is left to say, or an empty text.

    Raises TooLate when a Sentinel named it before; OutcomeUnknown when one did meanwhile, when one that was asked may
    still promote somebody, or when the promoted node took writes of its own.
    """
    if announced_elsewhere(passage):
        raise TooLate(f"{promoted} is named as primary already")
    said = ""
    taken = 0
    try:
        taken = _follow_again(passage, promoted)
    except Unreachable as error:
        said = f"{promoted} does not answer; Sentinel makes it a replica again when it does ({error})"
    silent = list(request.unanswered)
    _named, failing_over = what_sentinels_do(passage)
    for sentinel in sorted(failing_over.union(request.answered)):
        try:
            passage.urgent.sentinel(sentinel).call("RESET", passage.group)
        except SteadyhandError:
            passage.urgent.forget(sentinel)
            silent.append(sentinel)
    # A Sentinel that was quicker has brought the other replicas over to the promoted node already.
    notes = repoint(passage, promoted, announced_or_raise(passage.plan.primary))
    said = "; ".join([said, *notes] if said else notes)
    names = announced_elsewhere(passage)
    if names:
        raise OutcomeUnknown(f"{', '.join(names)} named {promoted} in the moment in which it was taken back")
    if taken:
        raise OutcomeUnknown(f"{taken} bytes that {promoted} took as primary are lost")
    if silent:
        raise OutcomeUnknown(f"{', '.join(silent)} was asked to fail over and may still do it")
    return said


def announced_elsewhere(passage: Passage) -> list[str]:
    """The Sentinels that name another node than the old primary."""
    old = announced_or_raise(passage.plan.primary)
    return [name for name, address in announcements(passage.urgent).items() if address != old]


def _follow_again(passage: Passage, promoted: str) -> int:
    """Returns how many bytes the promoted node has written since its promotion."""
    old = announced_or_raise(passage.plan.primary)

    def follow(node: Node) -> int:
        info, obeyed, _rewritten = node.transaction(
            [("INFO", "replication"), ("REPLICAOF", old.host, old.port), ("CONFIG", "REWRITE")]
        )
        for reply in (info, obeyed):
            if isinstance(reply, SteadyhandError):
                raise reply
        fields = parse_info(info)
        inherited = whole(fields, "second_repl_offset") - 1
        return max(0, whole(fields, "master_repl_offset") - inherited) if fields.get("role") == "master" else 0

    return passage.urgent.ask_node(promoted, follow)

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two primaries: whose data survive is the user's choice, and nothing of the others is given up before it is in a file.

A demotion ends a save that is under way, and what the node had taken since the split goes with it. So every Sentinel forgets the
group before, one after the other; with no Sentinel connected to it, nobody can demote it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import Refused
from ..group import GroupView, Member
from ..proof import address_of, other_names, replicas_of_others, share_history
from ..wiring import HELLO_OVERDUE_MS
from .entries import strangers
from .monitoring import monitor_step, need_of_parameters, remove_step
from .orphans import excused, orphan_steps, orphans_of
from .parameters import wanted_parameters
from .step import DEMOTE, SAVE, RepairPlan, RepairWish, Step


def contenders_plan(view: GroupView, wish: RepairWish) -> RepairPlan:
    """Every Sentinel lets go, the losers are saved and demoted, their replicas follow, every Sentinel watches again. Raises Refused."""
    what = f"{view.name} has {len(view.primaries)} primaries, and is not repaired"
    names = [member.name for member in view.primaries]
    winner = next((member for member in view.primaries if member.name == wish.choose), None)
    reasons = list(_why_not_safe(view, winner or view.primaries[0]))
    if wish.choose is None:
        reasons.append(
            "each has data of its own, and one copy is given up: look at both (copies), and say by choose whose data survive, one of "
            + ", ".join(names)
        )
    elif winner is None:
        reasons.append(f"choose is {wish.choose}, which is none of the primaries {', '.join(names)}")
    if not wish.can_save:
        reasons.append("save_to is needed, a directory for the data of those that are given up")
    entries = [entry for _account, _facts, entry in view.watching]
    wanted, open_ = wanted_parameters(wish.parameters, entries, entries, len(view.sentinels))
    reasons += need_of_parameters(wish, wanted, open_)
    address = address_of(view, winner) if winner is not None else None
    if winner is not None and address is None:
        reasons.append(f"by which address the others know {winner.name} is not clear: declare it by announce")
    losers = [member for member in view.primaries if member is not winner]
    orphans = {**orphans_of(view, losers), **wish.orphans}
    if winner is not None:
        # What would speak against it once it is alone speaks before anything is changed.
        reasons += replicas_of_others(view, winner, excused(view, winner, orphans))
    if reasons or winner is None or address is None:
        raise Refused(what, reasons)
    steps: list[Step] = [
        remove_step(view, account, f"{entry.address}, and may demote a primary before its data are saved", winner)
        for account, _facts, entry in view.watching
    ]
    for loser in losers:
        if loser.name not in wish.saved:
            steps.append(_save_step(loser))
        steps.append(
            Step(
                DEMOTE,
                loser.name,
                f"have {loser.name} copy {winner.name} at {address}; its own data are in the file then, and nowhere else",
                "the file is complete and checked, and nothing was written since",
                f"it copies {winner.name}",
                address,
            )
        )
    steps += orphan_steps(view, winner, address, orphans)
    steps += [monitor_step(view, account, winner, address, {**wanted, **wish.secrets}) for account in view.sentinels]
    return RepairPlan(tuple(steps), winner.name, winner.facts.run_id, address, wanted)


def _save_step(loser: Member) -> Step:
    return Step(
        SAVE,
        loser.name,
        f"hold the writes of {loser.name} and copy its data into a file ({loser.facts.keys} keys, {loser.facts.memory.used} bytes in memory)",
        "no Sentinel is connected to it, so that nobody can demote it",
        "the file is complete, its checksum is right, and the node is at the offset at which it was when its writes were held",
    )


def _why_not_safe(view: GroupView, winner: Member) -> Iterator[str]:
    """Whoever cannot be seen may demote a primary meanwhile, or be one himself."""
    for node in view.nodes:
        if node.facts is None:
            yield f"{node.name} does not answer, and may be one more primary: {node.error}"
        elif node.facts.loading:
            yield f"{node.name} is loading its data: wait"
    for account in view.sentinels:
        if account.facts is None:
            yield f"{account.name} does not answer, and may demote a primary before its data are saved: {account.error}"
    for stranger in strangers(view):
        if stranger.is_peer and (not stranger.entry.down or _said_hello(stranger.entry)):
            yield f"{stranger}, and which the inventory lacks: it may demote a primary before its data are saved. Name it, or stop it"
    yield from other_names(view)
    for member in view.primaries:
        # An empty node proves nothing, and has nothing to lose.
        if member is not winner and member.facts.keys and not share_history(winner, member):
            yield (
                f"{winner.name} and {member.name} have never had the same history, by their replication ids: is one of them another "
                "group's? Then correct the inventory. If not (a primary that was restarted may have lost its id), take the one that you "
                "give up away by hand, with its files"
            )


def _said_hello(entry: object) -> bool:
    return 0 <= getattr(entry, "hello_age_ms", HELLO_OVERDUE_MS) < HELLO_OVERDUE_MS

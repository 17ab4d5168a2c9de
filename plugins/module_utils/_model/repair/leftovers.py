# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a hand-over that was cut off had borrowed and nobody has returned."""

from __future__ import annotations

from ..borrowed import HISTORY, Borrowed
from ..group import GroupView, Member
from ..routing import unfinished_routing


def leftovers(view: GroupView, primary: Member) -> list[str]:
    """Settings with the values that they had, of servers that this run knows. None while traffic is on its way: whoever ends
    that returns what goes with it."""
    if unfinished_routing(primary.facts.borrowed) is not None:
        return []
    known = {node.name for node in view.nodes} | {sentinel.name for sentinel in view.sentinels}
    entries = [(Borrowed.decode(name), value) for name, value in sorted(primary.facts.borrowed.items())]
    return [
        f"{borrowed}: {value}"
        for borrowed, value in entries
        if borrowed is not None and borrowed.kind != HISTORY and borrowed.owner in known
    ]

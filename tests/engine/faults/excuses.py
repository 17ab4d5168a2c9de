# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which acknowledged writes may be missing after what was done to a group, and why no other may.

Replication is asynchronous, so the engine itself loses writes where a primary dies or stops without a fence. A hand-over
loses none, unless its outcome is unknown and it says so. Each such event excuses the loss of what was acknowledged in one
span of time; everything outside of all spans must be there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lab.traffic.checker import LostWrite


@dataclass
class Excuse:
    """Writes that were acknowledged from ``since`` to ``until`` may be lost (nanoseconds, monotonic).

    ``until`` is None while the span lasts. ``most_bytes``: so many at most, as the hand-over itself has counted.
    ``owed``: a later hand-over must say that something may be lost.
    """

    why: str
    since: int
    until: int | None = None
    most_bytes: int | None = None
    owed: bool = False

    def covers(self, lost: LostWrite) -> bool:
        return self.since <= lost.acknowledged_at and (self.until is None or lost.acknowledged_at <= self.until)


def why_not_excused(
    lost: Sequence[LostWrite],
    excuses: Iterable[Excuse],
    replicas: Iterable[str],
    value_size: int,
    said_of_loss: bool,
) -> list[str]:
    """Everything about the lost writes of one group that nothing excuses; ``value_size`` in bytes."""
    wrong = []
    on_primary = {one.key for one in lost if one.role == "primary"}
    for replica in replicas:
        here = {one.key for one in lost if one.node == replica}
        if here != on_primary:
            wrong.append(
                f"{replica} lacks {len(here - on_primary)} writes that the primary has, and has"
                f" {len(on_primary - here)} that it lacks"
            )
    counted: defaultdict[int, int] = defaultdict(int)
    excuses = list(excuses)
    for one in {one.key: one for one in lost}.values():
        covering = [excuse for excuse in excuses if excuse.covers(one)]
        if not covering:
            wrong.append(f"{one}, acknowledged at {one.acknowledged_at}, was lost without an excuse")
        elif all(excuse.most_bytes is not None for excuse in covering):
            counted[excuses.index(covering[0])] += value_size
        if covering and all(excuse.owed for excuse in covering) and not said_of_loss:
            wrong.append(f"{one} was lost and no hand-over said so: {covering[0].why}")
    for number, size in counted.items():
        most = excuses[number].most_bytes or 0
        if size > most:
            wrong.append(f"{size} bytes of values are lost, {most} were reported: {excuses[number].why}")
    return wrong

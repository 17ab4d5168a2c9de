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

DONE = "done"
REFUSED = "refused"
UNKNOWN = "unknown"
# Without Sentinels, where others move the traffic: the roles are exchanged and clients wait; the roles are as they were.
ROUTING = "routing"
HANDED_BACK = "handed_back"


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
    ``fence_stood``: the demotion was answered before the pause could have ended.
    """

    fence: Fence
    inherited_id: str
    inherited_offset: int
    final_offset: int | None = None
    fence_stood: bool = False

    @property
    def inherits_everything(self) -> bool:
        return self.inherited_id == self.fence.replication_id and self.inherited_offset >= self.fence.offset

    @property
    def bytes_after_fence(self) -> int | None:
        """Bytes that the old primary's stream grew by after the fence; None before its demotion."""
        return None if self.final_offset is None else self.final_offset - self.fence.offset

    @property
    def lossless(self) -> bool:
        """Not one byte after the fence is forgiven, pings neither: their period is borrowed together with the fence, so that
        what looks like pings by its length is something else.
        """
        return self.inherits_everything and self.bytes_after_fence == 0


@dataclass(frozen=True)
class Evidence:
    """What happened, in numbers; times in milliseconds. Fields stay None where it did not get that far."""

    driver: str = ""
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
    aligned: bool | None = None
    borrowed: tuple[str, ...] = ()
    full_syncs: int | None = None
    phases_ms: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class HandOverResult:
    """``done`` only with the proof; ``refused`` when nothing is changed; ``unknown`` must never be followed by a stop.

    ``unseen``: what could not be checked beforehand.
    """

    outcome: str
    reasons: tuple[str, ...]
    evidence: Evidence
    unseen: tuple[str, ...] = ()

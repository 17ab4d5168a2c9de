# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The numbers of one round, and how they are kept."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab.traffic.journal import Outcome, Record

NANOSECONDS = 1_000_000_000
DONE = "done"


@dataclass(frozen=True)
class Round:
    """One sequence, once."""

    engine: str
    load: str
    sequence: str
    number: int
    outcome: str
    """`done`, or what came instead."""
    acknowledged: int = 0
    lost: int = 0
    """Acknowledged writes that are missing on one node at least once all is settled; each counted once."""
    pauses: Mapping[str, float] = field(default_factory=dict)
    """By behaviour of clients: seconds without an acknowledged write, the longest of all such clients."""
    two_primaries: float = 0.0
    """Seconds in which certainly two nodes called themselves primary."""
    stopped_as: str | None = None
    """The role of the process when the sequence stopped it; None where it stops nothing."""
    megabytes_per_second: float = 0.0
    data_set_mb: float = 0.0
    note: str = ""

    @property
    def done(self) -> bool:
        """Whether it came to its end."""
        return self.outcome == DONE

    @property
    def brief_outcome(self) -> str:
        """Without the logs that an error may carry; the file of all rounds has those."""
        return self.outcome.splitlines()[0]


def append(file: Path, measured: Round) -> None:
    """Write down one round, so that it is kept whatever happens to the next."""
    with file.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(dataclasses.asdict(measured)) + "\n")


def read(file: Path) -> Iterator[Round]:
    """All rounds of a file; none when nothing was measured yet."""
    if file.exists():
        for line in file.read_text(encoding="utf-8").splitlines():
            yield Round(**json.loads(line))


def longest_pause(records: Iterable[Record], started_at: int, stopped_at: int) -> float:
    """Seconds without an acknowledgement between two moments (monotonic nanoseconds)."""
    last, longest = started_at, 0
    for record in records:
        if record.outcome is Outcome.ACKNOWLEDGED and record.done_at > started_at:
            longest, last = max(longest, record.done_at - last), record.done_at
    return max(longest, stopped_at - last) / NANOSECONDS

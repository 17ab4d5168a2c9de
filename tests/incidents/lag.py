# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far the replicas are behind, in the engine's own terms."""

from __future__ import annotations

import time
from dataclasses import dataclass

from lab.asked import AskedNode

REPLICATED_WITHIN = 10_000
"""Milliseconds that a write gets to reach a replica before the measurement is given up."""


@dataclass(frozen=True)
class Lag:
    """Of the *quickest* replica: for so long, and by so many bytes, what was written was on the primary alone."""

    samples: int
    typical_ms: float
    """Mean over time, not over samples: while a write waits, a user's next one would wait as well."""
    longest_ms: float
    typical_bytes: float
    most_bytes: int

    def __str__(self) -> str:
        return (
            f"{self.typical_ms:.0f} ms / {self.typical_bytes / 1e6:.1f} MB,"
            f" at most {self.longest_ms:.0f} ms / {self.most_bytes / 1e6:.1f} MB"
        )


def measure_lag(primary: AskedNode, seconds: float) -> Lag:
    """Write and WAIT for the first replica's acknowledgement, again and again; the bytes are what the primary took
    meanwhile (its replication offset before and after)."""
    samples: list[tuple[float, int]] = []
    deadline = time.monotonic() + seconds
    with primary.client(timeout=REPLICATED_WITHIN / 1000 + 5) as client:
        while time.monotonic() < deadline:
            pipeline = client.pipeline(transaction=False)
            pipeline.set("incident:lag", "x")
            pipeline.info("replication")
            _waited, before = pipeline.execute()
            started = time.monotonic()
            pipeline.execute_command("WAIT", 1, REPLICATED_WITHIN)
            pipeline.info("replication")
            replicas, after = pipeline.execute()
            assert replicas >= 1, f"no replica had the write within {REPLICATED_WITHIN} ms"
            distance = after["master_repl_offset"] - before["master_repl_offset"]
            samples.append(((time.monotonic() - started) * 1000, distance))
    total = sum(delay for delay, _distance in samples)
    return Lag(
        samples=len(samples),
        typical_ms=sum(delay * delay for delay, _distance in samples) / total,
        longest_ms=max(delay for delay, _distance in samples),
        typical_bytes=sum(delay * distance for delay, distance in samples) / total,
        most_bytes=max(distance for _delay, distance in samples),
    )

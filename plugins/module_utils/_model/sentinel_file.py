# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Sentinel's file says, beside what the Sentinel runs with. It writes each change at once, so they agree where it can."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .sentinel import PrimaryEntry

# The engine's defaults, of which it writes no line.
_DEFAULTS = {"down-after-milliseconds": 30000, "failover-timeout": 180000, "parallel-syncs": 1, "config-epoch": 0}


def differing(lines: Sequence[Sequence[str]], table: Mapping[str, PrimaryEntry]) -> Iterator[str]:
    """One sentence for each thing that the file (its lines as words) has otherwise than the Sentinel's table."""
    said = [list(line[1:]) for line in lines if line[:1] == ["sentinel"]]
    for name, entry in sorted(table.items()):
        monitor = next((line[2:] for line in said if line[:2] == ["monitor", name]), None)
        if monitor is None:
            yield f"it watches {name}, the file does not"
            continue
        runs = [entry.address.host, str(entry.address.port), str(entry.quorum)]
        if monitor != runs:
            yield f"it watches {name} at {' '.join(runs)} (quorum), the file has {' '.join(monitor)}"
        for option, value in (
            ("config-epoch", entry.config_epoch),
            ("down-after-milliseconds", entry.down_after_ms),
            ("failover-timeout", entry.failover_timeout_ms),
            ("parallel-syncs", entry.parallel_syncs),
        ):
            kept = next((line[2] for line in said if line[:2] == [option, name] and len(line) == 3), None)
            if str(value) != (kept or str(_DEFAULTS[option])):
                yield f"{option} of {name} is {value}, the file has {kept or 'none'}"
    watched = {line[1] for line in said if line[:1] == ["monitor"] and len(line) > 1}
    for name in sorted(watched - set(table)):
        yield f"it does not watch {name}, the file does"

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parameters that make a split brain less likely, or shorter: whether they are set, and whether they fit one another.

The reasoning is from the engines' source: a primary counts its good replicas each second, so an isolated one refuses writes
about a second after ``min-replicas-max-lag``; a Sentinel holds it for down after ``down-after-milliseconds``, and a new one is
promoted a second or so later; a failover is given up after ``failover-timeout``, and tried again after twice that.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..group import GroupView, Member
from ..problems import Problem
from ..replies import whole
from ..sentinel import PrimaryEntry

# A second until the primary notices, and as much until a new one is there after a failover was agreed.
NOTICES_AFTER_MS = 1000
PROMOTED_AFTER_MS = 1000
SHORTEST_DOWN_AFTER_MS = 2000
LONGEST_DOWN_AFTER_MS = 60000
SHORTEST_FAILOVER_TIMEOUT_MS = 10000
LONGEST_FAILOVER_TIMEOUT_MS = 900000


def split_brain_problems(view: GroupView) -> Iterator[Problem]:
    """All of it. Without Sentinels nobody promotes another primary by himself, and there is nothing to tune."""
    if not view.watching:
        return
    entries = [entry for _account, _facts, entry in view.watching]
    primary = view.primary
    if primary is not None and len(view.nodes) > 1:
        yield from _min_replicas(view, primary, min(entry.down_after_ms for entry in entries))
    yield from _down_after(view, entries)
    yield from _failover_timeout(view, entries)
    yield from _parallel_syncs(view, entries)


def _min_replicas(view: GroupView, primary: Member, down_after_ms: int) -> Iterator[Problem]:
    wanted, lag = (whole(primary.facts.settings, f"min-replicas-{name}") for name in ("to-write", "max-lag"))
    replicas = len(view.nodes) - 1
    good_lag = max(1, (down_after_ms + PROMOTED_AFTER_MS - NOTICES_AFTER_MS) // 1000)
    if not wanted or not lag:
        off = "min-replicas-to-write" if not wanted else "min-replicas-max-lag"
        yield Problem(
            "min_replicas_unset",
            view.name,
            f"{off} is 0, so a primary that is cut off acknowledges writes until it is reached again; its successor leads after "
            f"about {(down_after_ms + PROMOTED_AFTER_MS) / 1000:g} s (down-after-milliseconds {down_after_ms})",
            f"Set min-replicas-to-write to 1 and min-replicas-max-lag to {good_lag} on every node (push_config)"
            + ("" if replicas > 1 else "; with one replica first add another, or its loss stops all writes"),
        )
        return
    if wanted >= replicas:
        yield Problem(
            "min_replicas_too_many",
            view.name,
            f"min-replicas-to-write is {wanted}, and there are {replicas} replicas: each restart of one stops all writes",
            "Lower it below the number of replicas, or add a replica",
        )
    refuses, promoted = lag * 1000 + NOTICES_AFTER_MS, down_after_ms + PROMOTED_AFTER_MS
    if refuses > promoted:
        yield Problem(
            "min_replicas_lag_unwise",
            view.name,
            f"min-replicas-max-lag is {lag}: a primary that is cut off refuses writes after about {refuses / 1000:g} s, another one "
            f"leads after about {promoted / 1000:g} s (down-after-milliseconds {down_after_ms})",
            f"Set min-replicas-max-lag to {good_lag} or less, or raise down-after-milliseconds",
        )


def _down_after(view: GroupView, entries: list[PrimaryEntry]) -> Iterator[Problem]:
    for value in sorted({entry.down_after_ms for entry in entries}):
        if value < SHORTEST_DOWN_AFTER_MS:
            why = "a fork of a large data set, a long script or a busy network is taken for a failure"
        elif value > LONGEST_DOWN_AFTER_MS:
            why = "for so long nothing takes over from a dead primary"
        else:
            continue
        yield Problem(
            "down_after_unwise",
            view.name,
            f"down-after-milliseconds is {value}: {why}",
            f"Choose {SHORTEST_DOWN_AFTER_MS} to {LONGEST_DOWN_AFTER_MS}; 5000 is usual (sentinel_monitor)",
        )


def _failover_timeout(view: GroupView, entries: list[PrimaryEntry]) -> Iterator[Problem]:
    found = {}
    for entry in entries:
        value, least = entry.failover_timeout_ms, max(SHORTEST_FAILOVER_TIMEOUT_MS, 2 * entry.down_after_ms)
        if value < least:
            found[value] = (
                f"a failover is given up after that time; replicas that copy the data set anew need longer. At least {least}"
            )
        elif value > LONGEST_FAILOVER_TIMEOUT_MS:
            found[value] = (
                f"one that failed is tried again only after twice that time. At most {LONGEST_FAILOVER_TIMEOUT_MS}"
            )
    for value, why in sorted(found.items()):
        yield Problem(
            "failover_timeout_unwise",
            view.name,
            f"failover-timeout is {value}: {why}",
            "Set it in every Sentinel (sentinel_monitor); 60000 to 180000 is usual",
        )


def _parallel_syncs(view: GroupView, entries: list[PrimaryEntry]) -> Iterator[Problem]:
    # After a failover one of the replicas is the primary.
    left = len(view.nodes) - 2
    for value in sorted({entry.parallel_syncs for entry in entries if left > 1 and entry.parallel_syncs >= left}):
        yield Problem(
            "parallel_syncs_unwise",
            view.name,
            f"parallel-syncs is {value}, and {left} replicas are to follow a new primary: all of them may load its data at once",
            "Set it to 1 in every Sentinel (sentinel_monitor)",
        )

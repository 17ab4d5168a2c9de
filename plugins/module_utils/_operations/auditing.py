# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at many groups twice, a moment apart, and auditing what was seen; again while all that is wrong passes by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Callable

from .._engine.fleet import Look
from .._model.audit.host_look import HostLook
from .._model.audit.scene import AuditedGroup, Place, Scene
from .._model.audit.whole import Audit, audit
from .._model.health import Limits
from .clock import Clock
from .watching import SETTLE_INTERVAL


@dataclass(frozen=True)
class Described:
    """What the user says of a group beside its servers' addresses, by kinds and names."""

    label: str
    places: Mapping[tuple[str, str], Place]
    looks: Mapping[tuple[str, str], HostLook]


@dataclass(frozen=True)
class AuditWish:
    """What counts as healthy, and how patiently to look. Seconds; ``complete`` as in Scene."""

    limits: Limits
    accept: Sequence[str]
    complete: bool
    watch_seconds: float
    settle_timeout: float


@dataclass(frozen=True)
class Watched:
    """The audit, and for how many seconds the groups were given time to settle before."""

    audit: Audit
    waited: float


def audit_until_settled(
    observe: Callable[[], Look], described: Sequence[Described], clock: Clock, wish: AuditWish
) -> Watched:
    """Audit, and again while some group has nothing but what passes by itself, for at most the time-out."""
    started = clock.now()
    waited = 0.0
    while True:
        found = _audit(observe, described, clock, wish)
        settling = any(one.judgement.settling for one in found.groups)
        if not settling or clock.now() - started >= wish.settle_timeout:
            return Watched(found, waited)
        clock.sleep(SETTLE_INTERVAL)
        waited = clock.now() - started


def _audit(observe: Callable[[], Look], described: Sequence[Described], clock: Clock, wish: AuditWish) -> Audit:
    earlier, look = None, observe()
    if wish.watch_seconds > 0:
        clock.sleep(wish.watch_seconds)
        earlier, look = look, observe()
    groups = [
        AuditedGroup(
            one.label,
            look.views[index],
            earlier.views[index] if earlier is not None else None,
            look.tables[index],
            one.places,
            one.looks,
        )
        for index, one in enumerate(described)
    ]
    return audit(Scene(tuple(groups), wish.complete), wish.limits, wish.accept)

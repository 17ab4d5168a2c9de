# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers about a stop that nobody has asked for yet. Nothing is changed."""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

from .._model.stopping import IS_PRIMARY, StopView
from .override import read_override
from .packages import owner_of, touched_packages
from .place import MAY_STOP, MUST_NOT_STOP, Place, guardian
from .settings import GuardSettings
from .speech import complain, show

SETTLES_WITHIN = 25.0
"""Seconds for which APT waits for what passes by itself: Sentinels ask each node every 10 s."""


def status(place: Place, asked: argparse.Namespace) -> int:
    """Everything that a person wants to know."""
    settings, broken = place.settings(), place.manager.what_is_broken()
    look, override = _look(settings, asked.shutdown), read_override(place.override_file)
    answer = {
        **_answer(settings, look),
        "guard": {"holds": not broken, "broken": broken},
        "override": str(override or ""),
    }
    if asked.json:
        show(json.dumps(answer, indent=2, sort_keys=True))
    else:
        _print_answer(answer)
        show("guard: " + ("holds stops" if not broken else "DOES NOT HOLD: " + "; ".join(broken)))
        if override is not None:
            show(f"override: {override}")
    return MAY_STOP if not look.reasons and not broken else MUST_NOT_STOP


def check(place: Place, asked: argparse.Namespace) -> int:
    """Whether the node may be stopped now; for hooks."""
    settings = place.settings()
    look = _look(settings, asked.shutdown)
    if asked.json:
        show(json.dumps(_answer(settings, look), indent=2, sort_keys=True))
    else:
        _print_answer(_answer(settings, look))
    return MUST_NOT_STOP if look.reasons else MAY_STOP


def _look(settings: GuardSettings, machine_leaves: bool) -> StopView:
    with guardian(settings) as asked:
        look = asked.look(machine_leaves)
    if look.lock is not None and look.lock.record.owner != settings.rule.owner and not look.announced:
        return StopView(look.role, (*look.reasons, str(look.lock)), look.problems, look.lock)
    return look


def _answer(settings: GuardSettings, look: StopView) -> dict[str, Any]:
    return {
        "group": settings.targets.name,
        "node": settings.rule.node,
        "role": look.role,
        "may_stop": not look.reasons,
        "reasons": list(look.reasons),
        "lock": str(look.lock.record) if look.lock is not None else "",
    }


def _print_answer(answer: dict[str, Any]) -> None:
    said = "may be stopped now" if answer["may_stop"] else "must not be stopped now"
    show(f"{answer['node']} of group {answer['group']} ({answer['role']}) {said}")
    for reason in answer["reasons"]:
        show(f"- {reason}")


def packages(place: Place, _asked: argparse.Namespace) -> int:
    """Called by APT with a list of packages: fail before anything is unpacked where the service could not be restarted."""
    touched = touched_packages(sys.stdin)
    package = owner_of(place.manager.unit_file()) if touched else ""
    if package not in touched:
        return MAY_STOP
    settings, deadline = place.settings(), time.monotonic() + SETTLES_WITHIN
    while True:
        # A primary hands over when it is restarted, so that alone is no reason.
        against = [reason for reason in _look(settings, machine_leaves=False).reasons if reason != IS_PRIMARY]
        if not against:
            return MAY_STOP
        if time.monotonic() >= deadline:
            break
        time.sleep(1.0)
    complain(f"steadyhand-guard: {package} must not be changed now, {place.name} would have to stop:")
    for reason in against:
        complain(f"- {reason}")
    return MUST_NOT_STOP

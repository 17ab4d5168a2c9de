# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of a hand-over at which a fault can be made to happen, by driver and by names for people."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.steadyhand.redis.plugins.module_utils._model.drivers import BARE, COORDINATED, SENTINEL
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover import (
    coordinated_driver,
    promotion,
    swap,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.ledger import Ledger
from engine.faults.injection import Fault, Injection

_BORROWING = ("written down", "borrowed")

STEPS: Mapping[str, tuple[str, ...]] = {
    SENTINEL: (
        *_BORROWING,
        *("align", "fence", "prove", "about to ask", "asked", "promote", "demote", "adopt", "release"),
        "about to return",
    ),
    COORDINATED: (*_BORROWING, "align", "begun", "exchanged", "exchange", "adopt", "release", "about to return"),
    BARE: ("begun", "exchange", "route", "release", "repoint"),
}
"""In the order in which they come. The names of phases (`Passage.phase`) mean their ends."""


def strike(inject: Injection, step: str, fault: Fault, driver: str = SENTINEL) -> None:
    """Prepare the fault at a step."""
    if step == "written down":
        inject.after_call(Ledger, "note", fault)
    elif step == "borrowed":
        inject.after_call(Ledger, "borrow_setting", fault)
    elif step == "about to ask":
        inject.before_call(promotion, "ask", fault)
    elif step == "asked":
        inject.after_call(promotion, "ask", fault)
    elif step == "begun" and driver == COORDINATED:
        inject.before_call(coordinated_driver.CoordinatedDriver, "_await_exchange", fault)
    elif step == "begun":
        inject.after_call(swap, "_begin", fault)
    elif step == "exchanged":
        inject.before_call(coordinated_driver, "prove", fault)
    elif step == "about to return":
        inject.before_call(Ledger, "return_all", fault)
    elif step in STEPS[driver]:
        inject.after_phase(step, fault)
    else:
        raise ValueError(step)

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holding the stop that is under way, and ending that where it cannot last."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Mapping, Sequence

from .._model.errors import BadInput, SteadyhandError
from .._operations.stopping import EXCUSED, TELL_EVERY, TIMED_OUT, Circumstances
from .held_stop import HeldStop, alone
from .manager import PACKAGE, SHUTDOWN, STOP, ManagerSilent
from .override import read_override, use_up
from .place import CALLED_OFF, MAY_STOP, MUST_NOT_STOP, Place, guardian
from .speech import say

LIMITS_UNTOLD = {STOP: 600.0, PACKAGE: 60.0, SHUTDOWN: 600.0}
"""Seconds for which a stop is held where the settings cannot be read."""
RELIEVED_WITHIN = 10.0
"""Seconds for which a guard that has called off a stop waits for its relief; to start it takes a few hundredths of one."""


def hold(place: Place, _asked: argparse.Namespace) -> int:
    """Hold the stop that is under way, unless that has ended already; called by the guard's unit.

    Any other stop that comes before this ends waits for this process, so it is held here, too.
    """
    invocation = os.environ.get("INVOCATION_ID", "")
    with alone(place.busy_file, wait=True):
        while True:
            stop = _stop_under_way(place, "")
            held = HeldStop.begun(place.held_file, stop or invocation)
            code = _held(place, held.since) if held.code is None else held.code
            held.end(code)
            now = _stop_under_way(place, stop)
            if now == stop or (not now and _relieved(place)):
                held.leave(invocation)
                return code


def _stop_under_way(place: Place, otherwise: str) -> str:
    try:
        return place.manager.stop_under_way()
    except ManagerSilent as error:
        say(str(error))
        return otherwise


def _held(place: Place, held_since: float) -> int:
    settings = None
    while settings is None:
        try:
            settings = place.settings()
        except BadInput as error:
            unjudged = [f"whether it may stop cannot be told: {error}"]
            ended = _ended(place, LIMITS_UNTOLD, held_since, unjudged)
            if ended is not None:
                return ended
            _tell(place, unjudged)
            time.sleep(TELL_EVERY)
    limits = settings.limit_seconds
    # Whoever was killed before may have used up the time.
    ended = _ended(place, limits, held_since, ["it was not judged in time"])
    if ended is not None:
        return ended
    with guardian(settings) as holding:
        ending = holding.hold(lambda: _circumstances(place, limits), held_since, lambda reasons: _tell(place, reasons))
    if ending.outcome == TIMED_OUT:
        return _give_up(place, _circumstances(place, limits).limit, ending.reasons)
    if ending.outcome == EXCUSED:
        return _let_go(place, "; ".join(ending.reasons))
    say(f"{place.name} may stop: " + "; ".join(ending.reasons))
    return MAY_STOP


def _ended(place: Place, limits: Mapping[str, float], held_since: float, reasons: Sequence[str]) -> int | None:
    """End holding where that is due before the group is looked at; None where it is not."""
    now = _circumstances(place, limits)
    if now.excuse:
        return _let_go(place, now.excuse)
    return _give_up(place, now.limit, reasons) if time.monotonic() - held_since >= now.limit else None


def _tell(place: Place, reasons: Sequence[str]) -> None:
    say(f"the stop of {place.name} is held; against it: " + "; ".join(reasons))


def _circumstances(place: Place, limits: Mapping[str, float]) -> Circumstances:
    """Whether and for how long a stop is to be held now."""
    try:
        kind = place.manager.kind_of_stop()
        if kind is None:
            return Circumstances(0.0, excuse=f"nothing stops {place.name}: its guard alone ends")
        if not place.manager.is_running():
            return Circumstances(0.0, excuse=f"{place.name} does not run")
    except ManagerSilent as error:
        # It cannot be told that nothing is to be held, so it is.
        say(str(error))
        kind = STOP
    override = read_override(place.override_file)
    if override is not None:
        return Circumstances(0.0, excuse=str(override))
    return Circumstances(limits[kind], machine_leaves=kind == SHUTDOWN)


def _let_go(place: Place, why: str) -> int:
    override = read_override(place.override_file)
    if override is not None and override.is_behind(why):
        use_up(place.override_file)
    say(f"the stop is not held: {why}")
    return MAY_STOP


def _give_up(place: Place, limit: float, reasons: Sequence[str]) -> int:
    """Holding has lasted as long as it may. The stop is called off where it can be; a machine that goes down goes down."""
    against = "; ".join(reasons)
    if place.manager.kind_of_stop() == SHUTDOWN:
        say(
            f"{place.name} GOES DOWN UNSAFELY with its machine, the limit of {limit:g} s is over; against it: {against}",
            error=True,
        )
        return CALLED_OFF
    place.manager.call_off()
    say(
        f"the stop of {place.name} was called off after {limit:g} s, it goes on serving; against its stop: {against}. To stop "
        f"it all the same: steadyhand-guard --service {place.name} override --reason '...'",
        error=True,
    )
    return CALLED_OFF


def _relieved(place: Place) -> bool:
    """The stop was called off, here or by somebody else: whether another unit would hold the next one, and this one may end to
    start again. False: there is a next one already."""
    deadline = time.monotonic() + RELIEVED_WITHIN
    while time.monotonic() < deadline and not _stop_under_way(place, ""):
        try:
            place.manager.call_relief()
            if place.manager.is_relieved():
                break
        except ManagerSilent as error:
            say(str(error))
        time.sleep(0.02)
    if _stop_under_way(place, ""):
        return False
    place.manager.arm_again()
    return True


def armed(place: Place, _asked: argparse.Namespace) -> int:
    """Say at the start of the guard what it will do, and give back the lock that a stop before it has left."""
    try:
        _end_relief(place)
        settings = place.settings()
        with alone(place.busy_file, wait=False) as nothing_is_held, guardian(settings) as holding:
            # What holds a stop already has taken the lock for it.
            if nothing_is_held:
                holding.give_lock_back()
    except SteadyhandError as error:
        say(f"stops of {place.name} will be held, and cannot be judged as it is: {error}", error=True)
        return MUST_NOT_STOP
    say(f"stops of {settings.rule.node} are held until group {settings.targets.name} can do without it")
    return MAY_STOP


def _end_relief(place: Place) -> None:
    """This runs in the background of the unit's start. Raises ManagerSilent."""
    deadline = time.monotonic() + RELIEVED_WITHIN
    while not place.manager.is_armed():
        if time.monotonic() >= deadline:
            return  # it was stopped meanwhile, and its relief with it
        time.sleep(0.02)
    place.manager.end_relief()

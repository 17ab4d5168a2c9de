# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hand-overs of this collection, by the same code that the module runs."""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.steadyhand.redis.plugins.module_utils._engine.routing import CommandRoute
from ansible_collections.steadyhand.redis.plugins.module_utils._model.drivers import BARE, COORDINATED, SENTINEL
from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import HandOverResult
from engine.subjects import conducting

from benchmarks.failover.scene import Ended, Scene

ROUTE_SECONDS = 10.0


def handed_over_by(driver: str) -> Callable[[Scene], Ended]:
    """The sequence of one of the drivers."""

    def run(scene: Scene) -> Ended:
        with conducting(scene.lab, scene.group, driver=driver) as conductor:
            return _ended(conductor.run())

    return run


def handed_over_bare(scene: Scene) -> Ended:
    """The driver without Sentinels, its routing command included: a shell script that writes a file."""
    route = CommandRoute(scene.group, [str(scene.route)], ROUTE_SECONDS)
    with conducting(scene.lab, scene.group, driver=BARE, route=route, route_seconds=ROUTE_SECONDS) as conductor:
        return _ended(conductor.run())


def _ended(result: HandOverResult) -> Ended:
    evidence = result.evidence
    phases = ", ".join(f"{phase} {milliseconds} ms" for phase, milliseconds in evidence.phases_ms.items())
    aligned = "" if evidence.aligned is None else f"aligned {evidence.aligned}; "
    return Ended(result.outcome, note="; ".join([f"{aligned}pause {evidence.pause_ms} ms; {phases}", *result.reasons]))


handed_over_by_sentinel = handed_over_by(SENTINEL)
handed_over_coordinated = handed_over_by(COORDINATED)

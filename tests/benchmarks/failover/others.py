# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What others do, step by step as they do it, with their own times between two looks."""

from __future__ import annotations

import time

from lab.errors import LabError

from benchmarks.failover.scene import Ended, Scene

LOOK = 1.0
"""Seconds between two looks of the OT operator and of Bitnami's script (`sleep 1`)."""
LOOKS = 20
"""How often both look before they stop the process whatever they see."""
BITNAMI_PAUSE_MS = 22_000
"""Its default terminationGracePeriodSeconds of 30, less 8 (prestop-redis.sh)."""
FAILOVER_TIMEOUT_MS = 5000


def nothing(scene: Scene) -> Ended:
    """No hand-over: what the machine alone does to the pauses that users feel."""
    return Ended(note=f"{scene.primary.name} leads on")


def stock(scene: Scene) -> Ended:
    """SENTINEL FAILOVER, and the old primary goes on running."""
    scene.ask_to_fail_over()
    return Ended()


def stock_and_kill(scene: Scene) -> Ended:
    """SENTINEL FAILOVER, and the process is killed at once.

    Kinder than the loss of a machine: what the process has handed to its kernel still reaches the replicas.
    """
    scene.ask_to_fail_over()
    return Ended(stopped_as=scene.stop(kill=True))


def wait_for_replica(scene: Scene) -> Ended:
    """SENTINEL FAILOVER, wait until the old node calls itself replica, stop it (OT operator; GitLab's script alike)."""
    scene.ask_to_fail_over()
    for _attempt in range(LOOKS):
        if scene.primary.role() == "slave":
            break
        time.sleep(LOOK)
    return Ended(stopped_as=scene.stop())


def long_pause(scene: Scene) -> Ended:
    """Pause writes for long, SENTINEL FAILOVER, wait until the local Sentinel names another, stop both (Bitnami)."""
    with scene.primary.client() as client:
        client.execute_command("CLIENT", "PAUSE", BITNAMI_PAUSE_MS, "WRITE")
    scene.ask_to_fail_over()
    for _attempt in range(LOOKS):
        if scene.local_sentinel.primary_address(scene.group) != scene.primary.state.announced:
            break
        time.sleep(LOOK)
    role = scene.stop()
    scene.local_sentinel.stop()
    return Ended(stopped_as=role)


def stock_coordinated(scene: Scene) -> Ended:
    """Valkey's own SENTINEL FAILOVER ... COORDINATED."""
    scene.ask_to_fail_over("COORDINATED")
    return Ended()


def failover_under_sentinel(scene: Scene) -> Ended:
    """FAILOVER on the primary, past the Sentinels."""
    replica = next(iter(scene.lab.replicas_of(scene.group)), None)
    if replica is None:
        raise LabError(f"{scene.group}: no replica to fail over to")
    host, port = replica.state.announced
    with scene.primary.client() as client:
        client.execute_command("FAILOVER", "TO", host, port, "TIMEOUT", FAILOVER_TIMEOUT_MS)
    return Ended()

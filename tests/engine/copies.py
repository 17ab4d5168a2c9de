# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making a replica copy everything once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.waiting import wait_until

if TYPE_CHECKING:
    from lab.asked import AskedNode


def lose_history(primary: AskedNode, replica: AskedNode) -> None:
    """Give the replica a history of its own, which nobody can continue: it has to copy everything."""
    with replica.client() as client:
        pipeline = client.pipeline(transaction=True)
        pipeline.execute_command("REPLICAOF", "NO", "ONE")
        pipeline.execute_command("REPLICAOF", *primary.announced)
        pipeline.execute()


def copy_anew(primary: AskedNode, replica: AskedNode) -> None:
    """The same, until the primary has begun to send it."""
    before = primary.info("stats")["sync_full"]
    lose_history(primary, replica)
    wait_until(
        lambda: None if primary.info("stats")["sync_full"] > before else "none has begun", 30, "a synchronisation"
    )

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection to a host is lost while it hands over: the hand-over goes on, and its result is found by the next call."""

from __future__ import annotations

import threading
from typing import Any

from ansible_collections.steadyhand.redis.plugins.module_utils._model.borrowed import ledger_key
from ansible_collections.steadyhand.redis.plugins.module_utils._model.last_handover import (
    LastHandOver,
    last_handover_key,
)
from lab.lab import Lab
from lab.node import DataNode
from lab.traffic.load import Load
from lab.traffic.traffic import Traffic
from lab.waiting import wait_until

from .run import play

GROUP = "group-1"
LONG = 120.0


def test_a_hand_over_outlives_the_connection_and_leaves_its_result_to_the_audit(lab: Lab) -> None:
    old = lab.primary_of(GROUP)
    # The module runs on the host that stands for the group.
    host = lab.nodes_of(GROUP)[0]
    traffic = Traffic.start(lab, Load(value_size=200, writes_per_second=200.0), [GROUP])
    dropped: list[str] = []

    def drop_in_the_middle() -> None:
        wait_until(lambda: None if _kept(old, ledger_key(GROUP)) else "nothing is borrowed", LONG, "the hand-over")
        lab.drop_connections(host.name)
        dropped.append(host.name)

    dropper = threading.Thread(target=drop_in_the_middle)
    dropper.start()
    run = play(lab, "failover", None, "--limit", "group_1")
    dropper.join()
    assert dropped, "the connection was not dropped in the middle"
    assert run.code != 0
    assert f"the connection to {host.name} was lost" in run.failure()
    assert "the audit shows how it ended" in run.failure()

    wait_until(lambda: _why_not_ended(lab), LONG, "the result of the hand-over")
    lab.wait_converged()
    new = lab.primary_of(GROUP)
    report = traffic.stop()
    assert new.name != old.name
    assert report.check(lab) == []

    audit = play(lab, "audit", None, "--limit", "group_1")
    assert audit.code == 0, audit.failure()
    assert f"{old.name} to {new.name}" in audit.text
    assert "last hand-over: done" in audit.output


def _kept(node: DataNode, key: str) -> Any:
    with node.client() as client:
        return client.exists(key)


def _why_not_ended(lab: Lab) -> str | None:
    for node in lab.primaries_of(GROUP):
        with node.client() as client:
            record = LastHandOver.decode(str(client.get(last_handover_key(GROUP)) or ""))
        if record is not None and record.ended_at:
            return None
    return "no primary holds a record of its end"

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replicas that shall never lead, on real servers: they do not lead, nobody waits for them, and nothing of them is changed."""

from __future__ import annotations

import re
from collections.abc import Callable

from ansible_collections.steadyhand.redis.plugins.module_utils._engine.routing import CommandRoute
from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import DONE, REFUSED
from ansible_collections.steadyhand.redis.plugins.module_utils._model.health import Limits
from engine.subjects import GROUP, conducting, wait_healthy
from lab.lab import Lab
from lab.node import DataNode
from lab.waiting import wait_until

LabFactory = Callable[..., Lab]

LIMITS = Limits(max_lag=1024 * 1024)
# Longer than a hand-over takes until roles have changed, shorter than down-after-milliseconds and repl-timeout.
HELD_MS = 45000
LAGGING = ("replica_lagging", "chained_replica")


def hold_back(replica: DataNode, primary: DataNode) -> None:
    """Make a replica stand still at its offset, connected and answering, until it is beyond the lag limit."""
    with replica.client() as client:
        # A pause holds the stream of the replica's own primary too.
        client.execute_command("CLIENT", "PAUSE", HELD_MS, "WRITE")
    with primary.client() as client:
        for number in range(24):
            client.set(f"ballast:{number % 4}", b"b" * 100_000)
    missing = int(primary.info("replication")["master_repl_offset"]) - int(
        replica.info("replication")["slave_repl_offset"]
    )
    assert missing > LIMITS.max_lag


def test_a_far_replica_with_priority_0_never_leads_never_blocks_and_keeps_its_settings(lab_factory: LabFactory) -> None:
    far = f"{GROUP}-c"
    lab = lab_factory(groups=1, down_after_ms=60000, node_settings={far: {"replica-priority": "0"}})
    wait_healthy(lab)
    old, near = lab.primary_of(GROUP).name, next(n.name for n in lab.replicas_of(GROUP) if n.name != far)
    hold_back(lab.node(far), lab.primary_of(GROUP))

    with conducting(lab, limits=LIMITS) as conductor:
        refused = conductor.run()
    assert refused.outcome == REFUSED
    assert [reason.split(":")[0] for reason in refused.reasons] == [f"replica_lagging ({far})"]

    with conducting(lab, limits=LIMITS, accept=LAGGING) as conductor:
        result = conductor.run()
    assert (result.outcome, result.reasons) == (DONE, ())
    assert (result.evidence.old_primary, result.evidence.new_primary) == (old, near)
    assert not [borrowed for borrowed in result.evidence.borrowed if far in borrowed]
    node = lab.node(far)
    assert node.config("replica-priority") == "0"
    assert "replica-priority 0\n" in node.state.conf_file.read_text()
    # It follows the new primary in the end, and has everything.
    lab.wait_converged()


def test_a_far_replica_that_sentinel_could_promote_is_refused_before_any_client_waits(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, down_after_ms=60000)
    wait_healthy(lab)
    far = lab.replicas_of(GROUP)[1]
    hold_back(far, lab.primary_of(GROUP))
    with conducting(lab, limits=LIMITS, accept=LAGGING) as conductor:
        result = conductor.run()
    assert result.outcome == REFUSED
    (reason,) = result.reasons
    assert re.match(rf"{far.name} is \d+ bytes behind, and Sentinel could promote it", reason)
    assert "fence" not in result.evidence.phases_ms
    assert result.evidence.borrowed == ()


def test_a_priority_0_that_no_sentinel_has_seen_yet_is_waited_for(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1)
    wait_healthy(lab)
    chosen, other = lab.replicas_of(GROUP)
    with other.client() as client:
        client.config_set("replica-priority", 0)
    with conducting(lab) as conductor:
        result = conductor.run()
    assert (result.outcome, result.evidence.new_primary) == (DONE, chosen.name)
    assert other.config("replica-priority") == "0"
    for sentinel in lab.sentinels:
        seen = {int(state["port"]): state["slave-priority"] for state in sentinel.replica_states(GROUP)}
        assert seen[other.state.port] == "0"


def test_a_replica_with_priority_0_is_brought_over_where_no_sentinel_does_it(
    lab_factory: LabFactory,
) -> None:
    never = f"{GROUP}-c"
    lab = lab_factory(groups=1, sentinels=0, node_settings={never: {"replica-priority": "0"}})
    wait_healthy(lab)
    route = CommandRoute(GROUP, ["true"], 5.0)
    with conducting(lab, route=route, route_seconds=5.0) as conductor:
        result = conductor.run()
    assert (result.outcome, result.reasons) == (DONE, ())
    new = lab.node(result.evidence.new_primary).state
    assert new.name != never
    node = lab.node(never)
    assert node.info("replication")["master_port"] == new.port
    assert f"replicaof {new.host} {new.port}" in node.state.conf_file.read_text()
    assert node.config("replica-priority") == "0"


def test_a_chained_replica_goes_on_copying_what_it_copied(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, replicas=3)
    wait_healthy(lab)
    target, middle, chained = lab.replicas_of(GROUP)
    with chained.client() as client:
        client.execute_command("REPLICAOF", middle.state.host, middle.state.port)
    wait_until(
        lambda: None if chained.info("replication")["master_link_status"] == "up" else "its link is down",
        30,
        f"{chained.name} copies {middle.name}",
    )
    # The primary forgets it with its connection, the Sentinels only when they are told to.
    for sentinel in lab.sentinels:
        with sentinel.client() as client:
            client.execute_command("SENTINEL", "RESET", GROUP)
    wait_healthy(lab, accept=("chained_replica",))
    syncs = middle.info("stats")["sync_full"]

    with conducting(lab, target=chained.name, accept=("chained_replica",)) as conductor:
        _view, plan, reasons = conductor.plan()
    assert plan is None
    assert reasons == (f"{chained.name} cannot lead: it does not copy the primary",)

    with conducting(lab, target=target.name, accept=("chained_replica",)) as conductor:
        result = conductor.run()
    assert (result.outcome, result.evidence.new_primary) == (DONE, target.name)
    assert not [borrowed for borrowed in result.evidence.borrowed if chained.name in borrowed]
    replication = chained.info("replication")
    assert (replication["master_host"], replication["master_port"]) == (middle.state.host, middle.state.port)
    assert replication["master_link_status"] == "up"
    assert middle.info("stats")["sync_full"] == syncs, "the chained replica continued where it was"

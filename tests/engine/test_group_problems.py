# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with real servers is named by the code that belongs to it. Each test breaks a lab of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ansible_collections.steadyhand.redis.plugins.module_utils._engine.group import GroupTargets, observe
from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from engine.engines import every_engine
from engine.subjects import GROUP, judged, targets_of, wait_healthy
from lab.lab import Lab
from lab.node import DataNode
from lab.ports import reserve_port
from lab.waiting import wait_until

LabFactory = Callable[..., Lab]
LONG = 60.0


def problems(targets: GroupTargets) -> set[tuple[str, str]]:
    """Code and subject of everything that is wrong now."""
    return {(problem.code, problem.subject) for problem in judged(observe(targets)).problems}


def wait_for(targets: GroupTargets, *expected: tuple[str, str], step: Callable[[], object] = lambda: None) -> None:
    """Wait until all of these are seen in one look; ``step`` is done before each."""

    def missing() -> str | None:
        step()
        seen = problems(targets)
        return None if set(expected) <= seen else f"seen: {sorted(seen)}"

    wait_until(missing, LONG, f"{expected}")


def without(targets: GroupTargets, name: str) -> GroupTargets:
    """The inventory of somebody who forgot a node."""
    return replace(targets, nodes=tuple(node for node in targets.nodes if node.name != name))


def copy(node: DataNode, host: str, port: int) -> None:
    """Make it a replica of that address."""
    with node.client() as client:
        client.execute_command("REPLICAOF", host, str(port))


@every_engine
def test_replicas_that_copy_a_stranger_leave_the_group_unable_to_hand_over_or_to_write(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1)
    wait_healthy(lab)
    primary, replicas = lab.primary_of(GROUP), lab.replicas_of(GROUP)
    nobody = reserve_port(lab.directory)
    with primary.client() as client:
        client.config_set("min-replicas-to-write", "1")

    def lead_astray() -> None:
        for replica in replicas:
            copy(replica, "127.0.0.1", nobody)

    wait_for(
        targets_of(lab),
        *(("replica_of_stranger", replica.name) for replica in replicas),
        ("no_healthy_replica", GROUP),
        ("min_replicas_unmet", primary.name),
        # Sentinel brings them back after some seconds.
        step=lead_astray,
    )


@every_engine
def test_a_replica_in_the_middle_of_a_full_synchronisation_is_named(lab_factory: LabFactory) -> None:
    """The primary is told to take its time for each key."""
    lab = lab_factory(groups=1, persistence="none")
    wait_healthy(lab)
    primary, (replica, other) = lab.primary_of(GROUP), lab.replicas_of(GROUP)
    with primary.client() as client:
        client.mset({f"key:{number}": "value" for number in range(300)})
        client.config_set("rdb-key-save-delay", "100000")
    replica.stop()
    (replica.directory / "dump.rdb").unlink(missing_ok=True)
    replica.start()
    wait_for(targets_of(lab), ("replica_syncing", replica.name))
    assert ("replica_syncing", other.name) not in problems(targets_of(lab))


@every_engine
def test_each_fault_of_a_sentinel_is_named_with_the_sentinel(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1)
    wait_healthy(lab)
    targets, (first, second, third) = targets_of(lab), lab.sentinels
    replica = lab.replicas_of(GROUP)[0]

    def ask(command: str, *words: object) -> None:
        with first.client() as client:
            client.execute_command("SENTINEL", command, GROUP, *words)

    with second.client() as client:
        client.execute_command("SENTINEL", "SET", GROUP, "quorum", "5")
    wait_for(targets, ("sentinel_no_quorum", second.name))
    with second.client() as client:
        client.execute_command("SENTINEL", "SET", GROUP, "quorum", "2")

    # It learns of them from the primary within seconds, so it is made to forget before each look.
    wait_for(targets, ("sentinel_misses_member", first.name), step=lambda: ask("RESET"))
    ask("REMOVE")
    wait_for(targets, ("sentinel_not_watching", first.name))
    ask("MONITOR", replica.state.host, replica.state.port, 2)
    wait_for(targets, ("sentinel_wrong_primary", first.name), ("sentinel_disagrees", GROUP))
    assert not {found for found in problems(targets) if found[1] == third.name and found[0] != "sentinel_peer_missing"}


@every_engine
def test_a_primary_of_another_group_in_the_inventory_is_no_split_brain(lab_factory: LabFactory) -> None:
    """Seen: told to stop writing to the group and to decide which copy survives, because of a port in the inventory."""
    lab = lab_factory(groups=2, replicas=1)
    wait_healthy(lab)
    targets = targets_of(lab)
    foreign = lab.primary_of("group-2")
    wrong = replace(targets.nodes[0], name=foreign.name, address=Address.of(foreign.state.host, foreign.state.port))
    torn = replace(targets, nodes=(*targets.nodes, wrong))
    view = observe(torn)
    found = {(problem.code, problem.subject) for problem in judged(view).problems}
    assert found == {("foreign_member", foreign.name)}
    assert view.primary is None, "nothing may be done to such a group"

    # A real one beside it is what it is.
    with lab.replicas_of(GROUP)[0].client() as client:
        client.execute_command("REPLICAOF", "NO", "ONE")
    assert ("two_primaries", GROUP) in problems(targets)


@every_engine
def test_a_replica_of_a_replica_that_the_inventory_lacks_is_seen_at_the_replica(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, replicas=2, sentinels=0)
    middle, hidden = lab.replicas_of(GROUP)
    copy(hidden, middle.state.host, middle.state.port)
    targets = targets_of(lab)
    wait_for(targets, ("chained_replica", hidden.name))
    wait_for(without(targets, hidden.name), ("unlisted_member", middle.name))
    assert "unlisted_member" not in {code for code, _subject in problems(targets)}

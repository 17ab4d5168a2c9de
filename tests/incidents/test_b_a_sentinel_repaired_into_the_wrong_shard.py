# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Incident B, 18 March 2020: one broken Sentinel was repaired by hand, with the address of another shard.

By hand the data of a shard are destroyed. The collection names the broken Sentinel, refuses the slip and repairs it, and on the
same shards under the same load nothing is lost and no key is where it does not belong.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from engine.modules import group_arguments, run
from incidents.conftest import RecordDamage
from incidents.march_2020 import (
    KNOWN_KEYS,
    Shard,
    damage,
    misplaced,
    missing,
    point,
    routine_failover,
    start_as_another_group,
    wait_all,
    wait_destroyed,
    why_not_asked_since,
    why_not_down,
    written_to,
)
from lab.lab import Lab
from lab.playbook import run_playbook
from lab.sentinel import SentinelNode

LabFactory = Callable[..., Lab]
GROUP, OTHER = "group-1", "group-2"
ONE_SET = {"groups": 2, "replicas": 1}
"""Both shards watched by the same Sentinels, under names of their own."""


def shards_of(lab: Lab) -> tuple[Shard, Shard]:
    """Both, watched by one set."""
    return Shard("a", lab, GROUP), Shard("b", lab, OTHER)


def test_by_hand_the_address_of_another_shard_destroys_it_after_the_next_routine_failover(
    lab_factory: LabFactory, record_damage: RecordDamage
) -> None:
    lab = lab_factory(**ONE_SET)
    first, second = shards_of(lab)
    broken, sound = lab.sentinels[:2]
    with written_to(first, second) as writers:
        point(broken, GROUP, lab.replicas_of(GROUP)[0])
        # The repair of that day.
        point(broken, GROUP, lab.primary_of(OTHER))
        writers.start_edge(first, broken)
        assert missing(second.nodes, second.known_keys) == []
        wrong_shard = misplaced(writers, first, second)
        routine_failover(sound, GROUP)
        seconds = wait_destroyed(second.nodes, second.known_keys)
    found = record_damage(
        damage("by hand: the other shard's address, then a routine failover", writers, wrong_shard, seconds)
    )
    assert found.known_lost >= len(second.known_keys)
    assert found.acknowledged_lost > 0
    assert found.misplaced > 0


def test_by_hand_two_sentinel_sets_with_one_name_are_joined_and_one_shard_is_destroyed_at_once(
    lab_factory: LabFactory, record_damage: RecordDamage
) -> None:
    one, other = (lab_factory(groups=1, replicas=1) for _set in range(2))
    # Users of the second get a run of their own, so that the keys of both tell where they belong.
    (other.directory / "traffic" / "1").mkdir(parents=True)
    first, second = Shard("a", one, GROUP), Shard("b", other, GROUP)
    # Like any group that has lived for a while, one has had more failovers than the other.
    old = other.primary_of(GROUP)
    routine_failover(other.sentinels[0], GROUP)
    wait_all(
        other,
        lambda sentinel: "the old primary" if sentinel.primary_address(GROUP) == old.announced else None,
        "a routine failover",
    )
    other.wait_converged()
    with written_to(first, second) as writers:
        point(one.sentinels[0], GROUP, other.primary_of(GROUP))
        seconds = wait_destroyed(first.nodes, first.known_keys)
        writers.wait_for_writes(first)
    wrong_shard = misplaced(writers, first, second)
    found = record_damage(damage("by hand: the other shard's address, both of one name", writers, wrong_shard, seconds))
    assert found.known_lost >= len(first.known_keys)
    assert found.acknowledged_lost > 0
    assert found.misplaced > 0


def test_by_hand_a_new_group_at_the_address_of_a_dead_replica_is_destroyed(
    lab_factory: LabFactory, record_damage: RecordDamage
) -> None:
    lab = lab_factory(groups=1, replicas=2)
    shard = Shard("a", lab, GROUP)
    dead = lab.replicas_of(GROUP)[0]
    with written_to(shard) as writers:
        dead.stop()
        wait_all(lab, lambda sentinel: why_not_down(sentinel, GROUP, dead), "the dead replica is down")
        new = [f"known:new:{number}" for number in range(KNOWN_KEYS)]
        start_as_another_group(dead, new)
        seconds = wait_destroyed([dead], new)
    found = damage("by hand: a new group at the address of a dead replica", writers, 0, seconds)
    assert found.known_lost == 0  # of the group that was there before
    record_damage(replace(found, known=found.known + len(new), known_lost=len(missing([dead], new))))


def test_with_the_collection_the_sentinel_is_named_the_slip_refused_and_the_repair_harms_nobody(
    lab_factory: LabFactory, record_damage: RecordDamage, capsys: pytest.CaptureFixture[str]
) -> None:
    lab = lab_factory(**ONE_SET)
    first, second = shards_of(lab)
    broken = lab.sentinels[0]
    with written_to(first, second) as writers:
        replica = lab.replicas_of(GROUP)[0]
        point(broken, GROUP, replica)
        code, said = played(lab, "audit")
        assert code != 0
        assert f"sentinel_wrong_primary ({broken.name})" in said

        # The operator's slip, whether or not the Sentinel was told to forget the group first.
        typed = {
            **group_arguments(lab),
            **{name: group_arguments(lab, OTHER)[name] for name in ("nodes", "node_options")},
        }
        kept = run(capsys, "sentinel_monitor", {**typed, "sentinel": broken.address})
        assert (kept["failed"], broken.primary_address(GROUP)) == (True, replica.announced)
        with broken.client() as client:
            client.execute_command("SENTINEL", "REMOVE", GROUP)
        refused = run(capsys, "sentinel_monitor", {**typed, "sentinel": broken.address})
        assert refused["failed"] is True
        assert f"under the name {OTHER}" in refused["msg"]
        assert groups_of(broken) == {OTHER}

        # The slip by hand, beside the collection: the next failover would destroy the other shard.
        with broken.client() as client:
            client.execute_command("SENTINEL", "MONITOR", GROUP, *lab.primary_of(OTHER).announced, 2)
        foreseen = run(capsys, "sentinel_repair", group_arguments(lab), check=True)
        assert [(step["kind"], step["subject"]) for step in foreseen["plan"]] == [
            ("remove", broken.address),
            ("monitor", broken.address),
        ]
        assert broken.primary_address(GROUP) == lab.primary_of(OTHER).announced
        code, said = played(lab, "repair_sentinels")
        assert code == 0, said
        assert broken.primary_address(GROUP) == lab.primary_of(GROUP).announced
        lab.wait_converged()

        writers.start_edge(first, broken)
        old = lab.primary_of(GROUP).name
        moved = run(capsys, "failover", group_arguments(lab))
        assert moved["outcome"] == "done", moved
        assert lab.primary_of(GROUP).name != old
        lab.wait_converged()
        writers.wait_for_writes(first)
    wrong_shard = misplaced(writers, first, second) + misplaced(writers, second, first)
    found = record_damage(damage("with the collection: refused, repaired, then a failover", writers, wrong_shard, None))
    assert (found.known_lost, found.acknowledged_lost, found.misplaced) == (0, 0, 0)
    assert found.acknowledged > 0
    assert [lost for report in writers.reports for lost in report.check(lab)] == []


def test_with_the_collection_the_address_of_a_dead_replica_is_forgotten_before_a_new_group_gets_it(
    lab_factory: LabFactory, record_damage: RecordDamage, capsys: pytest.CaptureFixture[str]
) -> None:
    lab = lab_factory(groups=1, replicas=2)
    shard = Shard("a", lab, GROUP)
    dead = lab.replicas_of(GROUP)[0]
    left = {
        **group_arguments(lab),
        "nodes": [node.address for node in lab.nodes if node.name != dead.name],
        "node_options": [],
    }
    with written_to(shard) as writers:
        dead.stop()
        wait_all(lab, lambda sentinel: why_not_down(sentinel, GROUP, dead), "the dead replica is down")
        audit = run(capsys, "group_info", left)
        stale = [one["subject"] for one in audit["problems"] if one["code"] == "stale_entry"]
        assert sorted(stale) == sorted(sentinel.address for sentinel in lab.sentinels)
        repaired = run(capsys, "sentinel_repair", left)
        assert repaired["outcome"] == "done", repaired
        assert [step["kind"] for step in repaired["done"]] == ["reset"] * 3

        new = [f"known:new:{number}" for number in range(KNOWN_KEYS)]
        start_as_another_group(dead, new)
        begun = time.monotonic()
        # Each Sentinel has asked the primary for its replicas since, which is how it would learn of one.
        wait_all(lab, lambda sentinel: why_not_asked_since(sentinel, GROUP, begun), "every Sentinel has looked again")
    for sentinel in lab.sentinels:
        assert dead.announced not in [(one["ip"], int(one["port"])) for one in sentinel.replica_states(GROUP)]
    found = damage("with the collection: forgotten, then a new group at that address", writers, 0, None)
    lost = len(missing([dead], new))
    record_damage(replace(found, known=found.known + len(new), known_lost=found.known_lost + lost))
    assert (found.known_lost, found.acknowledged_lost, lost) == (0, 0, 0)
    assert dead.role() == "master"


def played(lab: Lab, playbook: str) -> tuple[int, str]:
    """Run a playbook of the collection; its exit code and output."""
    lines: list[str] = []
    code = run_playbook(lab, f"steadyhand.redis.{playbook}", on_line=lines.append)
    return code, "\n".join(lines)


def groups_of(sentinel: SentinelNode) -> set[str]:
    """The names of what it watches."""
    with sentinel.client() as client:
        found = client.execute_command("SENTINEL", "MASTERS")
    return {dict(zip(one[::2], one[1::2], strict=True))["name"] for one in found}

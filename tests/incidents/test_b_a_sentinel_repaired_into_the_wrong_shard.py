# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Incident B, 18 March 2020: one broken Sentinel was repaired by hand, with the address of another shard.

By hand the data of a shard are destroyed. The collection names the broken Sentinel, refuses the slip and repairs it, and on the
same shards under the same load nothing is lost and no key is where it does not belong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

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
    why_not_down,
    written_to,
)
from lab.lab import Lab

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

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Sentinel says, read from real replies and from forms that few of them take."""

from __future__ import annotations

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.sentinel import (
    PrimaryEntry,
    parse_peer,
    parse_primaries,
    parse_primary,
    parse_replica,
)
from unit import recordings
from unit.builders import primary_entry, replica_entry

REPLICA = {"ip": "10.0.0.2", "port": "6379", "runid": "run-b", "flags": "slave", "role-reported": "slave"}


@pytest.mark.parametrize("name", recordings.names("healthy"))
def test_a_real_sentinel_is_read(name: str) -> None:
    view = recordings.view(name)
    assert view.primary is not None
    for _account, facts, entry in view.watching:
        assert facts.version == view.primary.facts.version
        assert (facts.tilt, facts.quorum_ok) == (False, True)
        assert (entry.quorum, entry.down_after_ms, entry.failover_timeout_ms, entry.parallel_syncs) == (
            2,
            5000,
            60000,
            1,
        )
        assert (entry.run_id, entry.address) == (view.primary.facts.run_id, view.primary.announced)
        assert (sorted(entry.flags), entry.down, entry.failover_in_progress) == (["master"], False, False)
        assert facts.primaries == {view.name: entry.address}
        assert sorted(one.run_id for one in facts.replicas) == sorted(one.facts.run_id for one in view.replicas)
        assert {(one.primary, one.link_up, one.priority, one.down) for one in facts.replicas} == {
            (entry.address, True, 100, False)
        }
        others = {facts.my_id for _account, facts, _entry in view.watching} - {facts.my_id}
        assert {peer.run_id for peer in facts.peers} == others
        assert all(0 <= peer.hello_age_ms < 6000 for peer in facts.peers)


@pytest.mark.parametrize("name", recordings.names("replica-down"))
def test_a_real_replica_that_is_down_is_held_for_down(name: str) -> None:
    for _account, facts, _entry in recordings.view(name).watching:
        assert sorted(one.down for one in facts.replicas) == [False, True]


@pytest.mark.parametrize(
    ("flags", "down"),
    [
        ("slave", False),
        ("s_down,slave", True),
        ("master,o_down", True),
        ("slave,disconnected", True),
        ("slave,reconf_inprog", False),
        ("", False),
    ],
)
def test_flags_that_hold_an_instance_for_down(flags: str, down: bool) -> None:
    assert parse_replica({**REPLICA, "flags": flags}).down is down


@pytest.mark.parametrize(
    ("host", "primary"),
    [("10.0.0.1", Address("10.0.0.1", 6379)), ("?", None), ("", None), ("Redis-A", Address("redis-a", 6379))],
)
def test_the_primary_of_a_replica_may_not_be_known_yet(host: str, primary: Address | None) -> None:
    assert parse_replica({**REPLICA, "master-host": host, "master-port": "6379"}).primary == primary


@pytest.mark.parametrize(("status", "up"), [("ok", True), ("err", False), ("", False)])
def test_a_replicas_link_is_up_when_it_says_ok(status: str, up: bool) -> None:
    assert parse_replica({**REPLICA, "master-link-status": status}).link_up is up


def test_a_promoted_replica_and_its_priority_are_seen() -> None:
    entry = parse_replica({**REPLICA, "flags": "slave,promoted", "slave-priority": "0"})
    assert (entry.promoted, entry.priority) == (True, 0)
    assert not replica_entry("b").promoted


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (primary_entry(), False),
        (primary_entry(failover_state="none"), False),
        (primary_entry(failover_state="select_slave"), True),
        (primary_entry(flags=frozenset({"master", "failover_in_progress"})), True),
    ],
)
def test_a_failover_is_seen_by_its_flag_or_its_state(entry: PrimaryEntry, expected: bool) -> None:
    assert entry.failover_in_progress is expected


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("name=g,status=ok,address=10.0.0.1:6379,slaves=2,sentinels=3", {"g": Address("10.0.0.1", 6379)}),
        ("name=g,status=sdown,address=fd00::1:6379,slaves=2,sentinels=3", {"g": Address("fd00::1", 6379)}),
        ("name=g,status=ok", {}),
        ("", {}),
    ],
)
def test_the_primaries_of_all_groups_are_read_from_info(line: str, found: dict[str, Address]) -> None:
    assert parse_primaries({"master0": line, "master_replid": "x", "sentinel_masters": "1"}) == found


def test_what_a_sentinel_has_not_read_yet_is_empty_and_no_error() -> None:
    fields = {"ip": "10.0.0.1", "port": "6379"}
    assert parse_primary(fields).run_id == parse_peer(fields).run_id == parse_replica(fields).run_id == ""

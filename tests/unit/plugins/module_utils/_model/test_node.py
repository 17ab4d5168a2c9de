# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node's account, read from what real servers say and from fields that only some versions have."""

from __future__ import annotations

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.node import (
    OBSERVED_SETTINGS,
    NodeFacts,
    parse_node,
)
from unit import recordings
from unit.builders import SETTINGS, facts_of, node_facts

PRIMARY_INFO = {"role": "master", "run_id": "run-a", "tcp_port": "6379"}
REPLICA_INFO = {"role": "slave", "master_host": "10.0.0.1", "master_port": "6379", "master_link_status": "up"}


def parsed(
    info: dict[str, str],
    settings: dict[str, str] | None = None,
    acl: list[str] | None = None,
    own_user: str = "maintenance",
) -> NodeFacts:
    """Facts of replies that hold only what the case is about."""
    return parse_node(info, settings or {}, acl, own_user)


@pytest.mark.parametrize("name", recordings.names("healthy"))
def test_a_real_primary_is_read(name: str) -> None:
    facts = recordings.node(name, "group-1-a")
    engine, version, _situation = name.split("-", 2)
    assert (facts.engine, facts.version) == (engine, version)
    assert (facts.role, facts.is_primary, facts.upstream) == ("primary", True, None)
    assert len(facts.run_id) == len(facts.replication_id) == 40
    assert [(replica.state, replica.online) for replica in facts.replicas] == [("online", True)] * 2
    assert facts.clock > 1_700_000_000
    assert facts.memory.machine > facts.memory.resident > facts.memory.used > 0
    assert facts.memory.policy == "noeviction"
    assert facts.backlog_size == int(facts.settings["repl-backlog-size"]) >= 1024 * 1024
    assert facts.config_file.endswith("/redis.conf")
    assert facts.failover_state == "no-failover"
    assert not facts.loading
    assert not facts.shutting_down


@pytest.mark.parametrize("name", recordings.names("healthy"))
def test_a_real_replica_is_read(name: str) -> None:
    primary, facts = recordings.node(name, "group-1-a"), recordings.node(name, "group-1-b")
    assert (facts.role, facts.is_primary) == ("replica", False)
    assert facts.upstream is not None
    assert (facts.upstream.up, facts.upstream.syncing, facts.upstream.buffered_bytes) == (True, False, 0)
    assert facts.upstream.primary.port == primary.tcp_port
    assert facts.upstream.applied_offset > 0
    assert facts.replication_id == primary.replication_id
    assert Address("127.0.0.1", facts.tcp_port) in {replica.address for replica in primary.replicas}


@pytest.mark.parametrize("name", recordings.names("healthy"))
def test_real_servers_know_every_observed_setting(name: str) -> None:
    facts = recordings.node(name, "group-1-a")
    assert set(facts.settings) == set(OBSERVED_SETTINGS)
    assert facts.persistence.rdb_on_stop
    assert facts.secrets_set == {"masterauth"}
    assert "withheld" not in repr(facts)


@pytest.mark.parametrize("name", recordings.names("healthy"))
def test_acl_users_of_real_nodes_agree_although_our_own_password_differs(name: str) -> None:
    primary, replica = recordings.node(name, "group-1-a"), recordings.node(name, "group-1-b")
    assert primary.acl == replica.acl
    assert set(primary.acl or ()) == {"application", "default", "replication", "sentinel"}
    own = [
        [line for line in recordings.acl_list(name, node) if line.startswith("user maintenance ")]
        for node in ("group-1-a", "group-1-b")
    ]
    assert own[0] != own[1], "the lab gives every node a password of its own"


@pytest.mark.parametrize("name", recordings.names("hostnames"))
def test_a_node_announces_what_it_is_configured_to(name: str) -> None:
    facts = recordings.node(name, "group-1-b")
    assert facts.announced == Address("localhost", facts.tcp_port)


@pytest.mark.parametrize(
    ("settings", "announced"),
    [
        ({}, None),
        ({"replica-announce-ip": "203.0.113.7"}, Address("203.0.113.7", 6379)),
        ({"replica-announce-ip": "203.0.113.7", "replica-announce-port": "0"}, Address("203.0.113.7", 6379)),
        (
            {"replica-announce-ip": "Node-A.example.org", "replica-announce-port": "7000"},
            Address("node-a.example.org", 7000),
        ),
        ({"replica-announce-port": "7000"}, None),
    ],
)
def test_an_announced_address_needs_a_host(settings: dict[str, str], announced: Address | None) -> None:
    assert parsed(PRIMARY_INFO, settings).announced == announced


@pytest.mark.parametrize(
    ("field", "buffered"),
    [({}, 0), ({"replicas_repl_buffer_size": "77"}, 77), ({"replica_full_sync_buffer_size": "88"}, 88)],
)
def test_a_buffered_stream_is_seen_in_either_engines_field(field: dict[str, str], buffered: int) -> None:
    link = parsed({**REPLICA_INFO, **field}).upstream
    assert link is not None
    assert link.buffered_bytes == buffered


def test_an_rdb_channel_is_no_replica_of_its_own() -> None:
    info = {
        **PRIMARY_INFO,
        "slave0": "ip=10.0.0.2,port=6379,state=send_bulk,offset=0,lag=0,type=main-channel",
        "slave1": "ip=10.0.0.2,port=6379,state=send_bulk,offset=0,lag=0,type=rdb-channel",
        "slave_expires_tracked_keys": "0",
    }
    assert [(str(one.address), one.state, one.online) for one in parsed(info).replicas] == [
        ("10.0.0.2:6379", "send_bulk", False)
    ]


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ({}, False),
        ({"loading": "1"}, True),
        ({"loading": "0", "async_loading": "1"}, True),
        ({"loading": "0", "async_loading": "0"}, False),
    ],
)
def test_a_node_that_loads_in_either_way_is_loading(info: dict[str, str], expected: bool) -> None:
    assert parsed({**PRIMARY_INFO, **info}).loading is expected


@pytest.mark.parametrize(
    ("save", "on_sigterm", "expected"),
    [
        ("3600 1", None, True),
        ("", None, False),
        ("  ", "default", False),
        ("3600 1", "default", True),
        ("3600 1", "nosave", False),
        ("3600 1", "now nosave force", False),
        ("", "save now", True),
        ("3600 1", "now", True),
    ],
)
def test_save_points_and_the_order_for_sigterm_decide_whether_a_stop_saves(
    save: str, on_sigterm: str | None, expected: bool
) -> None:
    settings = {"save": save} if on_sigterm is None else {"save": save, "shutdown-on-sigterm": on_sigterm}
    assert parsed(PRIMARY_INFO, settings).persistence.rdb_on_stop is expected


def test_what_was_never_saved_took_no_time() -> None:
    assert parsed({**PRIMARY_INFO, "rdb_last_bgsave_time_sec": "-1"}).persistence.last_save_seconds == 0


@pytest.mark.parametrize("field", ["aof_rewrite_in_progress", "aof_rewrite_scheduled"])
def test_a_scheduled_rewrite_counts_as_a_rewrite(field: str) -> None:
    assert parsed({**PRIMARY_INFO, field: "1"}).persistence.rewriting


def test_keys_are_counted_over_all_databases() -> None:
    info = {**PRIMARY_INFO, "db0": "keys=3,expires=0,avg_ttl=0", "db15": "keys=4,expires=1,avg_ttl=7", "dbsize": "1"}
    assert (parsed(info).keys, parsed(info).highest_database) == (7, 15)
    assert parsed(info).hashes_with_expiring_fields == 0


def test_valkey_counts_hashes_whose_fields_expire() -> None:
    info = {**PRIMARY_INFO, "db0": "keys=3,expires=0,avg_ttl=0,keys_with_volatile_items=2"}
    info["db1"] = "keys=1,expires=0,avg_ttl=0,keys_with_volatile_items=1"
    assert parsed(info).hashes_with_expiring_fields == 3


def test_modules_are_kept_with_their_versions_in_one_order() -> None:
    one = parsed({**PRIMARY_INFO, "module": "name=search,ver=2,api=1\nname=ReJSON,ver=1,api=1"})
    other = parsed({**PRIMARY_INFO, "module": "name=ReJSON,ver=1,api=1\nname=search,ver=2,api=1"})
    assert one.modules == other.modules == ("ReJSON 1", "search 2")
    assert parsed(PRIMARY_INFO).modules == ()


@pytest.mark.parametrize("priority", ["0", "1", "100"])
def test_priority_is_the_setting(priority: str) -> None:
    assert node_facts(settings={**SETTINGS, "replica-priority": priority}).priority == int(priority)


def test_users_that_may_not_be_read_are_unknown_and_not_none() -> None:
    assert parsed(PRIMARY_INFO).acl is None
    assert parsed(PRIMARY_INFO, acl=[]).acl == {}


@pytest.mark.parametrize(
    ("here", "there", "same"),
    [
        ("on #aa ~* &* +@all", "on #aa ~* &* +@all", True),
        ("on #aa #bb ~x ~y +get", "on #bb #aa ~y ~x +get", True),
        ("on #aa ~* +@all", "on #bb ~* +@all", False),
        ("on #aa ~* +@all", "off #aa ~* +@all", False),
        ("on sanitize-payload #aa +@all", "on #aa +@all", True),
        ("on skip-sanitize-payload #aa +@all", "on #aa +@all", False),
        ("on #aa -@all +ping +psync", "on #aa -@all +psync +ping", True),
        # As two nodes of Redis 7.0 list the same commands.
        ("on #aa -@all +@transaction +get -discard +del", "on #aa -@all +@transaction +del +get -discard", True),
        ("on #aa -@all +@read +get", "on #aa -@all +get +@read", True),
        # A later command rule wins over an earlier one.
        ("on #aa -@all +client -client|kill", "on #aa -@all -client|kill +client", False),
        ("on #aa -@all +get -get", "on #aa -@all -get +get", False),
        ("on #aa -@all +@read -@dangerous", "on #aa -@all -@dangerous +@read", False),
        ("on #aa ~* -@all +@read -get", "on #aa ~* -@all -get +@read", False),
        ("on #aa ~* -@all (~x +get) (~y +set)", "on #aa ~* -@all (~x +set) (~y +get)", False),
    ],
)
def test_users_are_the_same_when_they_may_do_the_same(here: str, there: str, same: bool) -> None:
    one, other = (parsed(PRIMARY_INFO, acl=[f"user app {rules}"]).acl for rules in (here, there))
    assert (one == other) is same


def test_our_own_user_is_not_compared_unless_it_is_the_default_one() -> None:
    lines = ["user maintenance on #aa +@all", "user default on nopass +@all"]
    assert set(parsed(PRIMARY_INFO, acl=lines).acl or ()) == {"default"}
    assert set(parsed(PRIMARY_INFO, acl=lines, own_user="default").acl or ()) == {"default", "maintenance"}


@pytest.mark.parametrize("situation", ["healthy", "replica-down", "replica-restarted"])
def test_the_builders_speak_the_language_of_real_servers(situation: str) -> None:
    """What the tables of the other tests are made of has the settings that a real node reports."""
    assert set(SETTINGS) == set(facts_of(recordings.view(f"redis-7.0.15-{situation}"), "group-1-a").settings)

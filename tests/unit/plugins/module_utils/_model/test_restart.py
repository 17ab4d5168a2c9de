# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a replica may be restarted, and how it will come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.full_sync import HEADROOM
from ansible_collections.steadyhand.redis.plugins.module_utils._model.group import GroupView
from ansible_collections.steadyhand.redis.plugins.module_utils._model.health import Limits
from ansible_collections.steadyhand.redis.plugins.module_utils._model.host import ConfigFile, HostFacts
from ansible_collections.steadyhand.redis.plugins.module_utils._model.node import PRIMARY
from ansible_collections.steadyhand.redis.plugins.module_utils._model.restart import (
    FULL,
    PARTIAL,
    RestartForecast,
    RestartWish,
    forecast,
)
from unit.builders import (
    MIB,
    NOW,
    group_view,
    member,
    with_link,
    with_memory,
    with_node,
    with_persistence,
    with_settings,
)

FILE = ConfigFile("/etc/redis/redis.conf", "port 6379\nreplicaof 10.0.0.1 6379\n")
HOST = HostFacts(FILE, memory_available=64 * MIB, disk_free=64 * MIB)


def unchanged(view: GroupView) -> GroupView:
    """The healthy group."""
    return view


def with_nothing_on_disk(view: GroupView) -> GroupView:
    """A replica that must be filled again from the primary."""
    return with_persistence(view, "b", rdb_on_stop=False, last_save_at=0)


@dataclass(frozen=True)
class Case:
    """What differs from a restart of ``b`` in a quiet healthy group. ``write_rate`` in bytes per second."""

    change: Callable[[GroupView], GroupView] = unchanged
    host: HostFacts = HOST
    wish: RestartWish = field(default_factory=RestartWish)
    write_rate: float = 0.0
    node: str = "b"

    def forecast(self) -> RestartForecast:
        """The prediction."""
        view = self.change(group_view())
        return forecast(view, member(view, self.node), self.host, self.wish, self.write_rate, Limits())


ACCEPTED = RestartWish(accept_full_sync=True)
AWAY_10_S = RestartWish(expected_seconds=10.0)
# What is missed in ten seconds just does not fill the backlog of one MiB.
JUST_IN_TIME = (MIB - 16) / (10.0 * HEADROOM)
TOO_FAST = (MIB + 16) / (10.0 * HEADROOM)


def test_a_replica_of_a_quiet_group_may_be_restarted_and_continues() -> None:
    prediction = Case().forecast()
    assert prediction.allowed
    assert (prediction.node, prediction.resync, prediction.refusals, prediction.unseen) == ("b", PARTIAL, (), ())


@pytest.mark.parametrize(
    ("case", "resync", "why"),
    [
        pytest.param(Case(wish=AWAY_10_S, write_rate=JUST_IN_TIME), PARTIAL, "when it stops", id="backlog suffices"),
        pytest.param(
            Case(wish=AWAY_10_S, write_rate=TOO_FAST), FULL, "the backlog holds 1048576", id="backlog too small"
        ),
        pytest.param(
            Case(lambda view: with_persistence(view, "b", aof=True)), FULL, "append-only file", id="append-only file"
        ),
        pytest.param(Case(with_nothing_on_disk), FULL, "it keeps nothing on disk", id="nothing on disk"),
        pytest.param(
            Case(lambda view: with_persistence(view, "b", rdb_on_stop=False, last_save_at=NOW - 5), write_rate=1000.0),
            PARTIAL,
            "an RDB file that is 5 s old",
            id="young file",
        ),
        pytest.param(
            Case(
                lambda view: with_persistence(view, "b", rdb_on_stop=False, last_save_at=NOW - 5000), write_rate=1000.0
            ),
            FULL,
            "an RDB file that is 5000 s old",
            id="old file",
        ),
        pytest.param(
            Case(lambda view: with_node(view, "a", backlog_size=100 * MIB), wish=AWAY_10_S, write_rate=TOO_FAST),
            PARTIAL,
            "the backlog holds 104857600",
            id="larger backlog",
        ),
    ],
)
def test_how_it_comes_back(case: Case, resync: str, why: str) -> None:
    prediction = case.forecast()
    assert prediction.resync == resync
    assert why in prediction.why
    assert prediction.allowed is (resync == PARTIAL)


def test_a_full_synchronisation_is_only_made_when_it_was_accepted() -> None:
    refused, accepted = Case(with_nothing_on_disk).forecast(), Case(with_nothing_on_disk, wish=ACCEPTED).forecast()
    assert (refused.resync, refused.allowed) == (FULL, False)
    assert "accept that beforehand" in refused.refusals[0]
    assert "redis_accept_full_sync=true" in refused.refusals[0]
    assert (accepted.resync, accepted.allowed) == (FULL, True)
    assert "other processes' use of memory on the machine of a" in accepted.unseen


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        pytest.param(Case(node="a"), "it is the primary: hand over first", id="the primary"),
        pytest.param(
            Case(lambda view: with_node(view, "c", role=PRIMARY, upstream=None)),
            "no single primary",
            id="two primaries",
        ),
        pytest.param(
            Case(host=replace(HOST, config_file=ConfigFile("/f", error="/f cannot be read: Permission denied"))),
            "/f cannot be read: Permission denied; whether it names the primary is unknown",
            id="an unreadable file",
        ),
        pytest.param(
            Case(host=replace(HOST, config_file=ConfigFile("/f", "port 6379"))),
            "no replicaof line: it would come back as a second primary",
            id="no replicaof line",
        ),
        pytest.param(
            Case(host=replace(HOST, config_file=ConfigFile("/f", "replicaof 10.0.0.3 6379"))),
            "/f names 10.0.0.3:6379 as primary, the Sentinels announce 10.0.0.1:6379",
            id="a replicaof line of an earlier primary",
        ),
        pytest.param(
            Case(host=replace(HOST, start_arguments=("redis-server", "/f", "--SlaveOf", "10.0.0.9", "6379"))),
            "the server's command line sets it (--slaveof) and decides whom it copies",
            id="a command line that names a primary",
        ),
        pytest.param(
            Case(host=replace(HOST, config_file=replace(FILE, includes=(("/more", "replicaof 10.0.0.9 6379\n"),)))),
            "the included file /more sets it too and decides whom it copies",
            id="an include that names a primary",
        ),
        pytest.param(
            Case(lambda view: with_link(view, "c", up=False)),
            "no other replica is left",
            id="the other replica is lost",
        ),
        pytest.param(
            Case(lambda view: with_settings(view, "c", replica_priority="0")),
            "no other replica is left",
            id="the other replica never leads",
        ),
        pytest.param(
            Case(lambda view: with_settings(view, "a", min_replicas_to_write="2")),
            "1 good replicas would remain, min-replicas-to-write is 2",
            id="too few good replicas would remain",
        ),
        pytest.param(
            Case(lambda view: with_persistence(view, "b", rewriting=True)), "is being rewritten", id="a rewrite runs"
        ),
        pytest.param(
            Case(lambda view: with_persistence(view, "b", last_save_seconds=7), replace(HOST, stop_timeout=10.0)),
            "which may take 10.5 s (its last save took 7 s, it holds ",
            id="it would be killed while saving",
        ),
        pytest.param(
            Case(
                lambda view: with_memory(with_persistence(view, "b", last_save_seconds=0), "b", used=600 * MIB),
                replace(HOST, stop_timeout=10.0),
            ),
            "which may take 12.0 s (its last save took 0 s, it holds 629145600 bytes)",
            id="it would be killed while saving for the first time",
        ),
        pytest.param(
            Case(lambda view: with_memory(view, "b", used=600 * MIB), replace(HOST, start_timeout=10.0)),
            "loading 629145600 bytes may take 12.0 s, but its unit is killed after 10 s: raise the unit's TimeoutStartSec",
            id="it would be killed while loading",
        ),
        pytest.param(
            Case(lambda view: with_memory(with_nothing_on_disk(view), "a", machine=16 * MIB), wish=ACCEPTED),
            f"at most {4 * MIB} bytes of memory left, its fork may need {5 * MIB}",
            id="no memory for the primary's fork",
        ),
        pytest.param(
            Case(with_nothing_on_disk, replace(HOST, memory_available=4 * MIB), ACCEPTED),
            f"{4 * MIB} bytes of memory are available here",
            id="no memory for the sync here",
        ),
        pytest.param(
            Case(with_nothing_on_disk, replace(HOST, disk_free=9 * MIB), ACCEPTED),
            f"{9 * MIB} bytes of disk are free here, the data set has {10 * MIB}",
            id="no disk for the sync here",
        ),
        pytest.param(
            Case(with_nothing_on_disk, wish=ACCEPTED, write_rate=1000.0 * MIB),
            "client-output-buffer-limit cuts replicas off at 268435456",
            id="the hard output buffer limit",
        ),
        pytest.param(
            Case(
                lambda view: with_memory(
                    with_memory(with_nothing_on_disk(view), "a", used=5000 * MIB), "b", used=5000 * MIB
                ),
                replace(HOST, memory_available=None, disk_free=None),
                ACCEPTED,
                write_rate=0.5 * MIB,
            ),
            "the soft client-output-buffer-limit is 67108864 for 60 s",
            id="the soft output buffer limit",
        ),
    ],
)
def test_a_restart_is_refused(case: Case, reason: str) -> None:
    prediction = case.forecast()
    found = [refusal for refusal in prediction.refusals if reason in refusal]
    assert len(found) == 1
    assert not prediction.allowed


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(Case(host=replace(HOST, stop_timeout=2.0, start_timeout=2.0)), id="short time-outs suffice"),
        pytest.param(
            Case(lambda view: with_persistence(view, "b", last_save_seconds=99), replace(HOST, stop_timeout=None)),
            id="no time-out to stop",
        ),
        pytest.param(
            Case(
                lambda view: with_persistence(view, "b", last_save_seconds=99, rdb_on_stop=False, last_save_at=NOW),
                replace(HOST, stop_timeout=10.0),
            ),
            id="nothing is saved when it stops",
        ),
        pytest.param(
            Case(lambda view: with_settings(view, "a", min_replicas_to_write="1")), id="enough good replicas remain"
        ),
        pytest.param(
            Case(lambda view: with_settings(view, "a", min_replicas_to_write="2", min_replicas_max_lag="0")),
            id="the primary does not count good replicas",
        ),
        pytest.param(
            Case(host=replace(HOST, config_file=ConfigFile("/f", "SlaveOf 10.0.0.1 6379"))), id="the old spelling"
        ),
        pytest.param(Case(host=replace(HOST, memory_available=0, disk_free=0)), id="no room, but no full sync either"),
        pytest.param(
            Case(lambda view: with_memory(with_nothing_on_disk(view), "a", machine=0), wish=ACCEPTED),
            id="the primary's machine tells no memory",
        ),
    ],
)
def test_a_restart_is_allowed(case: Case) -> None:
    assert case.forecast().refusals == ()


def test_a_file_may_name_the_primary_by_any_of_its_addresses() -> None:
    inner = Address("192.168.0.1", 6379)
    host = replace(HOST, config_file=ConfigFile("/f", f"replicaof {inner.host} {inner.port}"))
    assert not Case(host=host).forecast().allowed
    assert Case(lambda view: with_settings(view, "a", replica_announce_ip=inner.host), host).forecast().allowed


def test_what_cannot_be_seen_of_its_start_is_named_also_when_it_continues() -> None:
    host = replace(HOST, start_arguments=None, config_file=replace(FILE, unfound=("more.conf",)))
    prediction = Case(host=host).forecast()
    assert prediction.allowed
    assert prediction.unseen == (
        "the node's command line, which may name another primary than its file",
        "which file more.conf, a relative include, will be at the next start",
    )


def test_what_cannot_be_seen_is_named() -> None:
    unseen = (
        Case(
            lambda view: with_settings(with_nothing_on_disk(view), "a", repl_diskless_sync="no"),
            replace(HOST, disk_free=None),
            ACCEPTED,
        )
        .forecast()
        .unseen
    )
    assert unseen == (
        "the free disk space of a, which writes the RDB file to disk first",
        "other processes' use of memory on the machine of a",
        "the free disk space of the node",
    )

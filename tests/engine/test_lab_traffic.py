# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's users, and the check that nothing acknowledged to them is lost: it must be able to fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from engine.engines import WITHOUT_TLS, not_on
from lab.lab import Lab
from lab.traffic.checker import summary_of
from lab.traffic.journal import Outcome, key_of, read_journal
from lab.traffic.load import Client, Load
from lab.traffic.traffic import Traffic
from lab.waiting import wait_until

if TYPE_CHECKING:
    from lab.traffic.report import TrafficReport

LabFactory = Callable[..., Lab]
GROUP = "group-1"


def some_key(report: TrafficReport, kind: str) -> str:
    """A key that was acknowledged to a client of that kind."""
    for connection in report.groups[GROUP].connections:
        if connection.client.kind == kind:
            for record in read_journal(connection.journal):
                if record.outcome is Outcome.ACKNOWLEDGED:
                    return key_of(connection.prefix, record.number)
    raise AssertionError(f"nothing acknowledged to {kind}")


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="open"),
        pytest.param({"secured": True}, id="secured"),
        pytest.param({"secured": True, "tls": True}, id="TLS", marks=not_on(*WITHOUT_TLS)),
    ],
)
def test_undisturbed_users_lose_and_miss_nothing(lab_factory: LabFactory, options: dict[str, bool]) -> None:
    lab = lab_factory(groups=1, sentinels=1, **options)
    traffic = Traffic.start(lab)
    traffic.wait_for_writes(GROUP, 20)
    report = traffic.stop()
    (effect,) = report.effects
    assert all(count > 0 for count in traffic.acknowledged(GROUP).values()), "every kind of request was used"
    assert (effect.failed, effect.messages_missed) == (0, 0)
    assert effect.errors == {}
    assert effect.acknowledged == sum(traffic.acknowledged(GROUP).values())
    assert effect.messages_published > 0
    assert 0 < effect.longest_pause < effect.seconds
    assert effect.megabytes_per_second == pytest.approx(effect.writes_per_second * 1000 / 1e6)
    assert report.check(lab) == []


def test_the_checker_finds_every_way_to_lose_a_write(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, sentinels=1)
    traffic = Traffic.start(lab)
    traffic.wait_for_writes(GROUP, 10)
    report = traffic.stop()
    assert report.check(lab) == []
    on_one_replica, changed, everywhere = (some_key(report, kind) for kind in ("set", "multi", "eval"))

    with lab.node("group-1-c").client() as replica:
        replica.config_set("replica-read-only", "no")
        replica.delete(on_one_replica)
        replica.set(changed, "somebody else's")
    found = {(lost.node, lost.role, lost.key, lost.problem) for lost in report.check(lab)}
    assert found == {
        ("group-1-c", "replica", on_one_replica, "missing"),
        ("group-1-c", "replica", changed, "another value"),
    }

    with lab.primary_of(GROUP).client() as primary:
        primary.delete(everywhere)
    lost = report.check(lab)
    assert {one.node for one in lost if one.key == everywhere} == {"group-1-a", "group-1-b", "group-1-c"}
    assert any(one.role == "primary" for one in lost)
    assert "group-1: 1 acknowledged writes are not on primary group-1-a, for example" in summary_of(lost)


def test_users_follow_a_failover_and_what_they_felt_is_measured(lab_factory: LabFactory) -> None:
    """The primary is killed: nothing new is acknowledged by it, so what is lost is what its replicas had not
    received."""
    lab = lab_factory(groups=1, down_after_ms=1000, failover_timeout_ms=10000)
    traffic = Traffic.start(lab, Load(writes_per_second=200))
    traffic.wait_for_writes(GROUP, 10)
    old = lab.primary_of(GROUP)
    old.process.kill()
    wait_until(lambda: None if lab.primaries_of(GROUP) else "no primary", 15, "failover")
    traffic.wait_for_writes(GROUP, 10)
    report = traffic.stop()

    (effect,) = report.effects
    assert effect.longest_pause > 1.0, "a primary is missed for down-after at least"
    assert effect.late > 0
    assert effect.errors["ConnectionError"] > 0
    assert set(effect.longest_pause_by_kind) == {"set", "pipeline", "multi", "eval"}
    counts = traffic.acknowledged(GROUP)
    assert min(count for name, count in counts.items() if name.endswith("follows")) > 10
    assert effect.failed > 0


def test_a_client_that_stays_keeps_its_connection_and_its_refusals_count(lab_factory: LabFactory) -> None:
    """Demoted, the old primary answers READONLY; the connection is still open, so it is still used."""
    lab = lab_factory(groups=1, replicas=1)
    traffic = Traffic.start(lab, Load(clients=(Client("pipeline", follows=False), Client("set", follows=True))))
    traffic.wait_for_writes(GROUP, 10)
    old, new = lab.primary_of(GROUP), lab.replicas_of(GROUP)[0]
    with new.client() as client:
        client.execute_command("REPLICAOF", "NO", "ONE")
    with old.client() as client:
        client.execute_command("REPLICAOF", *new.state.announced)

    def reason() -> str | None:
        stays = traffic.connections(GROUP)[0]
        refused = sum(record.outcome is Outcome.REFUSED for record in read_journal(stays.journal))
        return None if refused >= 30 else f"{refused} refused"

    wait_until(reason, 10, "refusals of the client that stays")
    with old.client() as client:
        client.execute_command("REPLICAOF", "NO", "ONE")
    traffic.wait_for_writes(GROUP, 10)
    report = traffic.stop()
    (effect,) = report.effects
    assert effect.errors["ReadOnlyError"] >= 3
    assert effect.refused >= 30


def test_heavy_load_makes_replicas_lag(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, replicas=1, sentinels=1)
    load = Load(value_size=20_000, writes_per_second=None, data_set_mb=50, ballast_clients=2)
    traffic = Traffic.start(lab, load)
    primary, (replica,) = lab.primary_of(GROUP), lab.replicas_of(GROUP)

    def reason() -> str | None:
        replica_offset = replica.info("replication")["slave_repl_offset"]
        behind = primary.info("replication")["master_repl_offset"] - replica_offset
        return None if behind > 1_000_000 else f"{behind} bytes behind"

    wait_until(reason, 15, "lag of the replica")
    report = traffic.stop()
    (effect,) = report.effects
    assert effect.megabytes_per_second > 10
    assert effect.data_set_mb > 50
    assert report.check(lab) == []


def test_what_a_killed_worker_had_counted_is_in_its_journal(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, replicas=0, sentinels=1)
    traffic = Traffic.start(lab, Load(writes_per_second=None))
    traffic.wait_for_writes(GROUP, 100)
    traffic.process(GROUP).kill()
    with lab.primary_of(GROUP).client() as client:
        held = client.dbsize()
    counted = sum(traffic.acknowledged(GROUP).values())
    requests_in_flight = 10 + 10 + 3 + 3 + 5
    assert counted <= held <= counted + requests_in_flight

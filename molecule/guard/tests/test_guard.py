# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users felt of everything that stops a primary, with the guards and without them (stops.yml)."""

from __future__ import annotations

import json

import pytest
from hosts.deployed import Deployed
from scenarios.stops import Stop, kept
from testinfra.host import Host


@pytest.fixture(scope="session")
def stops(deployed: Deployed) -> list[Stop]:
    """All of them, in their order."""
    return kept(deployed.directory)


def test_each_way_to_stop_a_primary_was_gone_with_and_without_the_guard(stops: list[Stop]) -> None:
    guarded, unguarded = ([stop.name for stop in stops if stop.guarded is wanted] for wanted in (True, False))
    assert guarded == unguarded
    assert len(guarded) == 5
    assert all(stop.acknowledged > 0 for stop in stops)


def test_with_the_guard_no_server_ends_as_primary_and_no_acknowledged_write_is_lost(stops: list[Stop]) -> None:
    held = [stop for stop in stops if stop.guarded and stop.stopped_as]
    assert {(stop.stopped_as, stop.moved, stop.lost) for stop in held} == {("replica", True, 0)}


def test_without_the_guard_servers_end_as_primary_and_users_wait_for_the_sentinels(stops: list[Stop]) -> None:
    told = [stop for stop in stops if not stop.guarded and stop.stopped_as]
    assert {stop.stopped_as for stop in told} == {"primary"}
    with_guard, without = (
        next(stop for stop in stops if stop.name == "systemctl stop" and stop.guarded is wanted)
        for wanted in (True, False)
    )
    # Sentinels call a primary down 5 s after its last answer, which is up to a second old; a hand-over does not wait for that.
    assert without.longest_pause > 4.0
    assert with_guard.longest_pause < without.longest_pause


def test_no_guard_can_hold_a_kill_and_then_the_sentinels_save_all_but_the_last_moment(stops: list[Stop]) -> None:
    """Replication is asynchronous: what a primary has acknowledged and not yet sent dies with it. Nothing that was
    acknowledged later may be lost, by whomever."""
    for stop in (stop for stop in stops if not stop.stopped_as):
        assert stop.moved
        assert stop.longest_pause > 4.0
        assert stop.lost_later == 0


def test_guard_holds_and_shows_its_settings_to_root_alone(host: Host) -> None:
    said = json.loads(host.run("/usr/local/sbin/steadyhand-guard status --json").stdout)
    assert said["guard"] == {"broken": [], "holds": True}
    settings = host.file("/etc/steadyhand-guard/redis-server.json")
    assert (settings.user, settings.mode) == ("root", 0o600)

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who leads after a hand-over: wishes, balance and the way back, over ssh."""

from __future__ import annotations

import json
from pathlib import Path

from lab.lab import Lab

from .run import play
from .test_rolling_restart import BUDGET


def zones_of_primaries(lab: Lab) -> dict[str, str]:
    """By group."""
    return {group: lab.primary_of(group).state.zone for group in lab.groups}


def never(tmp_path: Path, *names: str) -> tuple[str, str]:
    """The arguments for a second inventory, in which these nodes are declared never to lead."""
    inventory = tmp_path / "never.yml"
    hosts = {name: {"redis_never_primary": "yes"} for name in names}
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    return "-i", str(inventory)


def test_a_zone_is_preferred_before_balance_and_without_a_wish_the_primaries_are_spread(lab: Lab) -> None:
    (free, *_others) = sorted({"a", "b", "c"} - set(zones_of_primaries(lab).values()))
    gathered = play(lab, "failover", {"redis_prefer_zone": f" {free} ", "redis_return_primary": "", "redis_serial": ""})
    assert gathered.code == 0, gathered.failure()
    assert zones_of_primaries(lab) == {"group-1": free, "group-2": free}
    assert gathered.said(f'"redis_prefer_zone": " {free} "'), "the command that continues must wish the same"

    # One group after the other: the second sees where the first one has gone.
    spread = play(lab, "failover", {"redis_serial": 1})
    assert spread.code == 0, spread.failure()
    zones = zones_of_primaries(lab)
    assert len({free, *zones.values()}) == 3, zones


def test_a_node_that_is_never_to_lead_is_passed_over_and_refused_as_a_target(lab: Lab, tmp_path: Path) -> None:
    unwanted, other = lab.replicas_of("group-1")
    limit = ("--limit", "group_1", *never(tmp_path, unwanted.name))
    run = play(lab, "failover", {"redis_prefer_zone": unwanted.state.zone}, *limit)
    assert run.code == 0, run.failure()
    assert lab.primary_of("group-1").name == other.name

    lab.wait_converged()
    refused = play(lab, "failover", {"redis_target": unwanted.name}, *limit)
    assert refused.code != 0
    assert f"{unwanted.name} is not wanted as primary" in refused.failure()
    assert lab.primary_of("group-1").name == other.name


def test_the_role_goes_back_after_a_roll_where_the_node_is_fit_and_a_note_says_where_it_is_not(
    lab: Lab, tmp_path: Path
) -> None:
    before = {group: lab.primary_of(group).name for group in lab.groups}
    run_ids = {node.name: node.run_id() for node in lab.nodes}
    wish = {"redis_return_primary": "yes", "redis_serial": 2}
    excluded = never(tmp_path, before["group-2"])

    planned = play(lab, "rolling_restart", wish, "--check")
    assert planned.code == 0, planned.failure()
    assert planned.said(f"hand the role of the primary back to {before['group-1']}")

    run = play(lab, "rolling_restart", wish, *excluded)
    assert run.code == 0, run.failure()
    assert all(node.run_id() != run_ids[node.name] for node in lab.nodes)
    assert lab.primary_of("group-1").name == before["group-1"]
    assert lab.primary_of("group-2").name != before["group-2"]
    assert run.said(f"group-1: {before['group-1']} is the primary now")
    note = f"group-2: {before['group-2']} led before and does not lead again"
    assert [message for message in run.messages if message.startswith(note) and "not wanted as primary" in message]
    assert run.said("redis_return_primary=yes")
    assert all(runs <= BUDGET + 1 for runs in run.module_runs().values()), run.module_runs()
    for group in lab.groups:
        with lab.primary_of(group).client() as client:
            assert not client.exists(f"steadyhand:lock:{group}")

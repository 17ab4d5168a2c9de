# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of nodes and Sentinels that do not belong to a group, on real Sentinels."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import redis
from engine.engines import every_engine
from engine.modules import group_arguments, run
from engine.subjects import GROUP, wait_healthy
from lab.lab import Lab
from lab.node import DataNode
from lab.process import Process
from lab.sentinel import SentinelNode
from lab.waiting import wait_until

LabFactory = Callable[..., Lab]
Capture = pytest.CaptureFixture[str]
OTHER = "group-2"
PATIENCE = 60.0
KEYS = {f"of-the-new-group:{number}": str(number) for number in range(500)}


def without(arguments: dict[str, Any], *gone: DataNode | SentinelNode) -> dict[str, Any]:
    """The inventory after these have left it."""
    addresses = {one.address for one in gone}
    return {
        **arguments,
        "nodes": [one for one in arguments["nodes"] if one not in addresses],
        "node_options": [one for one in arguments["node_options"] if one["address"] not in addresses],
        "sentinels": [one for one in arguments["sentinels"] if one not in addresses],
    }


def peers(sentinel: SentinelNode) -> list[dict[str, str]]:
    """The other Sentinels that it knows."""
    with sentinel.client() as client:
        return [
            dict(zip(one[::2], one[1::2], strict=True))
            for one in client.execute_command("SENTINEL", "SENTINELS", GROUP)
        ]


def entry(sentinel: SentinelNode, node: DataNode) -> dict[str, str] | None:
    """What it knows of a replica."""
    return next((one for one in sentinel.replica_states(GROUP) if one["port"] == str(node.state.port)), None)


def steps(result: dict[str, Any]) -> list[tuple[str, str]]:
    """What was done."""
    return [(step["kind"], step["subject"]) for step in result["done"]]


@every_engine
def test_what_left_is_forgotten_by_one_sentinel_after_the_other_and_nothing_else_is(
    lab_factory: LabFactory, capsys: Capture
) -> None:
    lab = lab_factory(groups=1, sentinels=4, quorum=2)
    wait_healthy(lab)
    *staying, gone_sentinel = lab.sentinels
    gone = lab.replicas_of(GROUP)[1]
    gone.stop()
    gone_sentinel.stop()
    wish = without(group_arguments(lab), gone, gone_sentinel)

    def not_noticed() -> str | None:
        known = [entry(sentinel, gone) for sentinel in staying]
        known += [peer for one in staying for peer in peers(one) if peer["port"] == str(gone_sentinel.state.port)]
        return next((str(one) for one in known if one is None or "s_down" not in one["flags"]), None)

    wait_until(not_noticed, PATIENCE, "every Sentinel to hold them for down")
    foreseen = run(capsys, "sentinel_repair", wish, check=True, diff=True)
    assert foreseen["outcome"] == "planned"
    assert all(f"127.0.0.1:{gone.state.port}" in step["action"] for step in foreseen["plan"])
    done = run(capsys, "sentinel_repair", wish)
    assert done["outcome"] == "done", done["msg"]
    assert steps(done) == [("reset", sentinel.address) for sentinel in staying]
    # Each step ended only when the Sentinel knew the rest again, so all of them do now.
    for sentinel in staying:
        (known,) = sentinel.replica_states(GROUP)
        assert known["flags"] == "slave"
        assert {peer["port"] for peer in peers(sentinel)} == {
            str(other.state.port) for other in staying if other is not sentinel
        }
    assert run(capsys, "sentinel_repair", wish)["outcome"] == "not_needed"
    # A node that is down and stays in the inventory is not forgotten: nobody would tell it whom to copy when it returns.
    assert run(capsys, "group_info", wish)["verdict"] == "healthy"


def test_a_new_group_that_takes_over_the_address_of_a_dead_replica_is_saved(
    lab_factory: LabFactory, capsys: Capture
) -> None:
    """Sentinel would make it copy the old group some ten seconds after it has met it: its data would be gone.

    It may not until the repair has ended, however long that takes here; a Sentinel that still knew it then would at once.
    """
    lab = lab_factory(groups=1)
    wait_healthy(lab)
    dead = lab.replicas_of(GROUP)[0]
    dead.stop()
    wait_until(
        lambda: next(
            (s.name for s in lab.sentinels if "s_down" not in (entry(s, dead) or {"flags": "s_down"})["flags"]), None
        ),
        PATIENCE,
        "every Sentinel to hold it for down",
    )
    directory = lab.directory / "new-group"
    directory.mkdir()
    options = ("--port", str(dead.state.port), "--bind", "127.0.0.1", "--dir", str(directory), "--save", "")
    newcomer = Process("new-group", directory, (dead.state.binary, *options))
    newcomer.spawn()
    with redis.Redis(port=dead.state.port, decode_responses=True) as client:

        def not_met() -> str | None:
            try:
                client.execute_command("ACL", "SETUSER", "default", "-slaveof")
                client.mset(KEYS)
            except redis.ConnectionError as error:
                return str(error)
            met = [entry(sentinel, dead) or {} for sentinel in lab.sentinels]
            return None if any(one.get("role-reported") == "master" for one in met) else "no Sentinel has met it"

        wait_until(not_met, PATIENCE, "a Sentinel to meet it")
        done = run(capsys, "sentinel_repair", without(group_arguments(lab), dead))
        assert done["outcome"] == "done", done["msg"]
        assert sorted(steps(done)) == sorted(("reset", sentinel.address) for sentinel in lab.sentinels)
        client.execute_command("ACL", "SETUSER", "default", "+slaveof")
        # Longer than a Sentinel takes to look again (10 s): there is no condition to wait for that nothing happens.
        until = time.monotonic() + 15
        while time.monotonic() < until:
            assert client.role()[0] == "master"
            time.sleep(0.5)
        assert {key: client.get(key) for key in KEYS} == KEYS
    newcomer.kill()


def test_live_sentinels_and_replicas_that_the_inventory_lacks_are_refused_with_the_steps_for_people(
    lab_factory: LabFactory, capsys: Capture
) -> None:
    lab = lab_factory(groups=2, replicas=1)
    wait_healthy(lab)
    wish = group_arguments(lab)
    other = lab.sentinels[2]
    refused = run(capsys, "sentinel_repair", without(wish, other))
    assert (refused["outcome"], refused["changed"]) == ("refused", False)
    assert f"knows the Sentinel {other.address}, which is alive, and which the inventory lacks" in refused["msg"]
    assert "two groups have the name group-1 and were joined" in refused["msg"]

    # A replica of the second group was made to copy the primary of the first.
    primary, stray = lab.primary_of(GROUP), lab.replicas_of(OTHER)[0]
    for sentinel in lab.sentinels:
        with sentinel.client() as client:
            client.execute_command("SENTINEL", "REMOVE", OTHER)  # it would bring its replica back
    with stray.client() as client:
        client.execute_command("REPLICAOF", *primary.announced)
    wait_until(
        lambda: None if any(entry(s, stray) for s in lab.sentinels) else "nobody knows it", PATIENCE, "it to be found"
    )
    refused = run(capsys, "sentinel_repair", wish)
    assert refused["outcome"] == "refused"
    assert f"1 more replicas copy {primary.name} than are named here" in refused["msg"]
    of_other = run(capsys, "sentinel_repair", group_arguments(lab, OTHER))
    assert of_other["outcome"] == "refused"
    assert f"{stray.name} copies {primary.address}, which is not known to be" in of_other["msg"]

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit on real servers: each state is made for real, and named with what it will do and when."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from engine.engines import every_engine
from engine.modules import group_arguments, node_arguments, run
from engine.subjects import wait_healthy
from lab.asked import AskedServer
from lab.lab import Lab
from lab.sentinel import SentinelNode
from lab.waiting import wait_until

LabFactory = Callable[..., Lab]
Capture = pytest.CaptureFixture[str]
Audit = Callable[..., dict[str, Any]]

TOLERANCE = 3.0
"""Seconds by which the clock of a demotion may be wrong: a look takes its time, and Sentinel's timer beats ten times a second."""
LONG = 90.0
"""Seconds for what Sentinels do within ten, however busy the machine is."""
PATIENT = {"down_after_ms": 60000, "failover_timeout_ms": 180000}
"""Sentinels that take nothing into their hands while we look."""
TUNED = {"maxmemory": "100mb", "min-replicas-to-write": "1", "min-replicas-max-lag": "4"}
ONE, TWO = "group-1", "group-2"


def described(lab: Lab, group: str) -> dict[str, Any]:
    """A group of the lab as the inventory of its users has it, Sentinels by name and everything in its zone."""
    given = group_arguments(lab, group)
    zones = {node.name: node.state for node in lab.nodes_of(group)}
    for option in given["node_options"]:
        state = zones[option["name"]]
        option.update(zone=state.zone, machine=state.machine)
    given["sentinel_options"] = [
        {"address": sentinel.address, "name": sentinel.name, "zone": sentinel.state.zone} for sentinel in lab.sentinels
    ]
    return given


def audited(capsys: Capture, lab: Lab, **options: Any) -> dict[str, Any]:
    """What the module returns about all groups of the lab."""
    groups = options.pop("groups", None) or [described(lab, group) for group in lab.groups]
    return run(capsys, "audit", {"groups": groups, "complete": True, "watch_seconds": 0, **options})


def problems(result: dict[str, Any]) -> dict[tuple[str, str, str], dict[str, Any]]:
    """By label, code and subject."""
    found = {
        (group["label"], one["code"], one["subject"]): one for group in result["groups"] for one in group["problems"]
    }
    return {**found, **{("", one["code"], one["subject"]): one for one in result["others"]}}


def wait_for(
    capsys: Capture, lab: Lab, *expected: tuple[str, str, str], **options: Any
) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Wait until all of these are seen in one look, and return everything that was."""
    seen: dict[tuple[str, str, str], dict[str, Any]] = {}

    def missing() -> str | None:
        seen.clear()
        seen.update(problems(audited(capsys, lab, **options)))
        return None if set(expected) <= set(seen) else f"seen: {sorted(seen)}"

    wait_until(missing, LONG, f"{expected}", interval=0.3)
    return seen


def ask(server: AskedServer, *command: object) -> Any:
    """One command."""
    with server.client() as client:
        return client.execute_command(*command)


def address(lab: Lab, name: str) -> tuple[str, int]:
    """Where a node listens."""
    state = lab.node(name).state
    return state.host, state.port


@contextmanager
def watching(sentinel: SentinelNode, name: str, host: str, port: int, was: tuple[str, int]) -> Iterator[None]:
    """A Sentinel watches another address under a name of its own, for as long as the block."""
    ask(sentinel, "SENTINEL", "REMOVE", name)
    ask(sentinel, "SENTINEL", "MONITOR", name, host, port, 2)
    try:
        yield
    finally:
        ask(sentinel, "SENTINEL", "REMOVE", name)
        ask(sentinel, "SENTINEL", "MONITOR", name, *was, 2)


@every_engine
def test_two_groups_at_rest_have_no_problem(lab_factory: LabFactory, capsys: Capture) -> None:
    lab = lab_factory(groups=2, replicas=2, settings=TUNED)
    for group in lab.groups:
        wait_healthy(lab, group)
    result = audited(capsys, lab)
    assert problems(result) == {}
    assert (result["severity"], result["verdict"], result["exit_code"]) == ("none", "healthy", 0)
    assert [group["label"] for group in result["groups"]] == [ONE, TWO]
    assert [len(group["members"]) for group in result["groups"]] == [3, 3]


@every_engine
def test_a_sentinel_that_is_wired_to_another_group_is_named_before_anything_is_destroyed(
    lab_factory: LabFactory, capsys: Capture
) -> None:
    """The slip of March 2020, by distinct names: the epochs tie, so nothing moves until the next failover."""
    lab = lab_factory(groups=2, replicas=1, settings=TUNED, **PATIENT)
    for group in lab.groups:
        wait_healthy(lab, group)
    replication = {node.name: node.info("replication")["master_replid"] for node in lab.nodes}
    slipped = lab.sentinels[0]
    with watching(slipped, ONE, *address(lab, "group-2-a"), address(lab, "group-1-a")):
        seen = wait_for(capsys, lab, (ONE, "sentinel_cross_wired", slipped.name))
        found = seen[ONE, "sentinel_cross_wired", slipped.name]
        assert "which is group-2-a of group-2" in found["evidence"]
        assert found["when"] == "at the next failover of either group, about 10 s after it"
        assert "The epochs tie at 0" in found["outlook"]
        assert not found["acceptable"]
        # That its table holds the other group's nodes follows from it, and is not told beside it.
        told = {code for _label, code, subject in seen if subject == slipped.name}
        assert told <= {"sentinel_cross_wired", "sentinel_peer_missing", "sentinel_no_quorum"}, seen
    assert {node.name: node.info("replication")["master_replid"] for node in lab.nodes} == replication


def test_a_primary_with_two_names_and_a_group_that_only_sentinels_know(
    lab_factory: LabFactory, capsys: Capture
) -> None:
    lab = lab_factory(groups=2, replicas=1, settings=TUNED, **PATIENT)
    first, second, _third = lab.sentinels
    ask(first, "SENTINEL", "MONITOR", "old-name", *address(lab, "group-1-a"), 2)
    seen = wait_for(capsys, lab, (ONE, "primary_with_two_names", "group-1-a"))
    assert f"old-name by {first.name}" in seen[ONE, "primary_with_two_names", "group-1-a"]["evidence"]
    ask(first, "SENTINEL", "REMOVE", "old-name")

    # Of one of two groups a part of the inventory knows nothing: by a limit that is so, else it is a forgotten group.
    only = [described(lab, ONE)]
    assert ("", "unlisted_group", TWO) in problems(audited(capsys, lab, groups=only))
    assert ("", "unlisted_group", TWO) not in problems(audited(capsys, lab, groups=only, complete=False))

    for option, value in (("quorum", 1), ("parallel-syncs", 5), ("down-after-milliseconds", 1000)):
        ask(second, "SENTINEL", "SET", ONE, option, value)
    seen = problems(audited(capsys, lab))
    assert (ONE, "quorum_below_majority", second.name) in seen
    assert (ONE, "down_after_unwise", ONE) in seen
    said = [
        one["evidence"] for (label, code, _s), one in seen.items() if (label, code) == (ONE, "sentinel_settings_differ")
    ]
    assert said, seen


def test_two_groups_of_one_name_are_told_apart_until_their_sentinels_hear_one_another(
    lab_factory: LabFactory, capsys: Capture
) -> None:
    """The slip of March 2020, by the same name: two sets that may both say `group-1`, until one of them is told of the other's node."""
    one, two = (lab_factory(groups=1, replicas=2, settings=TUNED, **PATIENT) for _number in range(2))
    for lab in (one, two):
        wait_healthy(lab)
    groups = [{**described(lab, ONE), "label": label} for lab, label in ((one, "first"), (two, "second"))]
    for number, group in enumerate(groups):
        for option in [*group["node_options"], *group["sentinel_options"]]:
            option["name"] = f"{option['name']}-{number}"
            option["machine" if "machine" in option else "zone"] = option["name"]
    assert problems(audited(capsys, one, groups=groups)) == {}

    slipped = one.sentinels[0]
    ask(slipped, "SENTINEL", "REMOVE", ONE)
    ask(slipped, "SENTINEL", "MONITOR", ONE, *address(two, "group-1-a"), 2)
    seen = wait_for(
        capsys,
        one,
        ("first", "sentinel_cross_wired", f"{slipped.name}-0"),
        ("first", "name_with_two_groups", ONE),
        ("second", "name_with_two_groups", ONE),
        *(("second", "foreign_sentinel", f"{sentinel.name}-1") for sentinel in two.sentinels),
        groups=groups,
    )
    assert "which is group-1-a-1 of second" in seen["first", "sentinel_cross_wired", f"{slipped.name}-0"]["evidence"]


@every_engine
def test_a_node_that_went_over_to_another_group_is_named_at_both(lab_factory: LabFactory, capsys: Capture) -> None:
    lab = lab_factory(groups=2, replicas=1, settings=TUNED, **PATIENT)
    for group in lab.groups:
        wait_healthy(lab, group)
    ask(lab.node("group-2-b"), "REPLICAOF", *address(lab, "group-1-a"))
    seen = wait_for(
        capsys,
        lab,
        (TWO, "replica_of_other_group", "group-2-b"),
        (ONE, "foreign_replica_attached", "group-1-a"),
        # The Sentinels learn of it from the primary of the first group within ten seconds.
        *((ONE, "foreign_replica_entry", sentinel.name) for sentinel in lab.sentinels),
    )
    assert seen[TWO, "replica_of_other_group", "group-2-b"]["evidence"] == "it copies group-1-a of group-1"
    assert not {code for _label, code, _s in seen} & {"replica_of_stranger", "unlisted_member"}


def test_a_primary_that_a_sentinel_takes_for_a_replica_of_another_group_has_a_clock(
    lab_factory: LabFactory, capsys: Capture
) -> None:
    """The address of a dead replica, used again: here the process behind it becomes a group of its own."""
    lab = lab_factory(groups=2, replicas=2, settings=TUNED, **PATIENT)
    wait_healthy(lab, ONE)
    stray = lab.node("group-1-c")
    given = [described(lab, group) for group in lab.groups]
    own = {**given[0], "group": "group-3", "label": "group-3", "sentinels": [], "sentinel_options": []}
    own["nodes"] = [stray.address]
    own["node_options"] = [option for option in given[0]["node_options"] if option["name"] == stray.name]
    given[0]["nodes"] = [node for node in given[0]["nodes"] if node != stray.address]
    given[0]["node_options"] = [option for option in given[0]["node_options"] if option["name"] != stray.name]
    ask(stray, "REPLICAOF", "NO", "ONE")
    expected = [(ONE, "foreign_replica_entry", sentinel.name) for sentinel in lab.sentinels]
    seen = wait_for(capsys, lab, *expected, groups=[*given, own])
    looked_at = time.monotonic()
    seconds = []
    for key in expected:
        assert seen[key]["about"] == stray.address
        assert f"which is {stray.name} of group-3" in seen[key]["evidence"]
        clock = re.match(r"in about (\d+) s: it ", seen[key]["when"])
        assert clock is not None, seen[key]["when"]
        seconds.append(int(clock[1]))
    # What it says will happen does, and not before. (How much later is a matter of the machine.)
    wait_until(lambda: None if stray.role_if_reachable() == "slave" else "it is a primary still", LONG, "the demotion")
    assert time.monotonic() - looked_at > min(seconds) - TOLERANCE


def test_chains_and_a_silent_primary(lab_factory: LabFactory, capsys: Capture) -> None:
    lab = lab_factory(groups=1, replicas=2, settings=TUNED, **PATIENT)
    wait_healthy(lab)
    ask(lab.node("group-1-c"), "REPLICAOF", *address(lab, "group-1-b"))
    wait_for(capsys, lab, (ONE, "chained_replica", "group-1-c"))
    lab.node("group-1-a").process.freeze()
    try:
        seen = problems(audited(capsys, lab, connect_timeout=1.0))
    finally:
        lab.node("group-1-a").process.thaw()
    assert {(ONE, "no_primary", ONE), (ONE, "node_unreachable", "group-1-a")} <= set(seen)
    found = seen[ONE, "sentinel_primary_silent", lab.sentinels[0].name]
    assert found["when"] == "60 s after the last answer that this Sentinel got"
    assert "(group-1-a), which gave us no answer" in found["evidence"]


def test_settings_users_and_what_would_be_lost_at_a_restart(lab_factory: LabFactory, capsys: Capture) -> None:
    lab = lab_factory(groups=1, replicas=1, sentinels=2, persistence="none")
    replica = lab.node("group-1-b")
    for name, value in (("maxmemory", "1gb"), ("maxclients", "5000")):
        ask(replica, "CONFIG", "SET", name, value)
    ask(replica, "ACL", "SETUSER", "application", "on", "nopass", "+get")
    groups = [described(lab, ONE)]
    for option in [*groups[0]["node_options"], *groups[0]["sentinel_options"]]:
        option.update(zone="here")
    primary = lab.node("group-1-a")
    expected = [
        (ONE, code, subject)
        for code, subject in (
            ("maxmemory_differs", ONE),
            ("maxmemory_unset", "group-1-a"),
            ("min_replicas_unset", ONE),
            ("node_settings_differ", ONE),
            ("restarts_empty", ONE),
            ("sentinels_too_few", ONE),
            ("users_differ", ONE),
            ("zone_has_majority", ONE),
        )
    ]
    seen = wait_for(capsys, lab, *expected, groups=groups)
    assert "maxclients: group-1-a 10000, group-1-b 5000" in seen[ONE, "node_settings_differ", ONE]["evidence"]
    accepted = audited(capsys, lab, groups=groups, accept=[code for _label, code, _subject in expected])
    assert not {key for key in problems(accepted) if key in expected}
    ask(primary, "SET", "key", "value")
    ask(primary, "CONFIG", "SET", "save", "3600 1")
    found = problems(audited(capsys, lab, groups=groups))
    assert (ONE, "restarts_empty", replica.name) in found
    assert (ONE, "never_saved", primary.name) in found
    ask(primary, "SAVE")
    assert (ONE, "never_saved", primary.name) not in problems(audited(capsys, lab, groups=groups))
    machine = ask(replica, "INFO", "memory")["total_system_memory"]
    ask(replica, "CONFIG", "SET", "maxmemory", machine + 1)
    ask(primary, "CONFIG", "SET", "maxmemory", machine + 1)
    assert (ONE, "maxmemory_beyond_machine", "machine-b-1") in problems(audited(capsys, lab))


def test_an_address_of_the_wrong_kind_is_named_as_such(shared_lab: Lab, capsys: Capture) -> None:
    given = described(shared_lab, ONE)
    sentinel, node = shared_lab.sentinels[2], shared_lab.node("group-1-c")
    given["nodes"][2], given["sentinels"][2] = sentinel.address, node.address
    given["node_options"] = given["node_options"][:2]
    given["sentinel_options"] = given["sentinel_options"][:2]
    seen = problems(audited(capsys, shared_lab, groups=[given]))
    assert "is a Sentinel, not a data node" in seen[ONE, "node_is_sentinel", sentinel.address]["evidence"]
    assert "it is not a Sentinel" in seen[ONE, "sentinel_is_node", node.address]["evidence"]
    assert not [key for key in seen if key[1] in ("node_denied", "sentinel_unreachable")]


@pytest.mark.parametrize("name", ["presence-*", "presence?", "presence[1]", "a,b", "a b", ""])
def test_a_name_that_sentinels_take_for_a_pattern_is_refused(shared_lab: Lab, capsys: Capture, name: str) -> None:
    result = run(capsys, "audit", {"groups": [{**described(shared_lab, ONE), "group": name}]})
    assert result["failed"]
    assert "cannot be the name of a group" in result["msg"]


def test_a_group_that_is_described_twice_and_a_node_that_is_listed_twice(shared_lab: Lab, capsys: Capture) -> None:
    given = described(shared_lab, ONE)
    twice = {**given, "sentinels": [*given["sentinels"], given["sentinels"][0]]}
    assert "is listed twice for group group-1" in run(capsys, "audit", {"groups": [twice]})["msg"]
    refused = run(capsys, "audit", {"groups": [given, given]})
    assert "group-1 is described twice" in refused["msg"]
    other = {**given, "label": "again"}
    seen = problems(audited(capsys, shared_lab, groups=[given, other]))
    assert {("again", "node_listed_twice", "group-1-a"), (ONE, "node_listed_twice", "group-1-a")} <= set(seen)
    assert {("again", "name_with_two_groups", ONE), (ONE, "name_with_two_groups", ONE)} <= set(seen)


def test_a_sentinel_that_wants_a_password_and_one_that_is_slow(shared_secured_lab: Lab, capsys: Capture) -> None:
    lab = shared_secured_lab
    wait_healthy(lab)
    given = described(lab, ONE)
    wrong = {**given, "sentinel_login_password": "wrong"}
    seen = problems(audited(capsys, lab, groups=[wrong]))
    assert {(ONE, "sentinel_denied", sentinel.name) for sentinel in lab.sentinels} <= set(seen)
    slow = lab.sentinels[0]
    slow.process.freeze()
    try:
        result = audited(capsys, lab, groups=[given], connect_timeout=3.0)
    finally:
        slow.process.thaw()
    # It has lost three seconds, and two make a Sentinel doubt its clock.
    wait_for(capsys, lab, (ONE, "sentinel_tilt", slow.name), groups=[given])
    assert "did not answer" in problems(result)[ONE, "sentinel_unreachable", slow.name]["evidence"]
    assert result["exit_code"] == 4
    text = json.dumps({key: value for key, value in result.items() if key != "invocation"})
    assert not [secret for secret in lab.secrets if secret in text]


@every_engine
def test_what_a_file_has_otherwise_is_said_by_its_host(lab_factory: LabFactory, capsys: Capture) -> None:
    lab = lab_factory(groups=1, replicas=1, secured=True, settings={"maxmemory": "100mb"})
    wait_healthy(lab)
    node, sentinel = lab.node("group-1-b"), lab.sentinels[0]
    whole = run(capsys, "file_info", node_arguments(node))["file"]
    assert (whole["differing"], whole["error"]) == ([], "")
    ask(node, "CONFIG", "SET", "maxmemory", "50mb")
    ask(node, "CONFIG", "SET", "masterauth", "another-secret")
    result = run(capsys, "file_info", node_arguments(node))
    assert result["file"]["differing"] == [
        "masterauth is another one than in the file",
        "maxmemory is 52428800, the file has 104857600",
    ]
    assert "another-secret" not in json.dumps(result)
    ask(node, "CONFIG", "REWRITE")
    assert run(capsys, "file_info", node_arguments(node))["file"]["differing"] == []

    asked = {
        "login_host": sentinel.state.host,
        "login_port": sentinel.state.port,
        "login_user": group_arguments(lab)["sentinel_login_user"],
        "login_password": group_arguments(lab)["sentinel_login_password"],
    }
    assert run(capsys, "file_info", asked)["file"]["differing"] == []
    file = Path(sentinel.state.directory) / "sentinel.conf"
    written = file.read_text(encoding="utf-8")
    ask(sentinel, "SENTINEL", "SET", ONE, "down-after-milliseconds", "7000")
    file.write_text(written, encoding="utf-8")  # as if it could not have written that
    look = run(capsys, "file_info", asked)["file"]
    assert look["differing"] == ["down-after-milliseconds of group-1 is 7000, the file has 5000"]
    given = {**described(lab, ONE), "files": [{"name": sentinel.name, "kind": "sentinel", **look}]}
    seen = problems(audited(capsys, lab, groups=[given]))
    assert (ONE, "sentinel_cannot_write", sentinel.name) in seen

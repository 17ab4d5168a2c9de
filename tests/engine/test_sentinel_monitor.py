# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module sentinel_monitor on real Sentinels with passwords everywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from engine.modules import group_arguments, run
from engine.subjects import GROUP
from lab.lab import Lab
from lab.node import DataNode
from lab.sentinel import SentinelNode
from lab.state import Credentials
from lab.waiting import wait_until

LabFactory = Callable[..., Lab]
Capture = pytest.CaptureFixture[str]
OTHER = "group-2"


@pytest.fixture
def lab(lab_factory: LabFactory) -> Lab:
    """Two groups, watched by the same Sentinels."""
    return lab_factory(groups=2, replicas=1, secured=True)


def arguments(lab: Lab, sentinel: SentinelNode, **more: Any) -> dict[str, Any]:
    """Of the module, for the first group and one Sentinel."""
    credentials = lab.nodes_of(GROUP)[0].state.credentials
    assert credentials is not None
    return {
        **group_arguments(lab),
        "sentinel": sentinel.address,
        "auth_user": Credentials.SENTINEL,
        "auth_password": credentials.sentinel_password,
        "down_after_milliseconds": 5000,
        "failover_timeout": 60000,
        **more,
    }


def forget(sentinel: SentinelNode, group: str = GROUP) -> None:
    """By its own command."""
    with sentinel.client() as client:
        client.execute_command("SENTINEL", "REMOVE", group)


def names(sentinel: SentinelNode) -> set[str]:
    """Of the groups that it watches."""
    with sentinel.client() as client:
        return {
            dict(zip(one[::2], one[1::2], strict=True))["name"] for one in client.execute_command("SENTINEL", "MASTERS")
        }


@pytest.mark.every_engine
def test_a_sentinel_that_forgot_a_group_watches_it_again_as_it_did_and_a_second_run_changes_nothing(
    lab: Lab, capsys: Capture
) -> None:
    sentinel, primary = lab.sentinels[0], lab.primary_of(GROUP)
    wish = arguments(lab, sentinel)
    assert run(capsys, "sentinel_monitor", wish)["changed"] is False
    forget(sentinel)

    foreseen = run(capsys, "sentinel_monitor", wish, check=True, diff=True)
    assert names(sentinel) == {OTHER}
    done = run(capsys, "sentinel_monitor", wish, diff=True)
    assert (foreseen["changed"], foreseen["changes"], foreseen["primary"]) == (True, done["changes"], primary.address)
    assert done["changes"][:2] == ["monitor", "quorum"]
    assert set(done["changes"][2:]) == {"auth-user", "auth-pass", "down-after-milliseconds", "failover-timeout"}
    assert done["diff"]["before"] == {}
    assert foreseen["diff"]["after"].items() <= done["diff"]["after"].items()
    lab.wait_converged()

    again = run(capsys, "sentinel_monitor", wish, diff=True)
    assert (again["changed"], again["changes"], again["primary"]) == (False, [], primary.address)
    told = json.dumps([foreseen, done, again])
    assert not [secret for secret in lab.secrets if secret in told]


def test_only_the_option_that_differs_is_set_on_the_one_sentinel(lab: Lab, capsys: Capture) -> None:
    sentinel, other = lab.sentinels[:2]
    result = run(capsys, "sentinel_monitor", arguments(lab, sentinel, parallel_syncs=2), diff=True)
    assert result["changes"] == ["parallel-syncs"]
    assert (result["diff"]["before"]["parallel-syncs"], result["diff"]["after"]["parallel-syncs"]) == ("1", "2")
    assert sentinel.group_state(GROUP)["parallel-syncs"] == "2"
    assert other.group_state(GROUP)["parallel-syncs"] == "1"


def test_a_password_that_differs_from_the_sentinels_file_is_set(lab: Lab, capsys: Capture) -> None:
    sentinel = lab.sentinels[0]
    with sentinel.client() as client:
        client.execute_command("SENTINEL", "SET", GROUP, "auth-pass", "of-yesterday")
    result = run(capsys, "sentinel_monitor", arguments(lab, sentinel), diff=True)
    assert result["changes"] == ["auth-pass"]
    assert "of-yesterday" not in json.dumps(result)
    lab.wait_converged()


def test_a_password_that_nodes_do_not_take_is_refused_and_the_sentinel_keeps_its_own(lab: Lab, capsys: Capture) -> None:
    sentinel = lab.sentinels[0]
    result = run(capsys, "sentinel_monitor", arguments(lab, sentinel, auth_password="of-tomorrow"))
    assert result["failed"] is True
    assert f"{sentinel.address} keeps how it logs in to {GROUP}" in result["msg"]
    for node in lab.nodes_of(GROUP):
        assert f"{node.name}: " in result["msg"]
    assert "ACL SETUSER" in result["msg"]
    assert "of-tomorrow" not in json.dumps(result)
    assert run(capsys, "sentinel_monitor", arguments(lab, sentinel))["changed"] is False


def test_another_password_for_the_other_sentinels_is_refused(lab: Lab, capsys: Capture) -> None:
    sentinel = lab.sentinels[0]
    result = run(capsys, "sentinel_monitor", arguments(lab, sentinel, peer_password="of-tomorrow"))
    assert result["failed"] is True
    assert "SENTINEL CONFIG SET sentinel-pass" in result["msg"]
    with sentinel.client() as client:
        client.execute_command("SENTINEL", "CONFIG", "SET", "sentinel-pass", "of-tomorrow")
    try:
        told = run(capsys, "sentinel_monitor", arguments(lab, sentinel, peer_password="of-tomorrow"))
    finally:
        assert sentinel.state.credentials is not None
        with sentinel.client() as client:
            client.execute_command(
                "SENTINEL", "CONFIG", "SET", "sentinel-pass", sentinel.state.credentials.peer_password
            )
    assert told["changed"] is False


def test_a_sentinel_forgets_a_group_once(lab: Lab, capsys: Capture) -> None:
    sentinel = lab.sentinels[0]
    wish = arguments(lab, sentinel, state="absent")
    first, second = (run(capsys, "sentinel_monitor", wish) for _time in range(2))
    assert (first["changed"], first["changes"], first["primary"]) == (True, ["remove"], None)
    assert (second["changed"], second["changes"]) == (False, [])
    assert names(sentinel) == {OTHER}


def test_two_groups_are_not_joined_whatever_was_typed(lab: Lab, capsys: Capture) -> None:
    sentinel = lab.sentinels[0]
    forget(sentinel)
    # The nodes of the second group under the name of the first.
    typed = arguments(lab, sentinel, **{name: group_arguments(lab, OTHER)[name] for name in ("nodes", "node_options")})
    result = run(capsys, "sentinel_monitor", typed)
    assert result["failed"] is True
    assert f"under the name {OTHER}" in result["msg"]
    assert f"{lab.sentinels[1].address} names {lab.primary_of(GROUP).address}" in result["msg"]
    assert names(sentinel) == {OTHER}


def mixed(lab: Lab, *nodes: DataNode) -> dict[str, Any]:
    """The arguments of somebody who typed these nodes, with the logins that belong to them."""
    everybody = [group_arguments(lab, group) for group in (GROUP, OTHER)]
    options = [one for arguments in everybody for one in arguments["node_options"]]
    wanted = [node.address for node in nodes]
    return {"nodes": wanted, "node_options": [one for one in options if one["address"] in wanted]}


def test_no_mixture_of_nodes_proves_an_address(lab: Lab, capsys: Capture) -> None:
    """Each refusal leaves the Sentinel as it was; none of the Sentinels watches the first group, so that only nodes speak."""
    first, other = lab.primary_of(GROUP), lab.primary_of(OTHER)
    replica, others_replica = lab.replicas_of(GROUP)[0], lab.replicas_of(OTHER)[0]
    sentinel = lab.sentinels[0]
    for one in lab.sentinels:
        forget(one)
    refused = {
        "the primaries of both groups": ([first, replica, other], "more than one node is a primary"),
        "replicas only": ([replica], "no answering node is a primary"),
        "a replica of the other group": (
            [first, replica, others_replica],
            f"copies {other.address}, which is not known",
        ),
        "a primary without its replica": ([first], "1 more replicas copy"),
        "the other group, by its primary alone": ([other], f"under the name {OTHER}"),
    }
    for what, (nodes, said) in refused.items():
        result = run(capsys, "sentinel_monitor", arguments(lab, sentinel, **mixed(lab, *nodes)))
        assert result["failed"] is True, what
        assert said in result["msg"], (what, result["msg"])
        assert result["changes"] == []
        assert names(sentinel) == {OTHER}
    # The other group is forgotten by this Sentinel only: the others still tell whose primary it is.
    forget(sentinel, OTHER)
    result = run(capsys, "sentinel_monitor", arguments(lab, sentinel, **mixed(lab, other, others_replica)))
    assert f"{lab.sentinels[1].address} watches {other.name} under the name {OTHER}" in result["msg"]
    assert names(sentinel) == set()


def test_an_address_of_the_wrong_kind_is_named_as_such(lab: Lab, capsys: Capture) -> None:
    sentinel, another = lab.sentinels[:2]
    forget(sentinel)
    wish = arguments(lab, sentinel)
    as_node = {**wish, "nodes": [*wish["nodes"], another.address], "sentinels": [wish["sentinels"][0]]}
    assert f"{another.address} cannot be asked" in run(capsys, "sentinel_monitor", as_node)["msg"]
    node = wish["nodes"][1]
    as_sentinel = {**wish, "nodes": wish["nodes"][:1], "sentinels": [*wish["sentinels"], node], "sentinel": node}
    said = run(capsys, "sentinel_monitor", {**as_sentinel, "node_options": wish["node_options"][:1]})["msg"]
    assert node in said
    assert "user" in said, "the node does not know the Sentinels' password, and says no more to a stranger"
    both = {**wish, "sentinels": [*wish["sentinels"], node]}
    assert f"{node} is listed as a node and as a Sentinel" in run(capsys, "sentinel_monitor", both)["msg"]
    assert names(sentinel) == {OTHER}


def test_a_name_that_is_a_pattern_is_refused(lab: Lab, capsys: Capture) -> None:
    for name in ("group-*", "group-[12]", "group-?"):
        result = run(capsys, "sentinel_monitor", arguments(lab, lab.sentinels[0], group=name))
        assert result["failed"] is True
        assert "cannot be the name of a group" in result["msg"]


def test_a_sentinel_of_yesterday_proves_nothing(lab: Lab, capsys: Capture) -> None:
    """It slept through a failover and names the old primary, which a partition keeps from hearing of the new one."""
    sentinel, ahead, behind = lab.sentinels
    old, new = lab.primary_of(GROUP), lab.replicas_of(GROUP)[0]
    behind.process.freeze()
    old.process.freeze()
    wait_until(
        lambda: None if new.role() == "master" else "still a replica", 60.0, "the failover that two Sentinels make"
    )
    for unreachable in (ahead, new):
        unreachable.process.freeze()
    forget(sentinel)
    for returned in (behind, old):
        returned.process.thaw()
    result = run(capsys, "sentinel_monitor", arguments(lab, sentinel, connect_timeout=1.0))
    assert behind.primary_address(GROUP) == old.announced
    assert result["failed"] is True
    assert f"{new.name} does not answer, and only 1 of 3 Sentinels can tell whether it leads" in result["msg"]
    assert names(sentinel) == {OTHER}


def test_a_sentinel_that_watches_another_groups_primary_is_not_re_pointed(lab: Lab, capsys: Capture) -> None:
    sentinel, wrong = lab.sentinels[0], lab.primary_of(OTHER)
    for group in (GROUP, OTHER):
        forget(sentinel, group)
    with sentinel.client() as client:
        client.execute_command("SENTINEL", "MONITOR", GROUP, wrong.endpoint.host, wrong.endpoint.port, 2)
    try:
        result = run(capsys, "sentinel_monitor", arguments(lab, sentinel))
    finally:
        forget(sentinel)  # before it tells the others, who would believe it after the next failover
    assert result["failed"] is True
    assert f"keeps watching {GROUP} at {wrong.address}" in result["msg"]


def test_a_quorum_that_can_never_be_reached_is_refused(lab: Lab, capsys: Capture) -> None:
    result = run(capsys, "sentinel_monitor", arguments(lab, lab.sentinels[0], quorum=4))
    assert result["failed"] is True
    assert "quorum: 4 of 3 Sentinels can never be reached" in result["msg"]

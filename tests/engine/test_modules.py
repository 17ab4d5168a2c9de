# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules on real servers: results, check mode, diff, failure with the same keys, and no secret in any of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.results import UNSEEN_GROUP
from ansible_collections.steadyhand.redis.plugins.module_utils._model.borrowed import NODE, Borrowed, ledger_key
from ansible_collections.steadyhand.redis.plugins.module_utils._model.errors import AccessDenied
from ansible_collections.steadyhand.redis.plugins.module_utils._model.lock import lock_key
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.conductor import Conductor
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.routing_end import RoutingEnd
from engine.modules import group_arguments, node_arguments, run
from engine.subjects import GROUP, wait_healthy
from lab.lab import Lab

LabFactory = Callable[..., Lab]
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def lab(shared_secured_lab: Lab) -> Lab:
    """A group with ACL users and passwords everywhere, healthy."""
    wait_healthy(shared_secured_lab)
    return shared_secured_lab


def without_secrets(lab: Lab, result: dict[str, Any]) -> dict[str, Any]:
    """The result, after a look for passwords in it. The invocation is Ansible's own and shows parameters masked."""
    text = json.dumps(result)
    assert not [secret for secret in lab.secrets if secret in text]
    return result


def test_group_info_sees_roles_order_and_sentinels(lab: Lab, capsys: Capture) -> None:
    result = without_secrets(lab, run(capsys, "group_info", group_arguments(lab)))
    primary = lab.primary_of(GROUP).name
    assert (result["verdict"], result["primary"], result["changed"]) == ("healthy", primary, False)
    assert result["restart_order"][-1] == primary
    assert sorted(result["restart_order"]) == sorted(node.name for node in lab.nodes_of(GROUP))
    announced = {sentinel["primary"] for sentinel in result["sentinels"]}
    assert announced == {next(one["announced"] for one in result["members"] if one["name"] == primary)}


def test_group_info_gives_sentinels_the_time_to_ask_a_node_that_has_just_started(lab: Lab, capsys: Capture) -> None:
    lab.replicas_of(GROUP)[0].restart()
    lab.wait_converged()
    result = run(capsys, "group_info", {**group_arguments(lab), "settle_timeout": 60})
    assert result["problems"] == []


def test_a_failed_group_module_returns_the_same_keys(lab: Lab, capsys: Capture) -> None:
    arguments = group_arguments(lab)
    good = run(capsys, "wait_for_health", {**arguments, "timeout": 30})
    bad = run(capsys, "wait_for_health", {**arguments, "sentinels": ["127.0.0.1:1"], "timeout": 0.1})
    assert bad["failed"]
    assert "sentinel_unreachable" in bad["msg"]
    assert "127.0.0.1:1" in bad["msg"]
    assert set(good) - {"failed", "msg", "exception"} == set(bad) - {"failed", "msg", "exception"}
    assert set(bad["view"]) == set(UNSEEN_GROUP)


def test_node_info_reads_the_role_from_the_running_node(lab: Lab, capsys: Capture) -> None:
    for node in lab.nodes_of(GROUP):
        result = without_secrets(lab, run(capsys, "node_info", node_arguments(node)))
        assert result["role"] == ("primary" if node.role() == "master" else "replica")
        assert result["run_id"] == node.run_id()


def test_a_node_that_does_not_answer_has_an_unknown_role(capsys: Capture) -> None:
    result = run(capsys, "node_info", {"login_host": "127.0.0.1", "login_port": 1})
    assert result["failed"]
    assert result["role"] == "unknown"
    assert "127.0.0.1:1" in result["msg"]


def test_the_lock_is_taken_once_shown_to_others_and_given_back(lab: Lab, capsys: Capture) -> None:
    anna = {**group_arguments(lab), "owner": "anna", "purpose": "moving the rack"}
    foreseen = run(capsys, "maintenance_lock", anna, check=True, diff=True)
    taken = run(capsys, "maintenance_lock", anna, diff=True)
    again = run(capsys, "maintenance_lock", anna)
    bert = run(capsys, "maintenance_lock", {**anna, "owner": "bert"})
    left = run(capsys, "maintenance_lock", {**anna, "owner": "bert", "state": "absent"})
    given = run(capsys, "maintenance_lock", {**anna, "state": "absent"})
    assert (foreseen["changed"], taken["changed"], again["changed"]) == (True, True, False)
    assert taken["holder"]["owner"] == "anna"
    assert bert["failed"]
    assert "anna since 20" in bert["msg"]
    assert "moving the rack" in bert["msg"]
    assert (left["changed"], left["holder"]["owner"]) == (False, "anna")
    assert (given["changed"], given["holder"]) == (True, None)


def test_failover_plans_in_check_mode_and_is_not_needed_away_from_a_replica(lab: Lab, capsys: Capture) -> None:
    wait_healthy(lab)
    primary = lab.primary_of(GROUP).name
    replica = lab.replicas_of(GROUP)[0].name
    planned = run(capsys, "failover", group_arguments(lab), check=True, diff=True)
    spared = run(capsys, "failover", {**group_arguments(lab), "away_from": replica})
    assert (planned["outcome"], planned["changed"]) == ("planned", True)
    assert planned["diff"]["before"] == {"primary": primary}
    assert (spared["outcome"], spared["changed"]) == ("not_needed", False)
    assert lab.primary_of(GROUP).name == primary


def test_failover_moves_the_primary_and_says_by_what_it_knows(lab: Lab, capsys: Capture) -> None:
    wait_healthy(lab)
    old = lab.primary_of(GROUP).name
    result = without_secrets(lab, run(capsys, "failover", {**group_arguments(lab), "away_from": old}, diff=True))
    assert (result["outcome"], result["changed"]) == ("done", True)
    assert result["view"]["primary"] == result["evidence"]["new_primary"] == lab.primary_of(GROUP).name != old
    assert result["diff"] == {"before": {"primary": old}, "after": {"primary": result["view"]["primary"]}}
    # The result is left in the group, for a caller who could not wait for it.
    last = run(capsys, "group_info", group_arguments(lab))["last_handover"]
    assert (last["outcome"], last["old_primary"], last["new_primary"]) == ("done", old, result["view"]["primary"])
    assert last["begun_at"] <= last["ended_at"]


@pytest.mark.parametrize("module", ["wait_for_health", "failover"])
def test_what_a_cut_off_hand_over_may_have_lost_is_told_by_the_module_that_cleans_up(
    lab: Lab, capsys: Capture, module: str
) -> None:
    wait_healthy(lab)
    replica = lab.replicas_of(GROUP)[0].name
    entry = Borrowed(NODE, replica, "repl-ping-replica-period").encode()
    with lab.primary_of(GROUP).client() as client:
        client.hset(ledger_key(GROUP), entry, "10")
    lock = {"owner": "anna", "release": True}
    special = {"wait_timeout": 30, "away_from": replica} if module == "failover" else {"timeout": 30}
    result = run(capsys, module, {**group_arguments(lab), "lock": lock, **special})
    (told,) = result["reasons" if module == "failover" else "notes"]
    assert f"repl-ping-replica-period of {replica}: 10 (that hand-over ended without its proof" in told
    assert [one["event"]["msg"] for one in result["warnings"]] == [told]
    with lab.primary_of(GROUP).client() as client:
        assert client.hgetall(ledger_key(GROUP)) == {}
        client.delete(lock_key(GROUP))


@pytest.mark.parametrize("module", ["failover", "failover_end"])
def test_a_hand_over_that_breaks_off_is_never_called_a_refusal(
    lab: Lab, capsys: Capture, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    def broken(_self: object) -> None:
        raise AccessDenied("nobody met this")

    monkeypatch.setattr(Conductor if module == "failover" else RoutingEnd, "run", broken)
    result = run(capsys, module, {**group_arguments(lab), "lock": {"owner": "anna"}})
    assert (result["failed"], result["outcome"], result["changed"]) == (True, "unknown", True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"accept": ["two_primaries"]}, "two_primaries can never be accepted"),
        ({"accept": ["replica_laging"]}, "'replica_laging' is no problem code"),
        ({"nodes": ["10.0.0.1"]}, "'10.0.0.1' is not an address"),
        ({"node_options": [{"address": "10.0.0.9:6379"}]}, "10.0.0.9:6379 is not among the nodes"),
        ({"sentinels": ["127.0.0.1:5", "127.0.0.1:5"]}, "listed twice"),
        ({"away_from": "group-1-z"}, "away_from: group-1-z is none of the nodes: group-1-a, group-1-b, group-1-c"),
        ({"never": ["group-1-a", "group-1-z"]}, "never: group-1-z is none of the nodes: group-1-a, group-1-b"),
        ({"target": "group-1-z"}, "target: group-1-z is none of the nodes"),
        ({"safe_to_restart": "group-1-z"}, "safe_to_restart: group-1-z is none of the nodes"),
    ],
)
def test_bad_arguments_are_refused_before_any_server_is_asked(
    lab: Lab, capsys: Capture, change: dict[str, Any], said: str
) -> None:
    result = run(capsys, "failover", {**group_arguments(lab), **change})
    assert result["failed"]
    assert said in result["msg"]
    assert result["outcome"] == "refused"


def test_a_wrong_password_fails_by_name_of_the_node_and_shows_no_password(lab: Lab, capsys: Capture) -> None:
    arguments = group_arguments(lab)
    arguments["node_options"][0]["login_password"] = "not-the-password-9"
    result = run(capsys, "group_info", arguments)
    assert result["verdict"] == "unknown"
    assert [one["subject"] for one in result["problems"] if one["code"] == "node_denied"] == [
        arguments["node_options"][0]["name"]
    ]
    assert "not-the-password-9" not in json.dumps({**result, "invocation": None})


def test_a_replica_may_be_restarted_and_its_partial_resync_is_foreseen(lab: Lab, capsys: Capture) -> None:
    wait_healthy(lab)
    replica = lab.replicas_of(GROUP)[0]
    result = run(capsys, "wait_for_health", {**group_arguments(lab), "safe_to_restart": replica.name, "timeout": 60})
    assert result["forecast"]["resync"] == "partial"
    assert result["forecast"]["node"] == replica.name


def test_a_node_whose_file_names_no_primary_must_not_be_restarted(lab: Lab, capsys: Capture) -> None:
    wait_healthy(lab)
    replica = lab.replicas_of(GROUP)[0]
    file = replica.state.conf_file
    text = file.read_text()
    file.write_text("\n".join(line for line in text.splitlines() if not line.startswith("replicaof")) + "\n")
    try:
        result = run(
            capsys, "wait_for_health", {**group_arguments(lab), "safe_to_restart": replica.name, "timeout": 60}
        )
    finally:
        file.write_text(text)
    assert result["failed"]
    assert "no replicaof line" in result["msg"]
    assert "second primary" in result["msg"]


def test_a_restart_that_needs_a_full_sync_is_refused_unless_accepted(lab_factory: LabFactory, capsys: Capture) -> None:
    lab = lab_factory(groups=1, persistence="aof")
    wait_healthy(lab)
    replica = lab.replicas_of(GROUP)[0].name
    arguments = {**group_arguments(lab), "safe_to_restart": replica, "timeout": 60}
    refused = run(capsys, "wait_for_health", arguments)
    accepted = run(capsys, "wait_for_health", {**arguments, "accept_full_sync": True})
    assert refused["failed"]
    assert "it loads its append-only file" in refused["msg"]
    assert accepted["forecast"]["resync"] == "full"


def test_the_last_replica_that_could_take_over_must_not_be_restarted(lab_factory: LabFactory, capsys: Capture) -> None:
    lab = lab_factory(groups=1, replicas=1)
    wait_healthy(lab)
    replica = lab.replicas_of(GROUP)[0].name
    result = run(capsys, "wait_for_health", {**group_arguments(lab), "safe_to_restart": replica, "timeout": 60})
    assert result["failed"]
    assert "no other replica is left that could take over" in result["msg"]

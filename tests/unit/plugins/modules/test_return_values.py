# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules return has the keys that RETURN documents: in every mode, on failure, and nested ones too."""

from __future__ import annotations

import importlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.node_info import node_result
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.results import (
    UNSEEN_GROUP,
    forecast_result,
    group_result,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import Evidence
from ansible_collections.steadyhand.redis.plugins.module_utils._model.health import Limits, group_problems
from ansible_collections.steadyhand.redis.plugins.module_utils._model.last_handover import BEGUN, LastHandOver
from ansible_collections.steadyhand.redis.plugins.module_utils._model.lock import HeldLock, LockRecord
from ansible_collections.steadyhand.redis.plugins.module_utils._model.problems import judge
from ansible_collections.steadyhand.redis.plugins.module_utils._model.restart import FULL, RestartForecast
from unit import recordings
from unit.builders import group_view, with_node, with_settings

PLUGINS = Path(__file__).resolve().parents[4] / "plugins"
# A module that is documentation only, for an action of the controller, returns what its action returns.
MODULES = sorted(
    path.stem for path in (PLUGINS / "modules").glob("[!_]*.py") if not (PLUGINS / "action" / path.name).exists()
)
# A port on which nobody listens: the modules get as far as a failure of the network.
NOBODY = "127.0.0.1:1"
NO_SENTINEL = "127.0.0.1:2"
GROUP = {"group": "presence-1", "nodes": [NOBODY], "sentinels": [NO_SENTINEL], "connect_timeout": 0.5}
PARAMETERS: dict[str, dict[str, Any]] = {
    "audit": {
        "groups": [{"group": "presence-1", "nodes": [NOBODY], "sentinels": [NO_SENTINEL]}],
        "connect_timeout": 0.5,
        "watch_seconds": 0,
    },
    "config": {"login_host": "127.0.0.1", "login_port": 1, "settings": {"maxmemory": "1gb"}},
    "failover": GROUP,
    "file_info": {"login_host": "127.0.0.1", "login_port": 1},
    "failover_end": {**GROUP, "lock": {"owner": "me"}},
    "group_info": {**GROUP, "watch_seconds": 0},
    "maintenance_lock": {**GROUP, "owner": "me"},
    "node_info": {"login_host": "127.0.0.1", "login_port": 1},
    "replication_login": {**GROUP, "node": NOBODY, "password": "secret"},
    "sentinel_monitor": {**GROUP, "sentinel": NO_SENTINEL},
    "sentinel_repair": GROUP,
    "tls_files": {
        "login_host": "127.0.0.1",
        "login_port": 1,
        "tls": True,
        "certificate": "/nowhere/server.crt",
        "key": "/nowhere/server.key",
        "authorities": "/nowhere/ca.crt",
    },
    "wait_for_health": {**GROUP, "timeout": 0},
}
# What Ansible adds to every result.
COMMON = {"changed", "diff", "exception", "failed", "invocation", "msg", "warnings"}


def module(name: str) -> Any:
    """A module of the collection as Python knows it."""
    return importlib.import_module(f"ansible_collections.steadyhand.redis.plugins.modules.{name}")


def documented(name: str, *path: str) -> set[str]:
    """The keys below a path in RETURN."""
    found = yaml.safe_load(module(name).RETURN)
    for key in path:
        found = found[key]["contains"]
    return set(found)


def run(name: str, capsys: pytest.CaptureFixture[str], check_mode: bool) -> dict[str, Any]:
    """The result of a module that reaches nobody."""
    with patch_module_args({**PARAMETERS[name], "_ansible_check_mode": check_mode}), pytest.raises(SystemExit):
        module(name).main()
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def test_every_module_is_tried_here() -> None:
    assert sorted(PARAMETERS) == MODULES


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize("name", PARAMETERS)
def test_a_module_that_reaches_nobody_returns_every_documented_key(
    name: str, check_mode: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run(name, capsys, check_mode)
    assert set(result) - COMMON == documented(name) - COMMON
    assert result["changed"] is False


@pytest.mark.parametrize("name", [name for name in PARAMETERS if name not in ("audit", "group_info", "tls_files")])
def test_a_module_that_reaches_nobody_fails_and_names_the_address(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run(name, capsys, check_mode=False)
    assert result["failed"] is True
    assert any(name in result["msg"] for name in (NOBODY, NO_SENTINEL, "presence-1"))


def test_files_are_looked_at_before_anybody_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    result = run("tls_files", capsys, check_mode=False)
    assert result["failed"] is True
    assert "/nowhere/server.crt holds no certificate" in result["msg"]


def test_a_group_that_nobody_answers_for_is_unknown_and_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    result = run("group_info", capsys, check_mode=False)
    assert "failed" not in result
    assert (result["verdict"], result["primary"], result["members"]) == ("unknown", None, [])
    assert sorted(problem["code"] for problem in result["problems"]) == ["node_unreachable", "sentinel_unreachable"]


def test_a_group_is_returned_as_documented() -> None:
    view = with_node(group_view(), "b", loading=True)
    result = group_result(view, judge(group_problems(view, Limits()), accept=["node_loading"]))
    assert set(result) == set(UNSEEN_GROUP)
    for key in ("members", "sentinels"):
        assert {frozenset(one) for one in result[key]} == {frozenset(documented("group_info", key))}
    assert set(result["accepted"][0]) == documented("group_info", "problems")


def test_the_record_of_a_hand_over_is_returned_as_documented() -> None:
    view = with_node(group_view(), "a", last_handover=LastHandOver(BEGUN, "me", "a roll", "2026-11-24T10:00:00Z"))
    result = group_result(view, judge(group_problems(view, Limits())))
    assert set(result["last_handover"]) == documented("group_info", "last_handover")
    assert json.loads(json.dumps(result)) == result


def test_the_holder_of_the_lock_is_returned_as_documented() -> None:
    view = with_node(group_view(), "a", lock=HeldLock(LockRecord("me", "a roll", "2026-11-24T10:00:00Z"), 871))
    result = group_result(view, judge(group_problems(view, Limits())))
    assert set(result["maintenance"]) == documented("group_info", "maintenance")
    assert (result["maintenance"]["owner"], result["maintenance"]["ends_in_seconds"]) == ("me", 871)


@pytest.mark.parametrize("server", ["group-1-a", "group-1-b"])
def test_a_node_is_returned_as_documented(server: str) -> None:
    result = node_result(recordings.node("redis-7.0.15-healthy", server))
    assert set(result) == documented("node_info")
    if result["upstream"] is not None:
        assert set(result["upstream"]) == documented("node_info", "upstream")
    for replica in result["replicas"]:
        assert set(replica) == documented("node_info", "replicas")
    assert (result["role"], len(result["replicas"])) == (("primary", 2) if server.endswith("a") else ("replica", 0))


def test_a_routing_is_returned_as_documented() -> None:
    view = with_node(group_view(), "a", borrowed={"routing|a|b": "1700000000000"})
    found = group_result(view, judge(group_problems(view, Limits())))["routing"]
    assert set(found) == documented("group_info", "routing")
    # Who leads says where traffic belongs, whatever was begun.
    assert (found["old"]["name"], found["new"]["name"]) == ("b", "a")
    assert set(found["old"]) == {"name", "host", "port"}


def test_a_forecast_is_returned_as_documented() -> None:
    result = forecast_result(RestartForecast("b", FULL, "it keeps nothing on disk", (), ("free disk space",)))
    assert result is not None
    assert set(result) == documented("wait_for_health", "forecast")


def test_evidence_and_holder_are_returned_as_documented() -> None:
    assert set(asdict(Evidence())) == documented("failover", "evidence")
    assert set(asdict(LockRecord("me", "test", "now"))) == documented("maintenance_lock", "holder")


def test_results_are_plain_data() -> None:
    view = with_settings(group_view(), "a", replica_priority="7")
    result = group_result(view, judge(group_problems(view, Limits())))
    assert json.loads(json.dumps(result)) == result

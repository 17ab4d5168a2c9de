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
from lab.sentinel import SentinelNode
from lab.state import Credentials

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

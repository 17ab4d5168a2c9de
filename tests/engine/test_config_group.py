# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module config in a group with users and passwords, with its Sentinels writing the same files."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.steadyhand.redis.plugins.modules import config
from engine import engines
from engine.engines import not_on
from engine.modules import node_arguments
from lab.waiting import wait_until

if TYPE_CHECKING:
    from lab.lab import Lab
    from lab.node import DataNode

LIVE = {"repl-backlog-size": "32mb", "client-output-buffer-limit": "replica 512mb 128mb 60", "min-replicas-to-write": 1}


def push(
    node: DataNode, capsys: pytest.CaptureFixture[str], settings: dict[str, Any], **options: Any
) -> dict[str, Any]:
    """Run the module against a node of the lab, with the lab's maintenance user."""
    with patch_module_args({**node_arguments(node), "settings": settings, **options}), pytest.raises(SystemExit):
        config.main()
    result = json.loads(capsys.readouterr().out)
    assert isinstance(result, dict)
    return result


@not_on("redis-6.2")
def test_live_settings_survive_a_failover_and_pending_ones_do_not(
    lab_factory: Callable[..., Lab], capsys: pytest.CaptureFixture[str]
) -> None:
    lab = lab_factory(groups=1, secured=True)
    group = lab.groups[0]
    primary = lab.primary_of(group)
    replica = lab.replicas_of(group)[0]

    blind = push(replica, capsys, LIVE, _ansible_check_mode=True)
    assert any("good_replicas was not given" in one for one in blind["unseen"])
    assert "min-replicas-to-write" in push(primary, capsys, {"min-replicas-to-write": 3})["msg"]

    for node in lab.nodes_of(group):
        assert push(node, capsys, LIVE, good_replicas=2)["changed"]
    assert push(primary, capsys, {"databases": 32}, write_pending=True)["written"] == ["databases"]

    with lab.sentinel("sentinel-a").client() as client:
        client.execute_command("SENTINEL", "FAILOVER", group)
    wait_until(
        lambda: None if [node.name for node in lab.primaries_of(group)] not in ([], [primary.name]) else "no hand-over",
        60,
        "another primary",
    )
    # Sentinel ends the connections of whom it demotes: not reachable for a moment is no answer.
    wait_until(
        lambda: None if primary.name in [node.name for node in lab.replicas_of(group)] else "it leads still",
        60,
        "the demotion of the old primary",
    )

    for node in lab.nodes_of(group):
        assert not push(node, capsys, LIVE, good_replicas=2)["changed"]
    (databases,) = push(primary, capsys, {"databases": 32})["settings"]
    assert (databases["state"], databases["persisted"]) == ("pending", "16")


@pytest.mark.between("redis-6.2")
def test_an_engine_that_sets_one_value_at_a_time_is_refused_by_name(
    lab_factory: Callable[..., Lab], capsys: pytest.CaptureFixture[str]
) -> None:
    lab = lab_factory(groups=1, replicas=0, sentinels=0, binary=engines.programs()["redis-6.2"])
    result = push(lab.nodes[0], capsys, LIVE)
    assert result["failed"] is True
    assert "runs redis 6.2.14: settings are pushed to Redis 7.0 and newer" in result["msg"]
    assert lab.nodes[0].config("min-replicas-to-write") == "0"

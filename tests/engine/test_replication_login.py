# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module replication_login on real nodes: a replication password that changes while they serve."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from engine.modules import group_arguments, run
from engine.subjects import GROUP
from lab.lab import Lab
from lab.node import DataNode
from lab.state import Credentials

LabFactory = Callable[..., Lab]
Capture = pytest.CaptureFixture[str]
NEW = "of-tomorrow"


@pytest.fixture
def lab(lab_factory: LabFactory) -> Lab:
    """A group with ACL users."""
    return lab_factory(groups=1, replicas=1, secured=True)


def arguments(lab: Lab, node: DataNode, password: str, **more: Any) -> dict[str, Any]:
    """Of the module."""
    return {
        **group_arguments(lab),
        "node": node.address,
        "user": Credentials.REPLICATION,
        "password": password,
        **more,
    }


def set_users(nodes: Iterable[DataNode], *rules: str) -> None:
    """Change the user of the replicas on these nodes."""
    for node in nodes:
        with node.client() as client:
            client.execute_command("ACL", "SETUSER", Credentials.REPLICATION, *rules)


def masterauth(node: DataNode) -> str:
    """By which password it logs in to its primary."""
    with node.client() as client:
        return str(client.config_get("masterauth")["masterauth"])


def old_password(lab: Lab) -> str:
    """Of the replicas, as the lab was made."""
    credentials = lab.nodes[0].state.credentials
    assert credentials is not None
    return credentials.replication_password


@pytest.mark.every_engine
def test_a_password_that_every_node_takes_is_set_once_and_links_come_back_by_it(lab: Lab, capsys: Capture) -> None:
    primary, old = lab.primary_of(GROUP), old_password(lab)
    set_users(lab.nodes, f">{NEW}")
    for node in lab.nodes:
        foreseen = run(capsys, "replication_login", arguments(lab, node, NEW), check=True)
        assert (foreseen["changed"], foreseen["changes"], masterauth(node)) == (True, ["masterauth"], old)
        done = run(capsys, "replication_login", arguments(lab, node, NEW))
        again = run(capsys, "replication_login", arguments(lab, node, NEW))
        assert (done["changes"], again["changes"], masterauth(node)) == (["masterauth"], [], NEW)
        assert NEW not in json.dumps([foreseen, done, again])
    set_users(lab.nodes, f"<{old}")
    with primary.client() as client:
        client.execute_command("CLIENT", "KILL", "TYPE", "replica")
    lab.wait_converged()

    (replica,) = lab.replicas_of(GROUP)
    replica.restart()
    lab.wait_converged()
    assert masterauth(replica) == NEW, "in its file, too"


def test_a_password_that_one_node_does_not_take_is_refused_and_none_is_set(lab: Lab, capsys: Capture) -> None:
    first, second = lab.nodes
    set_users([first], f">{NEW}")
    result = run(capsys, "replication_login", arguments(lab, first, NEW))
    assert result["failed"] is True
    assert f"nothing was set on {first.name}: {second.name}: " in result["msg"]
    assert f"(user {Credentials.REPLICATION})" in result["msg"]
    assert "beside the old one on every node first" in result["msg"]
    assert NEW not in json.dumps(result)
    assert masterauth(first) == old_password(lab)


def test_nothing_is_set_where_another_login_is_not_taken(lab: Lab, capsys: Capture) -> None:
    set_users(lab.nodes, f">{NEW}")
    others = [{"user": Credentials.SENTINEL, "password": "of-nobody"}]
    result = run(capsys, "replication_login", arguments(lab, lab.nodes[0], NEW, others=others))
    assert result["failed"] is True
    assert f"(user {Credentials.SENTINEL})" in result["msg"]
    assert masterauth(lab.nodes[0]) == old_password(lab)


def test_a_node_of_another_group_is_refused(lab: Lab, capsys: Capture) -> None:
    result = run(capsys, "replication_login", {**arguments(lab, lab.nodes[0], NEW), "node": "127.0.0.1:1"})
    assert result["failed"] is True
    assert "127.0.0.1:1 is not among the nodes of group" in result["msg"]

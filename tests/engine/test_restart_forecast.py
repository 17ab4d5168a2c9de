# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a restart will do to a real node, asked before it is stopped, and what it then does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from engine.engines import every_engine, not_on
from engine.modules import group_arguments, run
from engine.subjects import GROUP, observed, wait_healthy
from lab.lab import Lab
from lab.node import DataNode
from lab.process import Process
from lab.server import start_server

LabFactory = Callable[..., Lab]
Capture = pytest.CaptureFixture[str]


@dataclass(frozen=True)
class Started:
    """A node of the lab with more on its command line."""

    node: DataNode
    arguments: tuple[str, ...]

    @property
    def process(self) -> Process:
        ours = self.node.process
        return Process(ours.name, ours.directory, (*ours.command, *self.arguments))

    @property
    def port(self) -> int:
        return self.node.state.port

    def why_not_answering(self, pid: int) -> str | None:
        return self.node.state.why_not_answering(pid)


def asked(lab: Lab, capsys: Capture, node: DataNode) -> dict[str, object]:
    """The answer to whether it may be restarted."""
    arguments = {**group_arguments(lab), "safe_to_restart": node.name, "timeout": 90}
    return run(capsys, "wait_for_health", arguments)


def test_a_primary_that_the_command_line_names_is_seen_whatever_the_file_says(
    lab_factory: LabFactory, capsys: Capture
) -> None:
    """Seen: such a node was let go, although at its next start it would copy whom the command line names."""
    lab = lab_factory(groups=1, settings={"set-proc-title": "no"})
    primary, (replica, other) = lab.primary_of(GROUP), lab.replicas_of(GROUP)
    wait_healthy(lab)
    assert "forecast" in asked(lab, capsys, replica)
    assert not asked(lab, capsys, replica).get("failed")
    replica.stop()
    start_server(Started(replica, ("--replicaof", primary.state.host, str(primary.state.port))))
    refused = asked(lab, capsys, replica)
    assert refused["failed"]
    assert "the server's command line sets it (--replicaof) and decides whom it copies" in str(refused["msg"])
    assert not asked(lab, capsys, other).get("failed")


def test_a_command_line_that_cannot_be_seen_is_said(shared_lab: Lab, capsys: Capture) -> None:
    wait_healthy(shared_lab)
    forecast = asked(shared_lab, capsys, shared_lab.replicas_of(GROUP)[0])["forecast"]
    assert isinstance(forecast, dict)
    assert forecast["unseen"] == ["the node's command line, which may name another primary than its file"]


@not_on("redis-6.2")
@every_engine
@pytest.mark.parametrize(("points", "on_sigterm", "saves"), [("3600 1", "nosave", False), ("", "save", True)])
def test_the_order_for_sigterm_overrules_the_save_points_as_foreseen(
    lab_factory: LabFactory, points: str, on_sigterm: str, saves: bool
) -> None:
    settings = {"save": points or '""', "shutdown-on-sigterm": on_sigterm}
    lab = lab_factory(groups=1, replicas=0, sentinels=0, settings=settings)
    (member,) = observed(lab).members
    assert member.facts.persistence.rdb_on_stop is saves
    (node,) = lab.nodes
    with node.client() as client:
        client.set("key", "value")
    node.stop()
    assert (node.directory / "dump.rdb").exists() is saves

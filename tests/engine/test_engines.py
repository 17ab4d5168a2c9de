# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What we say of each engine, against the engine itself."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.connection import Login
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.node import Node, NodeTarget
from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.health import Limits
from ansible_collections.steadyhand.redis.plugins.module_utils._model.node import NodeFacts
from ansible_collections.steadyhand.redis.plugins.module_utils._model.restart import PARTIAL, RestartWish
from ansible_collections.steadyhand.redis.plugins.module_utils._model.versions import Software, why_not_loadable
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.safe_restart import (
    RestartQuestion,
    forecast_or_refuse,
)
from engine import engines
from engine.engines import every_engine
from engine.subjects import GROUP, wait_healthy
from engine.upgrades import full_syncs
from lab.lab import Lab
from lab.waiting import wait_until

if TYPE_CHECKING:
    from lab.node import DataNode

LabFactory = Callable[..., Lab]


@pytest.fixture
def one_of_each(lab_factory: LabFactory) -> Callable[[str, str], tuple[DataNode, DataNode]]:
    """Two empty servers of the engines asked for, each on its own."""

    def make(first: str, second: str) -> tuple[DataNode, DataNode]:
        programs = engines.programs()
        binaries = {"group-1-a": programs[first], "group-2-a": programs[second]}
        lab = lab_factory(groups=2, replicas=0, sentinels=0, node_binaries=binaries)
        return lab.node("group-1-a"), lab.node("group-2-a")

    return make


def outcome_of_full_sync(replica: DataNode, primary: DataNode) -> str:
    """ "loaded", or "refused" when the replica's log says that it cannot read what it is sent."""
    seen: list[str] = []

    def reason() -> str | None:
        if "Can't handle RDB format version" in replica.process.log_tail():
            seen.append("refused")
        elif replica.info("replication")["master_link_status"] == "up" and not replica.info("persistence")["loading"]:
            seen.append("loaded")
        return None if seen else f"{replica.name} neither loads nor refuses"

    with replica.client() as client:
        client.execute_command("REPLICAOF", *primary.state.announced)
    wait_until(reason, 30, f"a full synchronisation of {replica.name}")
    return seen[0]


def facts_of(node: DataNode) -> NodeFacts:
    """The node as the collection sees it."""
    target = NodeTarget(node.name, Address.of(node.state.host, node.state.port), Login())
    with Node(target) as connection:
        return connection.facts()


def software_of(node: DataNode) -> Software:
    facts = facts_of(node)
    return Software(facts.engine, facts.version)


@pytest.mark.parametrize(("writer", "reader"), engines.between(permutations(engines.programs(), 2)))
def test_who_loads_whose_data_set(
    one_of_each: Callable[[str, str], tuple[DataNode, DataNode]], writer: str, reader: str
) -> None:
    primary, replica = one_of_each(writer, reader)
    with primary.client() as client:
        client.config_set("repl-diskless-sync-delay", "0")
        client.set("string", "s")
        client.hset("hash", "field", "value")
        client.rpush("list", *range(200))
        client.sadd("set", "one", "two")
        client.zadd("sorted", {"one": 1})
        client.xadd("stream", {"field": "value"})
    expected = "loaded" if why_not_loadable(software_of(primary), software_of(replica)) is None else "refused"
    assert outcome_of_full_sync(replica, primary) == expected
    if expected == "loaded":
        with primary.client() as source, replica.client() as copy:
            assert copy.lrange("list", 0, -1) == source.lrange("list", 0, -1)
            assert copy.dbsize() == source.dbsize() == 6


@pytest.mark.parametrize(("writer", "reader"), engines.between([("valkey-9.1", "valkey-8.1")]))
def test_hash_fields_that_expire_keep_older_replicas_out_and_are_seen(
    one_of_each: Callable[[str, str], tuple[DataNode, DataNode]], writer: str, reader: str
) -> None:
    primary, replica = one_of_each(writer, reader)
    with primary.client() as client:
        client.config_set("repl-diskless-sync-delay", "0")
        client.hset("hash", mapping={"field": "value", "other": "value"})
        client.hexpire("hash", 1000, "field")
    with replica.client() as client:
        client.execute_command("REPLICAOF", *primary.state.announced)
    wait_until(
        lambda: None if "Can't store key" in primary.process.log_tail() else "it saved, or did not try",
        30,
        "an attempt to save for the replica",
    )
    assert replica.info("replication")["master_link_status"] == "down"
    assert facts_of(primary).hashes_with_expiring_fields == 1
    assert why_not_loadable(software_of(primary), software_of(replica), expiring_fields=True) is not None


@every_engine
def test_a_restarted_replica_comes_back_as_foretold_without_a_full_synchronisation(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1)
    settled = wait_healthy(lab)
    primary, replica = lab.primary_of(GROUP), lab.replicas_of(GROUP)[0]
    forecast = forecast_or_refuse(settled, RestartQuestion(replica.name, RestartWish()), Limits())
    assert (forecast.resync, forecast.refusals) == (PARTIAL, ())
    before, run_id = full_syncs(lab)[primary.name], replica.run_id()
    replica.restart()
    wait_healthy(lab)
    assert replica.run_id() != run_id
    assert full_syncs(lab)[primary.name] == before


@every_engine
def test_the_running_engine_is_the_one_asked_for(lab_factory: LabFactory, request: pytest.FixtureRequest) -> None:
    """Or all that passes for every engine passed for one: it must not need to ask for the fixture. And its program is what
    /proc and INFO say it is."""
    engine = request.node.callspec.params["engine"]
    lab = lab_factory(groups=1, replicas=0, sentinels=0)
    node = lab.nodes[0]
    facts = facts_of(node)
    assert f"{facts.engine}-{facts.version}".startswith(f"{engine}.")
    assert facts.executable == engines.programs()[engine] == str(Path(f"/proc/{node.process.pid()}/exe").readlink())

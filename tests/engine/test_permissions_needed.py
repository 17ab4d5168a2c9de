# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documented ACL rules are no more than enough: where one is taken away, real servers refuse just that to its user.

What the engines do by themselves is seen in the ACL LOG of the servers. What the collection does is asked by its preflight;
that it sends nothing else, and all of that, is compared with its source in tests/unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import pytest
import redis
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.group import GroupConnections
from ansible_collections.steadyhand.redis.plugins.module_utils._model.permissions import (
    COLLECTION,
    COLLECTION_ON_SENTINEL,
    HELLO_CHANNEL,
    REPLICA,
    SENTINEL,
    SENTINEL_PEER,
    Permission,
    acl_rules,
    part_of,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.permissions import (
    missing_for_exchange,
    missing_permissions,
)
from engine import engines
from engine.copies import lose_history
from engine.denials import denied
from engine.engines import DUAL_CHANNEL, WITHOUT_DUAL_CHANNEL, every_engine, not_on
from engine.subjects import GROUP, conducting, targets_of, wait_healthy
from engine.upgrades import engine_of
from lab.asked import AskedServer
from lab.lab import Lab
from lab.state import Credentials, SentinelCredentials
from lab.waiting import wait_until

LabFactory = Callable[..., Lab]

COORDINATING = "valkey-9.1"
PATIENCE = 60.0
"""Seconds for what Sentinels do within ten, however busy the machine is."""

PARTS = {
    Credentials.REPLICATION: REPLICA,
    Credentials.SENTINEL: SENTINEL,
    SentinelCredentials.PEER: SENTINEL_PEER,
    Credentials.MAINTENANCE: COLLECTION,
}
"""Of the users of a secured lab."""

# What Sentinels do on data nodes, by the occasion.
LOOK = ("+ping", "+info", "+publish", "+subscribe", "+client|setname")
CHANGE_ROLES = ("+multi", "+exec", "+slaveof", "+config|rewrite", "+client|kill")
COORDINATE = ("+failover", "+client|pause")
LET_GO = ("+client|unpause",)
END_SCRIPTS = ("+script|kill",)
HEAR = ("&" + HELLO_CHANNEL,)
# And on one another.
TALK = ("+ping", "+client|setname", "+publish", "+sentinel|is-master-down-by-addr")
# What replicas do on their primary.
COPY = ("+replconf", "+psync")
COPY_OVER_TWO_CHANNELS = ("+sync",)


@pytest.mark.parametrize(
    ("part", "tried"),
    [
        (SENTINEL, LOOK + CHANGE_ROLES + COORDINATE + LET_GO + END_SCRIPTS + HEAR),
        (SENTINEL_PEER, TALK + HEAR),
        (REPLICA, COPY + COPY_OVER_TWO_CHANNELS),
    ],
)
def test_every_rule_of_the_table_is_taken_away_below(part: str, tried: tuple[str, ...]) -> None:
    assert sorted(tried) == sorted(one.rule for one in part_of(part).permissions)


@contextmanager
def without(servers: Sequence[AskedServer], user: str, rules: Iterable[str]) -> Iterator[None]:
    """Take rules from a user for as long as the block. Its connections end, so that it has to begin anew."""
    for server in servers:
        with server.client() as client:
            client.execute_command("ACL", "LOG", "RESET")
            client.execute_command("ACL", "SETUSER", user, *_rules_of(user, server, but=rules))
            client.execute_command("CLIENT", "KILL", "USER", user)
    try:
        yield
    finally:
        for server in servers:
            with server.client() as client:
                client.execute_command("ACL", "SETUSER", user, *_rules_of(user, server))
                client.execute_command("CLIENT", "KILL", "USER", user)


def _rules_of(user: str, server: AskedServer, but: Iterable[str] = ()) -> list[str]:
    """All of them anew, for Redis 6.2 cannot take a single subcommand away."""
    engine = engine_of(server).partition("-")[0]
    return [rule for rule in acl_rules(PARTS[user], engine).split() if rule not in tuple(but)]


def wait_until_refused(servers: Sequence[AskedServer], user: str, rules: Iterable[str]) -> None:
    """Wait until the servers have refused that user everything for which it needs these rules."""

    def still_not() -> str | None:
        try:
            seen = {what for server in servers for name, what in denied(server) if name == user}
        except redis.ConnectionError as error:  # Sentinel sends all clients of a node away, ours among them
            return str(error)
        # Redis 6.2 names no subcommands.
        return ", ".join(rule for rule in rules if not {rule[1:], rule[1:].partition("|")[0]} & seen) or None

    wait_until(still_not, PATIENCE, f"{user} to be refused", interval=0.1)


def fail_over(lab: Lab, *words: str) -> None:
    """Tell a Sentinel to begin, as soon as it can: it has just lost its connections."""

    def refusal() -> str | None:
        try:
            with lab.sentinels[0].client() as client:
                client.execute_command("SENTINEL", "FAILOVER", GROUP, *words)
        except redis.ResponseError as error:
            return str(error)
        return None

    wait_until(refusal, PATIENCE, "a failover to begin", interval=0.1)


@every_engine
def test_sentinels_need_what_they_may_do_on_nodes(lab_factory: LabFactory) -> None:
    # A script holds a server up from lua-time-limit on; Sentinels end one that makes them take a node for down.
    lab = lab_factory(groups=1, secured=True, down_after_ms=1000, settings={"lua-time-limit": "100"})
    replica, nodes = lab.replicas_of(GROUP)[0], lab.nodes_of(GROUP)
    for rules in (LOOK, HEAR):
        with without([replica], Credentials.SENTINEL, rules):
            wait_until_refused([replica], Credentials.SENTINEL, rules)
    lab.wait_converged()
    with (
        replica.client(timeout=PATIENCE) as client,
        pytest.raises(redis.ResponseError, match=r"(?i)script killed by user"),
    ):
        client.eval("while true do end", 0)
    lab.wait_converged()
    with without(nodes, Credentials.SENTINEL, CHANGE_ROLES):
        fail_over(lab)
        wait_until_refused(nodes, Credentials.SENTINEL, CHANGE_ROLES)


@pytest.mark.between(COORDINATING)
def test_sentinels_need_what_they_may_do_on_nodes_to_coordinate(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, secured=True, binary=engines.programs()[COORDINATING], failover_timeout_ms=10000)
    nodes = lab.nodes_of(GROUP)
    with without(nodes, Credentials.SENTINEL, LET_GO):
        fail_over(lab, "COORDINATED")
        wait_until_refused(nodes, Credentials.SENTINEL, LET_GO)
    lab.wait_converged()
    with without(nodes, Credentials.SENTINEL, COORDINATE):
        fail_over(lab, "COORDINATED")
        wait_until_refused(nodes, Credentials.SENTINEL, COORDINATE)


@every_engine
def test_sentinels_need_what_they_may_do_on_one_another(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, secured=True)
    if engine_of(lab.sentinels[0]) != "redis-6.2":  # its Sentinels do not look at channels
        with without(lab.sentinels, SentinelCredentials.PEER, HEAR):
            wait_until_refused(lab.sentinels, SentinelCredentials.PEER, HEAR)
    with without(lab.sentinels, SentinelCredentials.PEER, TALK):
        lab.primary_of(GROUP).process.freeze()
        wait_until_refused(lab.sentinels, SentinelCredentials.PEER, TALK)


@every_engine
def test_replicas_need_what_they_may_do_on_their_primary(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, sentinels=0, secured=True)
    primary = lab.primary_of(GROUP)
    with without([primary], Credentials.REPLICATION, COPY):
        wait_until_refused([primary], Credentials.REPLICATION, COPY)


@every_engine
@not_on(*WITHOUT_DUAL_CHANNEL)
def test_replicas_need_what_they_may_do_to_copy_over_two_channels(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, replicas=1, sentinels=0, secured=True, settings=DUAL_CHANNEL)
    primary = lab.primary_of(GROUP)
    with without([primary], Credentials.REPLICATION, COPY_OVER_TWO_CHANNELS):
        lose_history(primary, lab.replicas_of(GROUP)[0])
        wait_until_refused([primary], Credentials.REPLICATION, COPY_OVER_TWO_CHANNELS)


@every_engine
@not_on("redis-6.2")  # it has no ACL DRYRUN: there, what is missing shows when it is needed
def test_a_hand_over_is_refused_beforehand_where_any_rule_of_ours_is_missing(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, secured=True)
    wait_healthy(lab)
    with conducting(lab) as conductor:
        _view, plan, reasons = conductor.plan()
    assert plan is not None, reasons
    for part, servers in ((COLLECTION, lab.nodes_of(GROUP)), (COLLECTION_ON_SENTINEL, lab.sentinels)):
        permissions = part_of(part, GROUP).permissions
        # What only the end of a split brain needs is missed there: test_sentinel_repair_split.
        for permission in [one for one in permissions if one.exchange or not one.repair]:
            for server in servers:
                with server.client() as client:
                    client.execute_command(
                        "ACL", "SETUSER", Credentials.MAINTENANCE, *_without(permission, permissions)
                    )
            with GroupConnections(targets_of(lab)) as connections:
                missing = missing_permissions(connections, plan) + missing_for_exchange(connections, plan)
            for server in servers:
                said = [one for one in missing if one.startswith(f"{server.name} would not let us run ")]
                assert said, f"{permission.rule} is not missed by {server.name}"
                for command in permission.commands:
                    assert any(" ".join(command[:2]) in one for one in said), (permission.rule, said)


def _without(permission: Permission, permissions: Sequence[Permission]) -> list[str]:
    """All rules of a user of a group but that one."""
    return ["resetkeys", "-@all", *(one.rule for one in permissions if one is not permission)]

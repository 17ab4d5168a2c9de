# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the accounts of Sentinels and nodes amount to: who is in a group, who leads it, and what is said to be doubtful."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.discovery import Discovery, discover
from ansible_collections.steadyhand.redis.plugins.module_utils._model.errors import Refused
from ansible_collections.steadyhand.redis.plugins.module_utils._model.node import NodeAccount
from ansible_collections.steadyhand.redis.plugins.module_utils._model.sentinel import SentinelFacts
from ansible_collections.steadyhand.redis.plugins.module_utils._model.survey import (
    CONTRADICTION,
    SILENCE,
    SentinelReport,
    Survey,
    peers_to_ask,
)
from unit.builders import (
    address_of,
    attached,
    node_account,
    node_facts,
    peer_entry,
    primary_entry,
    replica_entry,
    replica_facts,
    sentinel_facts,
)

GROUP, OTHER = "presence-1", "presence-2"
WHOLE = {"a": "primary", "b": "replica", "c": "replica"}
NAMES = {address_of(name): name for name in ("a", "b", "c", "d", "s1", "s2", "s3")}
STRANGER = Address("10.9.9.9", 6379)
DOWN = frozenset({"slave", "s_down", "disconnected"})


def itself(name: str) -> SentinelFacts:
    """A Sentinel about itself."""
    return sentinel_facts(name, (), primary=None, peers=())


def report(name: str, facts: SentinelFacts | None = None, given: bool = True, **overrides: Any) -> SentinelReport:
    """A Sentinel that watches the group, and sees it as `facts` says; by default as it is."""
    said = facts or sentinel_facts(name)
    fields: dict[str, Any] = {"facts": itself(name), "groups": {GROUP: said}, **overrides}
    return SentinelReport(address_of(name), given, **fields)


def silent(name: str, given: bool = True) -> SentinelReport:
    """One that did not answer."""
    return SentinelReport(address_of(name), given, None, {}, "timed out")


def accounts(**overrides: NodeAccount) -> dict[Address, NodeAccount]:
    """What the nodes of the group say: `a` leads, `b` and `c` copy it."""
    found = {
        "a": node_account("a", node_facts("a", replicas=(attached("b"), attached("c")))),
        "b": node_account("b", replica_facts("b")),
        "c": node_account("c", replica_facts("c")),
        **overrides,
    }
    return {account.address: account for account in found.values()}


def survey(*reports: SentinelReport, nodes: Mapping[Address, NodeAccount] | None = None, asked: bool = True) -> Survey:
    """Those Sentinels instead of the usual ones of their name."""
    usual = {name: report(name) for name in ("s1", "s2", "s3")}
    usual.update({NAMES.get(one.address, str(one.address)): one for one in reports})
    return Survey(tuple(usual.values()), (accounts() if nodes is None else nodes) if asked else None)


def members(found: Discovery, group: str = GROUP) -> dict[str, str]:
    """Roles by name."""
    nodes = [node for one in found.groups if one.name == group for node in one.nodes]
    return {NAMES.get(node.address, str(node.address)): node.role for node in nodes}


def sentinels(found: Discovery) -> list[str]:
    """Names."""
    return [NAMES.get(one.address, str(one.address)) for one in found.sentinels]


def naming(name: str, primary: Address, epoch: int = 7, replicas: tuple[str, ...] = (), **more: Any) -> SentinelReport:
    """A Sentinel that takes another node for the primary."""
    entry = primary_entry(address=primary, run_id="", config_epoch=epoch)
    return report(name, sentinel_facts(name, replicas, primary=entry, **more))


def everybody(*entries: Any, **facts: Any) -> tuple[SentinelReport, ...]:
    """All three Sentinels have these replicas in their tables."""

    def one(name: str) -> SentinelReport:
        seen = sentinel_facts(name)
        return report(name, replace(seen, **{"replicas": entries, **facts}))

    return tuple(one(name) for name in ("s1", "s2", "s3"))


def copying(primary: Address, up: bool = True, **overrides: Any) -> NodeAccount:
    """`c` as a replica of another node; by its replication id it still has the stream of `a`, as long as its link is up."""
    link = replica_facts("c").upstream
    assert link is not None
    return node_account("c", replica_facts("c", upstream=replace(link, primary=primary, up=up), **overrides))


@dataclass(frozen=True)
class Case:
    """What is seen; who is in the group then; kind of each doubt and words of it."""

    survey: Survey
    members: Mapping[str, str]
    doubts: tuple[tuple[str, str], ...] = ()
    sentinels: tuple[str, ...] = ("s1", "s2", "s3")


B, C = replica_entry("b"), replica_entry("c")
RETURNED = node_account("c", node_facts("c", replication_id="2" * 40))
ELSEWHERE = copying(STRANGER, replication_id="2" * 40)
GONE = node_account("c", None)
FOREIGN = SentinelReport(Address("10.9.9.21", 26379), False, itself("s9"), {})

CASES = {
    "everybody agrees": Case(survey(), WHOLE),
    "nodes are not asked": Case(survey(asked=False), WHOLE),
    "one Sentinel names a replica": Case(
        survey(naming("s1", address_of("b"))),
        WHOLE,
        (
            (
                CONTRADICTION,
                "presence-1: its Sentinels disagree: 10.0.0.21:26379 names 10.0.0.2:6379 (epoch 7), 10.0.0.22:26379 names 10.0.0.1:6379",
            ),
            (CONTRADICTION, "10.0.0.1:6379: 10.0.0.21:26379 does not know it"),
            (CONTRADICTION, "10.0.0.3:6379: 10.0.0.21:26379 does not know it"),
            (CONTRADICTION, "10.0.0.2:6379: 10.0.0.21:26379 has last seen it in another role"),
        ),
    ),
    "one Sentinel names a node of elsewhere": Case(
        survey(
            naming("s1", STRANGER), nodes={**accounts(), STRANGER: NodeAccount("x", STRANGER, None, node_facts("x"))}
        ),
        WHOLE,
        (
            (CONTRADICTION, "its Sentinels disagree"),
            (
                CONTRADICTION,
                "10.9.9.9:6379, which 10.0.0.21:26379 know as a member, says itself that it is a primary. It is left out",
            ),
            *[(CONTRADICTION, f"10.0.0.{host}:6379: 10.0.0.21:26379 does not know it") for host in (1, 2, 3)],
        ),
    ),
    "the majority names a node that says it is a replica": Case(
        survey(*(naming(name, address_of("b"), replicas=("c",)) for name in ("s1", "s2", "s3"))),
        {"b": "replica", "c": "replica"},
        (
            (
                CONTRADICTION,
                "its Sentinels name 10.0.0.2:6379, which says itself that it is a replica of 10.0.0.1:6379: it has no primary here",
            ),
            (CONTRADICTION, "10.0.0.2:6379: "),
        ),
    ),
    "every Sentinel names another": Case(
        survey(naming("s1", address_of("b"), replicas=("c",)), naming("s2", address_of("c"), replicas=("b",))),
        {"b": "replica", "c": "replica"},
        (
            (CONTRADICTION, "its Sentinels disagree"),
            (CONTRADICTION, "1 of 3 Sentinels name"),
            (CONTRADICTION, "only 10.0.0.23:26379 know 10.0.0.1:6379. It is left out"),
            (CONTRADICTION, "10.0.0.2:6379: "),
            (CONTRADICTION, "10.0.0.3:6379: "),
        ),
    ),
    "one of two Sentinels names another": Case(
        Survey((report("s1"), naming("s2", address_of("b"), replicas=("c",))), accounts()),
        {"b": "replica", "c": "replica"},
        (
            (CONTRADICTION, "its Sentinels disagree"),
            (CONTRADICTION, "1 of 2 Sentinels name 10.0.0.1:6379, which is no majority: it has no primary here"),
            (CONTRADICTION, "only 10.0.0.21:26379 know 10.0.0.1:6379. It is left out"),
            (CONTRADICTION, "10.0.0.2:6379: "),
        ),
        ("s1", "s2"),
    ),
    "epochs differ": Case(
        survey(naming("s1", address_of("a"), epoch=6, replicas=("b", "c"))),
        WHOLE,
        ((CONTRADICTION, "its Sentinels disagree: 10.0.0.21:26379 names 10.0.0.1:6379 (epoch 6), 10.0.0.22"),),
    ),
    "one Sentinel is silent": Case(
        survey(silent("s3")), WHOLE, ((SILENCE, "Sentinel 10.0.0.23:26379: it could not be asked: timed out"),)
    ),
    "two of three Sentinels are silent": Case(
        survey(silent("s1"), silent("s2")),
        {"a": "unknown", "b": "replica", "c": "replica"},
        (
            (SILENCE, "Sentinel 10.0.0.21:26379"),
            (SILENCE, "Sentinel 10.0.0.22:26379"),
            (SILENCE, "1 of 3 Sentinels name 10.0.0.1:6379, which is no majority"),
        ),
    ),
    "one Sentinel does not watch the group": Case(
        survey(report("s2", groups={})),
        WHOLE,
        ((CONTRADICTION, "presence-1: 10.0.0.22:26379 do not watch it, others do"),),
    ),
    "one Sentinel alone watches it": Case(
        survey(report("s2", groups={}), report("s3", groups={})),
        {},
        ((CONTRADICTION, "of 3 Sentinels only 10.0.0.21:26379 watch it. It is left out"),),
    ),
    "a replica that is down and gone": Case(
        survey(*everybody(B, replica_entry("c", flags=DOWN)), nodes=accounts(c=GONE)),
        {"a": "primary", "b": "replica"},
        (
            (
                SILENCE,
                "10.0.0.3:6379 is down (10.0.0.21:26379, 10.0.0.22:26379, 10.0.0.23:26379 say so). It is left out",
            ),
        ),
    ),
    "a replica that only we cannot reach": Case(
        survey(nodes=accounts(c=GONE)), WHOLE, ((SILENCE, "10.0.0.3:6379 could not be asked: connection refused"),)
    ),
    "a primary that only we cannot reach": Case(
        survey(nodes=accounts(a=node_account("a", None))),
        WHOLE,
        (
            (
                SILENCE,
                "10.0.0.1:6379, which its Sentinels name, could not be asked whether it leads: connection refused",
            ),
        ),
    ),
    "a primary that is down": Case(
        survey(
            *everybody(B, C, primary=primary_entry(flags=frozenset({"master", "s_down", "o_down"}))),
            nodes=accounts(a=node_account("a", None)),
        ),
        {"b": "replica", "c": "replica"},
        (
            (SILENCE, "10.0.0.1:6379, which its Sentinels name, is down for them: it has no primary here"),
            (SILENCE, "10.0.0.1:6379 is down"),
        ),
    ),
    "the address of a replica that a primary of elsewhere has taken": Case(
        survey(nodes=accounts(c=RETURNED)),
        {"a": "primary", "b": "replica"},
        (
            (
                CONTRADICTION,
                "10.0.0.3:6379, which 10.0.0.21:26379, 10.0.0.22:26379, 10.0.0.23:26379 know as a member, says itself that it is a primary",
            ),
        ),
    ),
    "the address of a replica that a replica of elsewhere has taken": Case(
        survey(nodes=accounts(c=ELSEWHERE)),
        {"a": "primary", "b": "replica"},
        ((CONTRADICTION, "copies 10.9.9.9:6379, which is none of its members. It is left out"),),
    ),
    "a silent replica of elsewhere": Case(
        survey(*everybody(B, replica_entry("c", primary=STRANGER)), nodes=accounts(c=GONE)),
        {"a": "primary", "b": "replica"},
        ((CONTRADICTION, "10.0.0.3:6379, which does not answer, is no replica of its primary"),),
    ),
    "a silent replica that reports to be a primary": Case(
        survey(*everybody(B, replica_entry("c", role_reported="master")), nodes=accounts(c=GONE)),
        {"a": "primary", "b": "replica"},
        ((CONTRADICTION, "10.0.0.3:6379, which does not answer, is no replica of its primary"),),
    ),
    "a silent node that one Sentinel alone knows": Case(
        survey(report("s1", sentinel_facts("s1", ("b", "c", "d")))),
        WHOLE,
        ((CONTRADICTION, "only 10.0.0.21:26379 know 10.0.0.4:6379. It is left out"),),
    ),
    "a replica that has started anew": Case(
        survey(nodes=accounts(c=node_account("c", replica_facts("c", run_id="run-new")))),
        WHOLE,
        ((CONTRADICTION, "10.0.0.3:6379: 10.0.0.21:26379 knows another run of it, 10.0.0.22:26379 knows another"),),
    ),
    "a Sentinel that holds a node for down": Case(
        survey(report("s2", replace(sentinel_facts("s2"), replicas=(B, replica_entry("c", flags=DOWN))))),
        WHOLE,
        ((CONTRADICTION, "10.0.0.3:6379: 10.0.0.22:26379 holds it for down"),),
    ),
    "a replica of a replica": Case(
        survey(nodes=accounts(c=copying(address_of("b"), up=False))),
        WHOLE,
    ),
    "a replica that follows its primary by another address": Case(
        survey(nodes=accounts(c=copying(STRANGER))),
        WHOLE,
    ),
    "a replica that no Sentinel knows": Case(
        survey(
            nodes=accounts(a=node_account("a", node_facts("a", replicas=(attached("b"), attached("c"), attached("d")))))
        ),
        WHOLE,
        ((CONTRADICTION, "10.0.0.4:6379 copies its primary, and no Sentinel knows it. It is left out"),),
    ),
    "what is announced is no host": Case(
        survey(*everybody(B, C, replica_entry("d", address=Address("-oproxycommand=x", 6379)))),
        WHOLE,
        ((CONTRADICTION, "announce '-oproxycommand=x:6379', which is no host. It is left out"),),
    ),
    "a Sentinel that was given twice": Case(
        survey(replace(report("s3"), facts=itself("s2"))),
        WHOLE,
        ((CONTRADICTION, "Sentinel 10.0.0.23:26379: it has the same id as 10.0.0.22:26379, so it counts once"),),
        ("s1", "s2"),
    ),
    "a Sentinel that those given know": Case(survey(report("s3", given=False)), WHOLE),
    "one given Sentinel that is wrong, and the two that it tells of": Case(
        survey(naming("s1", address_of("b")), report("s2", given=False), report("s3", given=False)),
        WHOLE,
        ((CONTRADICTION, "its Sentinels disagree"), *[(CONTRADICTION, "10.0.0.")] * 3),
    ),
    "a known Sentinel that we cannot reach": Case(
        survey(silent("s3", given=False)),
        WHOLE,
        ((SILENCE, "Sentinel 10.0.0.23:26379: others see it alive, we could not ask it"),),
    ),
    "a known Sentinel that is gone": Case(
        survey(
            *(
                report(name, sentinel_facts(name, peers=(peer_entry("s3", flags=frozenset({"sentinel", "s_down"})),)))
                for name in ("s1", "s2")
            ),
            silent("s3", given=False),
        ),
        WHOLE,
        (
            (
                SILENCE,
                "Sentinel 10.0.0.23:26379: 10.0.0.21:26379, 10.0.0.22:26379 know one there, and it does not answer",
            ),
        ),
        ("s1", "s2"),
    ),
    "another Sentinel at a known address": Case(
        survey(replace(report("s3", given=False), facts=itself("s9"))),
        WHOLE,
        ((CONTRADICTION, "know another one there than the one that answers. It is left out"),),
        ("s1", "s2"),
    ),
    "no Sentinel at a known address": Case(
        survey(replace(silent("s3", given=False), mistaken=True)),
        WHOLE,
        ((CONTRADICTION, "what answers is no Sentinel. It is left out"),),
        ("s1", "s2"),
    ),
    "a Sentinel of another set, through the one that joined them": Case(
        survey(
            report(
                "s1",
                sentinel_facts(
                    "s1",
                    peers=(
                        peer_entry("s2"),
                        peer_entry("s3"),
                        peer_entry("s1", address=FOREIGN.address, run_id="run-s9"),
                    ),
                ),
            ),
            replace(
                FOREIGN, groups={GROUP: sentinel_facts("s9", primary=primary_entry(address=STRANGER, config_epoch=99))}
            ),
        ),
        WHOLE,
        (
            (
                CONTRADICTION,
                "Sentinel 10.9.9.21:26379: of 3 Sentinels only 10.0.0.21:26379 know it: it is of another set",
            ),
        ),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_accounts_amount_to(case: Case) -> None:
    found = discover(case.survey)
    assert members(found) == case.members
    said = [(doubt.kind, str(doubt)) for doubt in found.doubts]
    missing = [(kind, words) for kind, words in case.doubts if not any(k == kind and words in text for k, text in said)]
    assert missing == [], said
    assert len(said) == len(case.doubts), said
    assert sentinels(found) == list(case.sentinels)


def test_asked_are_all_that_are_told_of_but_not_who_was_given() -> None:
    answering, other = report("s1"), report("s2")
    assert peers_to_ask([answering]) == [address_of("s2"), address_of("s3")]
    assert peers_to_ask([answering, other]) == [address_of("s3")]
    # One that is silent cannot say who it is; its address does.
    assert peers_to_ask([answering, silent("s2")]) == [address_of("s3")]
    # One that was given by another of its addresses.
    elsewhere = replace(other, address=Address("s2.example.org", 26379))
    assert peers_to_ask([answering, elsewhere]) == [address_of("s3")]


def with_second_name(name: str) -> SentinelReport:
    """A Sentinel that has the group under two names."""
    return report(name, groups={GROUP: sentinel_facts(name), OTHER: sentinel_facts(name)})


def test_one_group_under_two_names_is_refused() -> None:
    with pytest.raises(Refused, match=r"10\.0\.0\.1:6379 is a member of two groups \(presence-1, presence-2\)"):
        discover(survey(*(with_second_name(name) for name in ("s1", "s2", "s3"))))


def test_a_node_is_of_the_group_whose_primary_it_copies_and_of_no_other_that_lists_it() -> None:
    def one(name: str) -> SentinelReport:
        # The other group has lost its primary, and its table still holds a node that has gone over.
        lost = sentinel_facts(
            name,
            primary=primary_entry(address=address_of("d"), run_id="run-d", flags=frozenset({"master", "s_down"})),
            replicas=("c",),
        )
        return report(name, groups={GROUP: sentinel_facts(name), OTHER: lost})

    found = discover(survey(*(one(name) for name in ("s1", "s2", "s3"))))
    assert members(found) == WHOLE
    assert members(found, OTHER) == {}
    assert any("10.0.0.3:6379 is listed in several groups" in str(doubt) for doubt in found.doubts)


def test_engine_and_version_are_those_of_the_servers() -> None:
    found = discover(survey(nodes=accounts(c=node_account("c", replica_facts("c", engine="valkey", version="8.1.1")))))
    (group,) = found.groups
    assert [(node.engine, node.version) for node in group.nodes] == [("redis", "7.0.15")] * 2 + [("valkey", "8.1.1")]
    assert {(one.engine, one.version) for one in found.sentinels} == {("redis", "7.0.15")}

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory that real Sentinels and nodes give, wrong and silent ones included."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from engine.engines import every_engine, not_on
from engine.inventories import Built, build, file_of
from lab.asked import AskedNode
from lab.lab import Lab
from lab.sentinel import SentinelNode
from lab.waiting import wait_until

LabFactory = Callable[..., Lab]
GROUP = "group-1"
DOWN_TIMEOUT = 60.0
"""Seconds until every Sentinel holds a dead node for down."""


@pytest.fixture
def lab(shared_secured_lab: Lab) -> Lab:
    """One group with passwords everywhere: nobody breaks it here."""
    return shared_secured_lab


def point(sentinel: SentinelNode, group: str, node: AskedNode) -> None:
    """What a hand at a keyboard does."""
    host, port = node.announced
    with sentinel.client() as client:
        client.execute_command("SENTINEL", "REMOVE", group)
        client.execute_command("SENTINEL", "MONITOR", group, host, port, 2)


def why_alone(sentinel: SentinelNode, others: int) -> str | None:
    """None when it knows so many other Sentinels: it has just forgotten them, with the group."""
    known = sentinel.group_state(GROUP)["num-other-sentinels"]
    return None if known == str(others) else f"it knows {known} others"


def whole(built: Built, lab: Lab) -> bool:
    """Whether it says what the servers of the lab are."""
    return all(
        built.hosts(group.replace("-", "_")) == sorted(node.name for node in lab.nodes_of(group))
        for group in lab.groups
    ) and built.hosts("redis_role_primary") == sorted(lab.primary_of(group).name for group in lab.groups)


@every_engine
@not_on("redis-7.0", "redis-8.0", "valkey-8.1")
def test_it_is_what_a_person_would_have_written(lab_factory: LabFactory, tmp_path: Path) -> None:
    lab = lab_factory(groups=2, replicas=1, secured=True)
    built = build(tmp_path, file_of(lab))
    assert built.code == 0
    assert built.said == ""
    assert built.children("redis") == ["group_1", "group_2"]
    assert whole(built, lab)
    assert built.hosts("redis_role_replica") == sorted(
        node.name for group in lab.groups for node in lab.replicas_of(group)
    )
    assert built.hosts("sentinels") == [sentinel.name for sentinel in lab.sentinels]
    written = build(tmp_path, yaml.safe_load(lab.inventory_file.read_text(encoding="utf-8")), name="written.yml")
    for host in [server.name for server in (*lab.nodes, *lab.sentinels)]:
        found, expected = built.variables(host), written.variables(host)
        assert {name: found[name] for name in expected} == expected
    info = lab.nodes[0].info("server")
    assert {built.variables(node.name)["redis_version"] for node in lab.nodes} == {
        info.get("valkey_version", info["redis_version"])
    }
    assert {built.variables(node.name)["redis_engine"] for node in lab.nodes} == {
        "valkey" if "valkey_version" in info else "redis"
    }


@pytest.fixture(scope="module")
def tls_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Two groups with TLS and passwords everywhere."""
    with Lab.create(tmp_path_factory.mktemp("tls") / "lab", groups=2, replicas=1, secured=True, tls=True) as lab:
        yield lab


def test_with_tls_and_passwords_everywhere_no_secret_is_told_or_cached(tls_lab: Lab, tmp_path: Path) -> None:
    kept = tmp_path / "cache"
    cached = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(kept)}
    options = file_of(tls_lab, compose=None, **cached)
    first = build(tmp_path, options)
    assert first.code == 0
    assert whole(first, tls_lab)
    assert {host["redis_tls"] for host in map(first.variables, first.hosts("group_1"))} == {True}
    told = json.dumps(first.data) + first.said + "".join(file.read_text() for file in kept.rglob("*") if file.is_file())
    assert "group-2" in told
    assert not [secret for secret in tls_lab.secrets if secret in told]

    # Now nobody can be asked: what is known is what was kept.
    for sentinel in tls_lab.sentinels:
        sentinel.process.freeze()
    try:
        second = build(tmp_path, options)
        flushed = build(tmp_path, {**options, "connect_timeout": 0.5}, arguments=("--flush-cache",))
    finally:
        for sentinel in tls_lab.sentinels:
            sentinel.process.thaw()
    assert second.data == first.data
    assert flushed.code != 0
    assert "none of the Sentinels can be asked" in flushed.said
    tls_lab.wait_converged()

    # An explicit wish is another matter.
    wished = build(tmp_path, {**options, "compose": {"redis_login_password": "'p-' ~ redis_port"}})
    node = tls_lab.nodes[0]
    assert wished.variables(node.name)["redis_login_password"] == f"p-{node.endpoint.port}"


def test_what_is_doubtful_is_not_kept(tls_lab: Lab, tmp_path: Path) -> None:
    kept = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    options = file_of(tls_lab, connect_timeout=0.5, **kept)
    sentinel = tls_lab.sentinels[2]
    sentinel.process.freeze()
    try:
        doubtful = [build(tmp_path, options) for _time in range(2)]
    finally:
        sentinel.process.thaw()
    tls_lab.wait_converged()
    for one in doubtful:
        assert one.code == 0
        assert f"Sentinel {sentinel.address}: it could not be asked" in one.said
        assert whole(one, tls_lab)
        assert sentinel.name in one.hosts("sentinels")
    assert build(tmp_path, options).said == ""


@pytest.mark.parametrize("given", ["all", "the wrong one alone"])
def test_a_sentinel_that_names_a_replica_misleads_nobody(lab_factory: LabFactory, tmp_path: Path, given: str) -> None:
    lab = lab_factory(groups=1)
    wrong, replica, primary = lab.sentinels[0], lab.replicas_of(GROUP)[0], lab.primary_of(GROUP)
    options = file_of(lab, **({} if given == "all" else {"sentinels": [wrong.address]}))
    point(wrong, GROUP, replica)
    wait_until(lambda: why_alone(wrong, len(lab.sentinels) - 1), DOWN_TIMEOUT, f"{wrong.name} knows the others again")
    built = build(tmp_path, options)
    assert built.code == 0
    assert whole(built, lab)
    assert f"group-1: its Sentinels disagree: {wrong.address} names {replica.address} (epoch 0)" in built.said
    assert f"names {primary.address}" in built.said
    assert built.hosts("sentinels") == [sentinel.name for sentinel in lab.sentinels]

    refused = build(tmp_path, {**options, "on_disagreement": "error"})
    assert refused.code != 0
    assert "the accounts contradict one another: " in refused.said
    assert f"{wrong.address} names {replica.address}" in refused.said


def test_where_no_majority_agrees_a_group_has_no_primary(lab_factory: LabFactory, tmp_path: Path) -> None:
    lab = lab_factory(groups=1)
    for sentinel, replica in zip(lab.sentinels, lab.replicas_of(GROUP), strict=False):
        point(sentinel, GROUP, replica)
    built = build(tmp_path, file_of(lab))
    assert built.code == 0
    assert built.hosts("redis_role_primary") == []
    assert "1 of 3 Sentinels name" in built.said
    assert "which is no majority: it has no primary here" in built.said


def test_who_is_dead_is_left_out_and_named(lab_factory: LabFactory, tmp_path: Path) -> None:
    lab = lab_factory(groups=1)
    replica, sentinel = lab.replicas_of(GROUP)[0], lab.sentinels[2]
    replica.stop()
    sentinel.stop()

    def reason() -> str | None:
        flags = [
            one["flags"]
            for other in lab.sentinels[:2]
            for one in other.replica_states(GROUP)
            if (one["ip"], int(one["port"])) == replica.announced
        ]
        return None if len(flags) == 2 and all("s_down" in flag for flag in flags) else f"its flags are {flags}"

    wait_until(reason, DOWN_TIMEOUT, f"{replica.name} is down for the Sentinels")
    built = build(tmp_path, file_of(lab))
    assert built.code == 0
    assert replica.name not in built.data["_meta"]["hostvars"]
    assert f"{replica.address} is down" in built.said
    assert f"Sentinel {sentinel.address}: it could not be asked" in built.said
    assert built.hosts("redis_role_primary") == [lab.primary_of(GROUP).name]
    assert sentinel.name in built.hosts("sentinels")  # it was given


def test_two_sentinel_sets_with_groups_of_one_name(lab_factory: LabFactory, tmp_path: Path) -> None:
    one, other = (lab_factory(groups=1, replicas=1) for _set in range(2))
    named = [
        file_of(lab, sentinel_hosts=f"watch_{number}", node_name=None, sentinel_name=None, compose=None)
        for number, lab in enumerate((one, other))
    ]
    mixed = build(tmp_path, *named)
    assert mixed.code != 0
    assert "the inventory group 'group_1' of 'group-1' is there already, for other Sentinels (watch_0)" in mixed.said

    twice = build(tmp_path, *({**named[0], "group_prefix": prefix} for prefix in ("one_", "other_")))
    assert twice.code != 0
    assert "is there already, in the Redis group 'one_group_1': a node is of one group only" in twice.said

    built = build(tmp_path, *({**options, "group_prefix": f"set_{number}_"} for number, options in enumerate(named)))
    assert built.code == 0
    assert built.children("redis") == ["set_0_group_1", "set_1_group_1"]
    for number, lab in enumerate((one, other)):
        hosts = built.hosts(f"set_{number}_group_1")
        assert hosts == sorted(f"127.0.0.1-{node.endpoint.port}" for node in lab.nodes)
        assert {built.variables(host)["redis_sentinel_hosts"] for host in hosts} == {f"watch_{number}"}
        assert {built.variables(host)["redis_group"] for host in hosts} == {GROUP}
        assert len(built.hosts(f"watch_{number}")) == 3


def test_names_of_groups_that_ansible_does_not_allow(lab_factory: LabFactory, tmp_path: Path) -> None:
    lab = lab_factory(groups=2, replicas=1)
    for sentinel in lab.sentinels:
        with sentinel.client() as client:
            client.execute_command("SENTINEL", "REMOVE", "group-2")
        point_anew(sentinel, "group.[2]*", lab.primary_of("group-2"))
    lab_of_one = [node.name for node in lab.nodes_of("group-2")]
    wait_until(lambda: _why_not_known(lab, "group.[2]*"), DOWN_TIMEOUT, "the Sentinels know the group")
    built = build(tmp_path, file_of(lab))
    assert built.code == 0
    assert built.hosts("group__2__") == lab_of_one
    assert built.variables(lab_of_one[0])["redis_group"] == "group.[2]*"

    for sentinel in lab.sentinels:
        point_anew(sentinel, "group_1", lab.primary_of("group-2"))
    same = build(tmp_path, file_of(lab))
    assert same.code != 0
    assert "is a member of two groups (group.[2]*, group_1)" in same.said
    for sentinel in lab.sentinels:
        with sentinel.client() as client:
            client.execute_command("SENTINEL", "REMOVE", "group.[2]*")
    collide = build(tmp_path, file_of(lab))
    assert collide.code != 0
    assert "the groups 'group-1' and 'group_1' would both be the inventory group 'group_1'" in collide.said


def point_anew(sentinel: SentinelNode, group: str, node: AskedNode) -> None:
    """Have it watch a group that it does not know."""
    host, port = node.announced
    with sentinel.client() as client:
        client.execute_command("SENTINEL", "MONITOR", group, host, port, 2)


def _why_not_known(lab: Lab, group: str) -> str | None:
    """None when every Sentinel knows the others and the replica of it."""
    for sentinel in lab.sentinels:
        seen = sentinel.group_state(group)
        if (seen["num-slaves"], seen["num-other-sentinels"]) != ("1", "2"):
            return f"{sentinel.name}: {seen['num-slaves']} replicas, {seen['num-other-sentinels']} other Sentinels"
    return None


@pytest.mark.parametrize("kind", ["hostnames", "IPv6"])
def test_addresses_that_are_announced(lab_factory: LabFactory, tmp_path: Path, kind: str) -> None:
    named = kind == "hostnames"
    lab = lab_factory(groups=1, replicas=1, **({"announce_host": "localhost"} if named else {"host": "::1"}))
    zones = {"local*": "z"} if named else {"::/64": "z"}
    built = build(tmp_path, file_of(lab, zones=zones, compose=None, node_name=None, sentinel_name=None))
    assert built.code == 0
    host = "localhost" if named else "::1"
    found = [built.variables(name) for name in built.hosts("group_1")]
    assert {one["redis_host"] for one in found} == {host}
    assert {one["redis_zone"] for one in found} == {"z"}
    ports = [node.endpoint.port for node in lab.nodes]
    assert {one["redis_announce"] for one in found} == {
        f"localhost:{port}" if named else f"[::1]:{port}" for port in ports
    }
    assert built.hosts("group_1") == sorted(f"{host.replace(':', '-')}-{port}" for port in ports)


def test_groups_and_variables_are_constructed(lab: Lab, tmp_path: Path) -> None:
    options = file_of(
        lab,
        compose={"redis_service": "redis_engine ~ '-server'", "wrong": "nobody.knows"},
        groups={"leaders": "redis_role == 'primary'"},
        keyed_groups=[{"key": "redis_role", "prefix": "by_role"}],
    )
    built = build(tmp_path, options)
    primary = lab.primary_of(GROUP).name
    assert built.code == 0
    assert built.hosts("leaders") == [primary]
    assert built.hosts("by_role_sentinel") == [sentinel.name for sentinel in lab.sentinels]
    assert built.variables(primary)["redis_service"].endswith("-server")
    assert "wrong" not in built.variables(primary)
    strict = build(tmp_path, {**options, "strict": True})
    assert strict.code != 0
    assert "Could not set wrong for host" in strict.said


def test_passwords_come_from_the_environment_or_by_templates(lab: Lab, tmp_path: Path) -> None:
    options = file_of(lab, compose=None)
    password = options.pop("sentinel_login_password")
    of_nodes = options.pop("login_password")
    variable = "STEADYHAND_REDIS_SENTINEL_LOGIN_PASSWORD"
    by_template = {
        **options,
        "sentinel_login_password": "{{ theirs }}",
        "login_password": of_nodes,
    }
    extra = tmp_path / "extra.json"
    extra.write_text(json.dumps({"theirs": password}), encoding="utf-8")
    for built in (
        build(tmp_path, {**options, "login_password": of_nodes}, environment={variable: password}),
        build(tmp_path, by_template, arguments=("-e", f"@{extra}")),
    ):
        assert (built.code, built.said) == (0, "")
        assert whole(built, lab)
    # Without them for the nodes, the Sentinels are all that is known, and every node is named.
    denied = build(tmp_path, options, environment={variable: password})
    assert denied.code == 0
    assert whole(denied, lab)
    assert denied.said.count("does not permit") == len(lab.nodes)
    unasked = build(tmp_path, {**options, "ask_nodes": False}, environment={variable: password})
    assert (unasked.code, unasked.said) == (0, "")
    assert whole(unasked, lab)


def test_what_cannot_be_meant_is_said(lab: Lab, tmp_path: Path) -> None:
    primary, sentinel = lab.primary_of(GROUP), lab.sentinels[0]
    refused: list[tuple[dict[str, Any], str]] = [
        ({"sentinel_login_password": None}, f"none of the Sentinels can be asked: {sentinel.address} does not permit"),
        ({"sentinel_login_password": "wrong"}, "invalid username-password pair"),
        ({"sentinels": []}, "there is no Sentinel to ask"),
        ({"sentinels": ["127.0.0.1"]}, "'127.0.0.1' is not an address: write host:port"),
        ({"sentinels": [sentinel.address] * 2}, f"the Sentinel {sentinel.address} is listed twice"),
        ({"zones": {"10.0.0.0/99": "a"}}, "zones: '10.0.0.0/99' is no address"),
        ({"on_disagreement": "ignore"}, "ignore"),
        ({"sentinel_hosts": "group_1"}, "set group_prefix"),
    ]
    # All at once: a source that fails is named, and gives no host.
    built = build(
        tmp_path,
        *(file_of(lab, **change) for change, _words in refused),
        environment={"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "0"},
    )
    assert built.data["_meta"]["hostvars"] == {}
    assert [words for _change, words in refused if words not in built.said] == [], built.said
    assert not [secret for secret in lab.secrets if secret in built.said]
    # A data node among the Sentinels, that lets this user ask.
    with primary.client() as client:
        node_password = file_of(lab)["sentinel_login_password"]
        client.execute_command("ACL", "SETUSER", "maintenance", f">{node_password}")
    try:
        mistaken = build(tmp_path, file_of(lab, sentinels=[sentinel.address, primary.address]))
    finally:
        with primary.client() as client:
            client.execute_command("ACL", "SETUSER", "maintenance", f"<{node_password}")
    assert mistaken.code != 0
    assert f"sentinels: {primary.address} answers, but it is not a Sentinel" in mistaken.said
    misnamed = build(tmp_path, file_of(lab), name="watchers.yml")
    assert misnamed.code != 0
    assert "could not be verified by inventory plugin" in misnamed.said

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module sentinel_repair on real Sentinels that were broken by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.borrowed import NODE, Borrowed, ledger_key
from engine.denials import denied_anywhere
from engine.modules import group_arguments, run
from engine.subjects import GROUP, wait_healthy
from lab.lab import Lab
from lab.node import DataNode
from lab.sentinel import SentinelNode
from lab.state import Credentials
from lab.waiting import wait_until

LabFactory = Callable[..., Lab]
Capture = pytest.CaptureFixture[str]
OTHER = "group-2"
# As the lab has it.
WATCHED: dict[str, Any] = {"down_after_milliseconds": 5000, "failover_timeout": 60000, "parallel_syncs": 1}


@pytest.fixture(scope="module")
def lab(module_lab_factory: LabFactory) -> Lab:
    """Two groups, watched by the same Sentinels, with passwords everywhere."""
    return module_lab_factory(groups=2, secured=True)


@pytest.fixture(autouse=True)
def whole(lab: Lab) -> Iterator[None]:
    """Every test leaves the lab as the repair was to leave it."""
    yield
    lab.wait_converged()


def arguments(lab: Lab, group: str = GROUP, **more: Any) -> dict[str, Any]:
    """Of the module, for one group."""
    credentials = lab.nodes_of(group)[0].state.credentials
    logins = (
        {}
        if credentials is None
        else {"auth_user": Credentials.SENTINEL, "auth_password": credentials.sentinel_password}
    )
    return {**group_arguments(lab, group), **logins, **more}


def told(sentinel: SentinelNode, *words: object) -> None:
    """A command of somebody who repairs by hand."""
    with sentinel.client() as client:
        client.execute_command("SENTINEL", *words)


def misled(sentinel: SentinelNode, address: tuple[str, int], group: str = GROUP) -> None:
    """Have it watch another address under the name of the group, as somebody would by hand."""
    told(sentinel, "REMOVE", group)
    told(sentinel, "MONITOR", group, *address, 2)


def kinds(result: dict[str, Any], key: str = "plan") -> list[tuple[str, str]]:
    """The steps by kind and subject."""
    return [(step["kind"], step["subject"]) for step in result[key]]


def names(lab: Lab) -> list[str]:
    """Of the Sentinels, as the module knows them."""
    return [sentinel.address for sentinel in lab.sentinels]


def test_one_that_names_a_replica_is_mended_alone_and_a_second_run_changes_nothing(lab: Lab, capsys: Capture) -> None:
    broken, primary = lab.sentinels[1], lab.primary_of(GROUP)
    misled(broken, lab.replicas_of(GROUP)[0].announced)

    foreseen = run(capsys, "sentinel_repair", arguments(lab), check=True, diff=True)
    assert broken.primary_address(GROUP) != primary.announced
    assert (foreseen["outcome"], foreseen["changed"], foreseen["done"]) == ("planned", True, [])
    done = run(capsys, "sentinel_repair", arguments(lab), diff=True)
    assert (done["outcome"], done["changed"]) == ("done", True), done
    assert kinds(done) == kinds(foreseen) == kinds(done, "done")
    assert kinds(done) == [("remove", broken.address), ("monitor", broken.address)]
    assert len(done["diff"]["after"]["steps"]) == 2
    assert broken.primary_address(GROUP) == primary.announced
    lab.wait_converged()
    # With the parameters of the others and the password, which only shows in that it holds the nodes for up.
    first = lab.sentinels[0].group_state(GROUP)
    same = ("quorum", "down-after-milliseconds", "failover-timeout", "parallel-syncs", "config-epoch")
    assert {name: broken.group_state(GROUP)[name] for name in same} == {name: first[name] for name in same}

    again = run(capsys, "sentinel_repair", arguments(lab), diff=True)
    assert (again["outcome"], again["changed"], again["plan"]) == ("not_needed", False, [])
    said = json.dumps([foreseen, done, again])
    assert not [secret for secret in lab.secrets if secret in said]


def test_one_that_names_another_groups_primary_lets_go_of_it_before_both_are_joined(lab: Lab, capsys: Capture) -> None:
    broken, primary, foreign = lab.sentinels[0], lab.primary_of(GROUP), lab.primary_of(OTHER)
    with foreign.client() as client:
        client.set("of", OTHER)
    misled(broken, foreign.announced)
    other = run(capsys, "sentinel_repair", arguments(lab, OTHER))
    assert other["outcome"] == "refused"
    assert f"{broken.address} watches {foreign.name} under the name {GROUP}" in other["msg"]

    done = run(capsys, "sentinel_repair", arguments(lab))
    assert done["outcome"] == "done", done["msg"]
    assert kinds(done, "done") == [("remove", broken.address), ("monitor", broken.address)]
    assert broken.primary_address(GROUP) == primary.announced
    lab.wait_converged()
    assert lab.primary_of(OTHER).name == foreign.name
    with foreign.client() as client:
        assert client.get("of") == OTHER


def test_all_that_forgot_the_group_watch_it_again_one_after_the_other(lab: Lab, capsys: Capture) -> None:
    for sentinel in lab.sentinels:
        told(sentinel, "REMOVE", GROUP)
    refused = run(capsys, "sentinel_repair", arguments(lab, down_after_milliseconds=7000))
    assert (refused["outcome"], refused["changed"]) == ("refused", False)
    assert "say it by the option failover_timeout, parallel_syncs" in refused["msg"]
    wish = arguments(lab, down_after_milliseconds=7000, failover_timeout=50000, parallel_syncs=1)
    done = run(capsys, "sentinel_repair", wish)
    assert done["outcome"] == "done", done["msg"]
    assert kinds(done, "done") == [("monitor", name) for name in names(lab)]
    wait_healthy(lab)
    for sentinel in lab.sentinels:
        assert sentinel.group_state(GROUP)["down-after-milliseconds"] == "7000"
    # Back to what the lab has, which is a repair too: the option says what all are to have.
    back = run(capsys, "sentinel_repair", arguments(lab, down_after_milliseconds=5000, failover_timeout=60000))
    assert kinds(back, "done") == [("set", name) for name in names(lab)]


def test_a_parameter_that_differs_becomes_that_of_the_others(lab: Lab, capsys: Capture) -> None:
    odd = lab.sentinels[2]
    told(odd, "SET", GROUP, "parallel-syncs", "3", "quorum", "3")
    done = run(capsys, "sentinel_repair", arguments(lab))
    assert kinds(done, "done") == [("set", odd.address)]
    assert (odd.group_state(GROUP)["parallel-syncs"], odd.group_state(GROUP)["quorum"]) == ("1", "2")


def test_nothing_is_taken_from_a_sentinel_that_could_not_be_given_its_password_again(lab: Lab, capsys: Capture) -> None:
    broken, wrong = lab.sentinels[1], lab.replicas_of(GROUP)[0].announced
    misled(broken, wrong)
    refused = run(capsys, "sentinel_repair", arguments(lab, auth_password=None))
    assert (refused["outcome"], refused["changed"], refused["done"]) == ("refused", False, [])
    assert "auth_password is needed" in refused["msg"]
    # Another user, because the last test of this module looks for what the documented ones were refused.
    login = {"auth_user": "somebody", "auth_password": "another-one"}
    for check in (True, False):
        refused = run(capsys, "sentinel_repair", arguments(lab, **login), check=check)
        assert (refused["outcome"], refused["changed"], refused["done"]) == ("refused", False, [])
        assert f"{lab.primary_of(GROUP).name}: " in refused["msg"]
        assert "(user somebody)" in refused["msg"]
        assert "another-one" not in json.dumps(refused)
    assert broken.primary_address(GROUP) == wrong
    assert run(capsys, "sentinel_repair", arguments(lab))["outcome"] == "done"


def test_a_lock_of_another_run_is_respected(lab: Lab, capsys: Capture) -> None:
    broken = lab.sentinels[2]
    told(broken, "REMOVE", GROUP)
    lock = {**group_arguments(lab), "owner": "a-roll", "purpose": "rolling_restart"}
    assert run(capsys, "maintenance_lock", lock)["changed"]
    refused = run(capsys, "sentinel_repair", arguments(lab))
    assert (refused["outcome"], refused["done"]) == ("refused", [])
    assert "a-roll since" in refused["msg"]
    mine = run(capsys, "sentinel_repair", arguments(lab, lock={"owner": "a-roll"}))
    assert mine["outcome"] == "done", mine
    assert run(capsys, "maintenance_lock", {**lock, "state": "absent"})["changed"], "it stays the run's own"


def test_a_primary_that_takes_no_write_for_the_lock_is_refused_with_the_way_out(lab: Lab, capsys: Capture) -> None:
    broken, primary = lab.sentinels[2], lab.primary_of(GROUP)
    told(broken, "REMOVE", GROUP)
    for setting, value, way in (
        ("min-replicas-to-write", "5", f"CONFIG SET min-replicas-to-write 0 on {primary.name}"),
        ("maxmemory", "1", "raise that (CONFIG SET maxmemory)"),
    ):
        before = primary.config(setting)
        with primary.client() as client:
            client.config_set(setting, value)
        refused = run(capsys, "sentinel_repair", arguments(lab))
        with primary.client() as client:
            client.config_set(setting, before)
        assert (refused["outcome"], refused["changed"], refused["done"]) == ("refused", False, [])
        assert way in refused["msg"]
    assert run(capsys, "sentinel_repair", arguments(lab))["outcome"] == "done"


def test_a_chained_replica_copies_the_primary_again_without_a_full_synchronisation(lab: Lab, capsys: Capture) -> None:
    primary, (middle, chained) = lab.primary_of(GROUP), lab.replicas_of(GROUP)
    for sentinel in lab.sentinels:
        told(sentinel, "REMOVE", GROUP)  # they would mend it themselves after failover-timeout
    before = primary.info("stats")["sync_full"]
    with chained.client() as client:
        client.execute_command("REPLICAOF", *middle.announced)
    wait_linked(chained, middle.announced)
    done = run(capsys, "sentinel_repair", arguments(lab, **WATCHED))
    assert done["outcome"] == "done", done["msg"]
    assert ("repoint", chained.name) in kinds(done, "done")
    wait_linked(chained, primary.announced)
    assert primary.info("stats")["sync_full"] == before


def test_all_that_were_misled_by_a_greater_epoch_let_go_before_any_is_told_the_primary(
    lab: Lab, capsys: Capture
) -> None:
    """A forged hello, which anybody can send who reaches a Sentinel without a password of its own, moves all of them to a replica."""
    primary, replica = lab.primary_of(GROUP), lab.replicas_of(GROUP)[0]
    first, second = lab.sentinels[:2]
    seen = second.group_state(GROUP)
    epoch = int(seen["config-epoch"]) + 5
    with second.client() as client:
        my_id = client.execute_command("SENTINEL", "MYID")
    hello = (second.state.host, second.state.port, my_id, epoch, GROUP, *replica.announced, epoch)
    with first.client() as client:
        client.execute_command("PUBLISH", "__sentinel__:hello", ",".join(map(str, hello)))
    wait_until(
        lambda: next((s.name for s in lab.sentinels if s.primary_address(GROUP) != replica.announced), None),
        60.0,
        "every Sentinel to name the replica",
    )
    done = run(capsys, "sentinel_repair", arguments(lab))
    assert done["outcome"] == "done", done["msg"]
    assert kinds(done, "done") == [("remove", name) for name in names(lab)] + [("monitor", name) for name in names(lab)]
    wait_healthy(lab)
    assert lab.primary_of(GROUP).name == primary.name


def test_what_a_hand_over_left_borrowed_is_returned(lab: Lab, capsys: Capture) -> None:
    primary, replica = lab.primary_of(GROUP), lab.replicas_of(GROUP)[0]
    with replica.client() as client:
        client.config_set("replica-priority", "7")
    with primary.client() as client:
        client.hset(ledger_key(GROUP), Borrowed(NODE, replica.name, "replica-priority").encode(), "100")
    done = run(capsys, "sentinel_repair", arguments(lab))
    assert (done["outcome"], kinds(done, "done")) == ("done", [("return", primary.name)])
    assert replica.config("replica-priority") == "100"
    assert run(capsys, "sentinel_repair", arguments(lab))["outcome"] == "not_needed"


def test_nothing_was_refused_to_the_user_whose_rights_are_documented(lab: Lab) -> None:
    """The last of this module: what the tests before it have had servers do is what the page of permissions permits."""
    assert denied_anywhere(lab) == {}


def wait_linked(node: DataNode, address: tuple[str, int]) -> None:
    """Until it copies that address and has everything."""

    def missing() -> str | None:
        seen = node.info("replication")
        linked = (seen.get("master_host"), seen.get("master_port")) == address
        return None if linked and seen["master_link_status"] == "up" else str(seen)

    wait_until(missing, 60.0, f"{node.name} to copy {address}")

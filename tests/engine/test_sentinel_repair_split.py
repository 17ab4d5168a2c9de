# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two primaries that both took writes: shown, never chosen between, and ended without losing a key of the loser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.copy import Snapshots
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.group import GroupConnections
from ansible_collections.steadyhand.redis.plugins.module_utils._model.errors import Refused
from ansible_collections.steadyhand.redis.plugins.module_utils._model.repair.saved import SavedCopy
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.clock import SystemClock
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.repair import saving
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.repair.saving import LoserKeeper
from engine.engines import every_engine
from engine.modules import group_arguments, run
from engine.subjects import GROUP, target_of, targets_of, wait_healthy
from lab.lab import Lab
from lab.node import DataNode
from lab.ports import reserve_port
from lab.process import Process
from lab.state import Credentials
from lab.waiting import wait_until

LabFactory = Callable[..., Lab]
Capture = pytest.CaptureFixture[str]
KEYS = 300


def arguments(lab: Lab, **more: Any) -> dict[str, Any]:
    """Of the module."""
    credentials = lab.nodes_of(GROUP)[0].state.credentials
    assert credentials is not None
    logins = {"auth_user": Credentials.SENTINEL, "auth_password": credentials.sentinel_password}
    return {**group_arguments(lab), **logins, **more}


@contextmanager
def not_demoted(node: DataNode) -> Iterator[Callable[[], None]]:
    """A node that Sentinels are awake to, and may not demote until what is given is called."""

    def permit(sign: str) -> None:
        with node.client() as client:
            client.execute_command("ACL", "SETUSER", Credentials.SENTINEL, f"{sign}slaveof")

    permit("-")
    try:
        yield lambda: permit("+")
    finally:
        permit("+")


def write(node: DataNode, prefix: str) -> dict[str, str]:
    """Keys that only this node has; returns them."""
    written = {f"{prefix}:{number}": f"{prefix} {number}" for number in range(KEYS)}
    with node.client() as client:
        client.mset(written)
    return written


def split(lab: Lab) -> tuple[DataNode, DataNode]:
    """The first of these leads by the Sentinels; the second was a replica, was promoted by hand, and both took writes since."""
    first, second = lab.primary_of(GROUP), lab.replicas_of(GROUP)[0]
    common = write(first, "common")
    wait_until(
        lambda: None if all_of(second).keys() >= common.keys() else "not there yet", 60.0, "the replica to have all"
    )
    with second.client() as client:
        client.execute_command("REPLICAOF", "NO", "ONE")
    for node in (first, second):
        write(node, f"of-{node.name}")
    return first, second


def all_of(node: DataNode) -> dict[str, str]:
    """Every key of users, with its value."""
    with node.client() as client:
        return contents(client)


def contents(client: Any) -> dict[str, str]:
    """The same over an open client, without what this collection keeps."""
    keys = [key for key in client.scan_iter(count=1000) if not key.startswith("steadyhand:")]
    return dict(zip(keys, client.mget(keys), strict=True)) if keys else {}


def restored(lab: Lab, path: str, node: DataNode) -> dict[str, str]:
    """What a fresh server of the same engine finds in a file."""
    directory = Path(path).parent / "restored"
    directory.mkdir()
    (directory / "dump.rdb").write_bytes(Path(path).read_bytes())
    port = reserve_port(lab.directory)
    command = (node.state.binary, "--port", str(port), "--dir", str(directory), "--save", "", "--appendonly", "no")
    process = Process("restored", directory, command)
    process.spawn()
    try:
        with redis.Redis(port=port, decode_responses=True) as client:

            def loading() -> str | None:
                try:
                    return "loading" if client.info("persistence")["loading"] else None
                except redis.ConnectionError as error:
                    assert process.is_running(), process.log_tail()
                    return str(error)

            wait_until(loading, 60.0, "a fresh server with the file")
            return contents(client)
    finally:
        process.kill()


@every_engine
def test_the_chosen_primary_keeps_all_and_the_losers_file_holds_every_key_of_it(
    lab_factory: LabFactory, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the beginning of the save on, every Sentinel that knew of the loser would demote it within ten seconds; it takes longer."""
    lab = lab_factory(groups=1, secured=True, persistence="none")
    wait_healthy(lab)
    save = LoserKeeper.save
    with not_demoted(lab.replicas_of(GROUP)[0]) as permit_demotion:

        def save_in_danger(keeper: LoserKeeper, name: str) -> SavedCopy:
            permit_demotion()
            return save(keeper, name)

        monkeypatch.setattr(LoserKeeper, "save", save_in_danger)
        winner, loser = split(lab)
        with loser.client() as client:
            # 600 keys of 25 ms make a save of 15 s.
            client.config_set("rdb-key-save-delay", "25000")
        kept, given_up = all_of(winner), all_of(loser)
        assert len(kept) == len(given_up) == 2 * KEYS
        shown = run(capsys, "sentinel_repair", arguments(lab, save_to=str(tmp_path)))
        assert (shown["outcome"], shown["changed"], shown["done"]) == ("refused", False, [])
        copies = {copy["name"]: copy for copy in shown["copies"]}
        assert {name: copy["number_of_keys"] for name, copy in copies.items()} == {
            winner.name: len(kept),
            loser.name: len(given_up),
        }
        assert copies[winner.name]["named_by"] == [sentinel.address for sentinel in lab.sentinels]
        assert copies[loser.name]["own_bytes"] > KEYS, "since its promotion"
        assert "say by choose whose data survive" in shown["msg"]
        assert f"{loser.name}: {len(given_up)} keys" in shown["msg"]

        done = run(capsys, "sentinel_repair", arguments(lab, save_to=str(tmp_path), choose=winner.name))
    assert done["outcome"] == "done", done["msg"]
    assert [step["kind"] for step in done["done"]] == ["remove"] * 3 + ["save", "demote"] + ["monitor"] * 3
    wait_healthy(lab)
    assert lab.primary_of(GROUP).name == winner.name
    assert all_of(winner) == kept
    assert all_of(loser) == kept
    (saved,) = done["saved"]
    assert (saved["node"], "checksum" in saved["checked"]) == (loser.name, True)
    assert Path(saved["path"]).stat().st_mode & 0o777 == 0o600
    assert restored(lab, saved["path"], loser) == given_up


def test_the_losers_replica_copies_the_winner_once_its_primary_is_given_up(
    lab_factory: LabFactory, capsys: Capture, tmp_path: Path
) -> None:
    """A loser that is only beginning to copy the winner lets nobody copy it, so its replica has no link meanwhile."""
    lab = lab_factory(groups=1, secured=True)
    wait_healthy(lab)
    replica = lab.replicas_of(GROUP)[1]
    with not_demoted(lab.replicas_of(GROUP)[0]) as permit_demotion, not_demoted(replica) as permit_moves:
        winner, loser = split(lab)
        with winner.client() as client:
            client.config_set("rdb-key-save-delay", "10000")
        with replica.client() as client:
            client.execute_command("REPLICAOF", *loser.announced)
        wait_until(
            lambda: None if all_of(replica) == all_of(loser) else "not there yet",
            60.0,
            "the replica to have the loser's",
        )
        kept, given_up = all_of(winner), all_of(loser)
        done = run(capsys, "sentinel_repair", arguments(lab, save_to=str(tmp_path), choose=winner.name))
        permit_demotion()
        permit_moves()
    assert done["outcome"] == "done", done["msg"]
    assert [(step["kind"], step["subject"]) for step in done["done"]] == [
        *(("remove", sentinel.address) for sentinel in lab.sentinels),
        ("save", loser.name),
        ("demote", loser.name),
        ("repoint", replica.name),
        *(("monitor", sentinel.address) for sentinel in lab.sentinels),
    ]
    wait_healthy(lab)
    assert lab.primary_of(GROUP).name == winner.name
    seen = replica.info("replication")
    assert (seen["master_host"], seen["master_port"]) == winner.announced
    assert all_of(winner) == all_of(loser) == all_of(replica) == kept
    assert restored(lab, done["saved"][0]["path"], loser) == given_up


def test_a_copy_is_whole_over_tls_whether_its_length_is_known_beforehand_or_not(
    lab_factory: LabFactory, tmp_path: Path
) -> None:
    """From its disk a node sends the length first, without its disk a mark at the end."""
    lab = lab_factory(groups=1, replicas=0, sentinels=0, tls=True, settings={"repl-diskless-sync-delay": "0"})
    node = lab.primary_of(GROUP)
    with node.client() as client:
        client.mset({f"key:{number}": "v" * 1000 for number in range(5000)})
    everything, kept_alive = all_of(node), list[None]()
    for diskless in ("yes", "no"):
        with node.client() as client:
            client.config_set("repl-diskless-sync", diskless)
        place = tmp_path / diskless
        place.mkdir()
        looks = len(kept_alive)
        file = Snapshots(str(place)).save(target_of(node), lambda: kept_alive.append(None))
        assert len(kept_alive) > looks, "a fence is prolonged meanwhile"
        assert "is right" in file.checked
        assert file.size == Path(file.path).stat().st_size > 100000
        assert restored(lab, file.path, node) == everything


def test_nothing_is_saved_as_long_as_a_sentinel_is_connected(
    shared_lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that no Sentinel of the set knows of, and no inventory, shows only by its connection."""
    monkeypatch.setattr(saving, "RELEASE_SECONDS", 1.0)
    with GroupConnections(targets_of(shared_lab)) as connections:
        keeper = LoserKeeper(connections, SystemClock(), Snapshots(str(tmp_path)), lambda: None)
        with pytest.raises(Refused, match="Sentinels are still connected to it and may demote it: sentinel-"):
            keeper.save(shared_lab.primary_of(GROUP).name)
    assert list(tmp_path.iterdir()) == []


def test_what_only_the_end_of_a_split_brain_needs_is_missed_beforehand(
    lab_factory: LabFactory, capsys: Capture, tmp_path: Path
) -> None:
    lab = lab_factory(groups=1, secured=True, replicas=1)
    wait_healthy(lab)
    for sentinel in lab.sentinels:
        with sentinel.client() as client:
            client.execute_command("SENTINEL", "REMOVE", GROUP)
    winner, loser = split(lab)
    told = {"down_after_milliseconds": 5000, "failover_timeout": 60000, "parallel_syncs": 1}
    wish = arguments(lab, save_to=str(tmp_path), choose=winner.name, **told)
    for rule, command in (("sync", "SYNC"), ("client|list", "CLIENT LIST"), ("replconf", "REPLCONF")):
        with loser.client() as client:
            client.execute_command("ACL", "SETUSER", Credentials.MAINTENANCE, f"-{rule}")
        refused = run(capsys, "sentinel_repair", wish, check=True)
        assert refused["outcome"] == "refused"
        assert f"{loser.name} would not let us run {command}" in refused["msg"]
        with loser.client() as client:
            client.execute_command("ACL", "SETUSER", Credentials.MAINTENANCE, f"+{rule}")
    refusals: dict[str, tuple[dict[str, Any], str]] = {
        "no place": ({"save_to": None}, "save_to is needed"),
        "no directory": ({"save_to": str(tmp_path / "none")}, "is no directory"),
        "nobody of that name": ({"choose": "somebody"}, "is none of the nodes"),
        "no password": ({"auth_password": None}, "auth_password is needed"),
    }
    for what, (more, said) in refusals.items():
        refused = run(capsys, "sentinel_repair", {**wish, **more})
        assert (refused["outcome"], refused["changed"]) == ("refused", False), what
        assert said in refused["msg"], (what, refused["msg"])
    # A Sentinel that does not answer may demote the loser in the middle of its save.
    lab.sentinels[2].process.freeze()
    refused = run(capsys, "sentinel_repair", {**wish, "connect_timeout": 1.0})
    assert refused["outcome"] == "refused"
    assert f"{lab.sentinels[2].address} does not answer, and may demote a primary" in refused["msg"]
    lab.sentinels[2].process.thaw()
    assert {node.role() for node in (loser, winner)} == {"master"}
    assert list(tmp_path.iterdir()) == []

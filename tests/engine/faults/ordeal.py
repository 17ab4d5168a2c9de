# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One group with users on it all the time, to which anything may be done in any order, and what must hold meanwhile."""

from __future__ import annotations

import json
import re
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
import redis
from ansible_collections.steadyhand.redis.plugins.module_utils._model.drivers import SENTINEL
from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import (
    DONE,
    REFUSED,
    UNKNOWN,
    Evidence,
    HandOverResult,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._model.lock import LockWish
from engine.faults import doomed
from engine.faults.excuses import Excuse, why_not_excused
from engine.faults.injection import Injection
from engine.faults.steps import strike
from engine.faults.trial import (
    LOAD,
    LOSS,
    hand_over,
    hurry_one,
    left_behind,
    proven,
    until_sentinels_name_another,
    wait_whole,
)
from engine.subjects import wait_healthy
from lab.lab import Lab
from lab.node import DataNode
from lab.restart import restart
from lab.sentinel import SentinelNode
from lab.traffic.load import Load
from lab.traffic.report import TrafficReport
from lab.traffic.traffic import Traffic
from lab.waiting import wait_until

LONGEST_PAUSE = 5.0
"""Seconds: the longest that any driver lets clients wait."""
ANSWER_WITHIN = LONGEST_PAUSE + 3.0
OVERLOAD = ("replica_lagging", "bytes behind", "no_room_for_full_sync")
"""A load that the machine cannot keep up with is refused for these, and rightly."""
STALL = 1.0
"""Seconds for which a server stands still without anybody taking it for dead."""
SETTLES_WITHIN = 30.0
"""Seconds until an undamaged group is at rest after a hand-over."""


@dataclass(frozen=True)
class Strike:
    """A fault in the middle of a hand-over: at that step (`steps.STEPS`), one of `FAULTS` or `DEATHS`."""

    step: str
    fault: str


@dataclass
class Cast:
    """Who plays which part in one hand-over."""

    primary: DataNode
    candidate: DataNode
    other: DataNode
    asked: SentinelNode
    another: SentinelNode
    held_since: int | None = None
    """When the fence stood (nanoseconds, monotonic)."""


@dataclass
class Ordeal:
    """What is done to a group is told in `history`; what may be lost by it is in `excuses`."""

    lab: Lab
    group: str
    history: list[str] = field(default_factory=list)
    excuses: list[Excuse] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._down: list[DataNode | SentinelNode] = []
        self._frozen: list[DataNode | SentinelNode] = []
        self._may_be_replaced: list[tuple[DataNode, int]] = []
        self._unsettled = False
        self._said: list[str] = []
        self._reports: list[TrafficReport] = []
        self._stays: str | None = None
        self._began = time.monotonic_ns()
        wait_whole(self.lab, self.group)
        wait_healthy(self.lab, self.group, accept=("settings_borrowed",))
        self._traffic = Traffic.start(self.lab, LOAD, [self.group])

    @property
    def at_rest(self) -> bool:
        """Whether every server runs and nothing is known to be under way."""
        return not (self._down or self._frozen or self._unsettled)

    def tell(self, what: str) -> None:
        """Note what is done or seen, with the seconds since the beginning."""
        self.history.append(f"{(time.monotonic_ns() - self._began) / 1e9:8.3f} {what}")
        print(self.history[-1], flush=True)

    # What people and machines do to a group.

    def hand_over(self, driver: str, which: int, leader: int | None, strikes: Sequence[Strike], rival: bool) -> None:
        """By that driver to the first or second replica, with faults in its middle; ``rival`` does the same meanwhile.

        ``leader``: that Sentinel is asked at once. Without one the right moment is waited for.
        """
        at_rest = self.at_rest
        cast = self._cast(which, leader or 0) if at_rest else None
        wish: dict[str, Any] = {} if cast is None else {"target": cast.candidate.name}
        patience = SETTLES_WITHIN if at_rest and not strikes else LONGEST_PAUSE
        self.tell(f"hand over: {driver}, {wish}, asking {leader}, {strikes}{', with a rival' if rival else ''}")
        since = time.monotonic_ns()
        rivals: list[HandOverResult] = []
        with pytest.MonkeyPatch.context() as monkeypatch:
            inject = Injection(monkeypatch)
            if leader is not None:
                inject.at_once(self.lab.sentinels[leader].name)
            if cast is not None:
                inject.after_phase("fence", partial(self._fenced, cast))
                for one in strikes:
                    strike(inject, one.step, partial(self._strike, one.fault, cast), driver)
            competing = threading.Thread(target=lambda: rivals.append(self._rival(driver)))
            if rival:
                competing.start()
            result = hand_over(self.lab, self.group, driver=driver, settle_timeout=patience, **wish)
            if rival:
                competing.join()
        self._judge(result, since)
        for theirs in rivals:
            self._judge(theirs, since)
        harmless = all(one.fault in FAULTS for one in strikes)
        if at_rest and not strikes:
            assert result.outcome != UNKNOWN, result
            results = [result, *rivals]
            # Of two one works, and the other is told that it does.
            reasons = [reason for one in results for reason in one.reasons if "holds the lock" not in reason]
            loaded = bool(reasons) and all(any(words in reason for words in OVERLOAD) for reason in reasons)
            done = any(one.outcome == DONE for one in results)
            assert done or (result.outcome == REFUSED and loaded), results
        if cast is not None and harmless and not rival and result.outcome == REFUSED:
            self._stays = cast.primary.name

    def hand_over_in_a_process_that(self, driver: str, step: str, number: signal.Signals) -> None:
        """Kills itself at that step, or stands still there for longer than its fence."""
        old = self.lab.primary_of(self.group) if self.at_rest else None
        self.tell(f"hand over: {driver}, in a process with {number.name} at: {step}")
        since = time.monotonic_ns()
        process = doomed.start(self.lab, self.group, step, number, driver=driver)
        if number == signal.SIGSTOP and doomed.froze(process):
            if old is not None:
                with old.client(timeout=ANSWER_WITHIN) as client:
                    # Answered only once the fence has ended by itself, or the node leads no more.
                    self._answer(client)
            process.send_signal(signal.SIGCONT)
        output, _nothing = process.communicate(timeout=120)
        if process.returncode == -signal.SIGKILL:
            self.tell("it is dead")
            self._unsettled = True
            if driver == SENTINEL and step in ("asked", "promote"):
                self.excuses.append(Excuse(f"the process died at: {step}", since, owed=True))
            return
        assert process.returncode == 0, process.returncode
        said = json.loads(output)
        self._judge(HandOverResult(said["outcome"], tuple(said["reasons"]), Evidence(**said["evidence"])), since)

    def kill_primary(self) -> None:
        """Outside of any hand-over, and start it again once another leads."""
        self.heal()
        primary = self.lab.primary_of(self.group)
        self.kill_node(primary, None)
        self.heal()

    def damage(self, fault: str, which: int) -> None:
        """One of `FAULTS` or `DEATHS` outside of any hand-over, which lasts until the group is healed."""
        self.heal()
        self._strike(fault, self._cast(which, which))
        self._unsettled = True

    def restart_replica(self, which: int) -> None:
        """By the script that a roll calls."""
        self.heal()
        node = self.lab.replicas_of(self.group)[which]
        self.tell(f"restart {node.name}")
        restart(self.lab.directory, node.name)
        self._unsettled = True

    def change_setting(self, which: int, name: str, value: str) -> None:
        """On one node, in memory and in the file."""
        self.heal()
        node = self.lab.nodes_of(self.group)[which]
        self.tell(f"{node.name}: {name} {value}")
        with node.client() as client:
            client.config_set(name, value)
            client.config_rewrite()

    def change_load(self, load: Load) -> None:
        """Other users take the place of those that there are."""
        self.heal()
        self.tell(f"load: {load}")
        self._reports.append(self._traffic.stop())
        self._traffic = Traffic.start(self.lab, load, [self.group])

    def heal(self) -> None:
        """Start and continue everything, and wait until the group is whole and healthy but for what is borrowed."""
        if not self.at_rest:
            self.tell("heal " + ", ".join(one.name for one in [*self._down, *self._frozen]))
        self._revive()
        wait_whole(self.lab, self.group)
        wait_healthy(self.lab, self.group, accept=("settings_borrowed",))
        self._unsettled = False
        for excuse in self.excuses:
            excuse.until = excuse.until or time.monotonic_ns()
        if self._stays is not None:
            assert self.lab.primary_of(self.group).name == self._stays, "refused, and the role has moved all the same"
        self._stays = None

    # What must hold.

    def check_now(self) -> None:
        """Every primary that runs answers a write in time: no pause outlives its fence."""
        for node in self.lab.nodes_of(self.group):
            if node in self._down or node in self._frozen:
                continue
            if node.role() == "master":
                with node.client(timeout=ANSWER_WITHIN) as client:
                    self._answer(client)

    def check_in_the_end(self) -> None:
        """The next hand-over leaves nothing behind, and nothing is lost but what is excused."""
        self.heal()
        self.tell("the last hand-over")
        result = hand_over(self.lab, self.group, settle_timeout=SETTLES_WITHIN)
        self._said += result.reasons
        assert result.outcome == DONE, result
        assert left_behind(self.lab, self.group) == []
        self._reports.append(self._traffic.stop())
        replicas = [node.name for node in self.lab.replicas_of(self.group)]
        said_of_loss = any(LOSS in one for one in self._said)
        for report in self._reports:
            lost = report.check(self.lab)
            if lost:
                self.tell(f"lost: {len({one.key for one in lost})} writes")
            wrong = why_not_excused(lost, self.excuses, replicas, report.value_size, said_of_loss)
            assert not wrong, "\n".join([*wrong[:20], *map(str, self.excuses)])

    def abandon(self) -> None:
        """After a failure: leave every server running, as far as that is possible."""
        for one in self._frozen:
            one.process.thaw()
        for one in self._down:
            one.start()
        if self._traffic.process(self.group).is_running():
            self._traffic.process(self.group).kill()

    def _answer(self, client: redis.Redis) -> None:
        try:
            client.set("ordeal", "a write of its own")
        except redis.ResponseError:
            # An error is an answer too: a replica by now, or too few replicas.
            return
        except redis.ConnectionError as error:
            # Sentinel, or we, sent all clients away in this moment.
            if isinstance(error, redis.TimeoutError):
                raise

    def _judge(self, result: HandOverResult, since: int) -> None:
        self.tell(f"{result.outcome}: {'; '.join(result.reasons)}; {result.evidence.phases_ms}")
        self.outcomes.append(result.outcome)
        self._said += result.reasons
        if result.outcome == DONE:
            assert proven(result), result
            if self.at_rest and "still borrowed" not in "; ".join(result.reasons):
                assert left_behind(self.lab, self.group) == [], result
            return
        assert result.reasons, result
        self._unsettled = self._unsettled or result.outcome == UNKNOWN
        if result.outcome == UNKNOWN and not proven(result):
            missing = re.search(r"(\d+) bytes are missing", "; ".join(result.reasons))
            most = None if missing is None else int(missing[1])
            self.excuses.append(Excuse("; ".join(result.reasons), since, most_bytes=most))

    def _rival(self, driver: str) -> HandOverResult:
        lock = LockWish("rival", "the same at the same time", 60)
        return hand_over(self.lab, self.group, driver=driver, settle_timeout=SETTLES_WITHIN, lock=lock)

    def _cast(self, which: int, leader: int) -> Cast:
        replicas = self.lab.replicas_of(self.group)
        sentinels = self.lab.sentinels
        return Cast(
            self.lab.primary_of(self.group),
            replicas[which],
            replicas[1 - which],
            sentinels[leader],
            sentinels[(leader + 1 + which) % len(sentinels)],
        )

    def _fenced(self, cast: Cast) -> None:
        cast.held_since = time.monotonic_ns()

    def _strike(self, fault: str, cast: Cast) -> None:
        self.tell(f"  {fault}")
        {**FAULTS, **DEATHS}[fault](self, cast)

    def kill_node(self, node: DataNode, cast: Cast | None) -> None:
        if node in self._down:
            return
        since, leads = self._replicated_until(cast), _leads(node)
        node.process.kill()
        self._down.append(node)
        if node in self._frozen:
            self._frozen.remove(node)
        if leads:
            self.excuses.append(Excuse(f"{node.name} was killed", since, time.monotonic_ns()))

    def freeze(self, server: DataNode | SentinelNode) -> None:
        if server not in self._down and server not in self._frozen:
            server.process.freeze()
            self._frozen.append(server)

    def freeze_node(self, node: DataNode, cast: Cast) -> None:
        if node not in self._down and node not in self._frozen:
            since, leads = self._replicated_until(cast), _leads(node)
            self.freeze(node)
            if leads:
                self._may_be_replaced.append((node, since))

    def kill_sentinel(self, sentinel: SentinelNode) -> None:
        sentinel.process.kill()
        if sentinel in self._frozen:
            self._frozen.remove(sentinel)
        if sentinel not in self._down:
            self._down.append(sentinel)

    def stall(self, server: DataNode | SentinelNode) -> None:
        if server not in self._down and server not in self._frozen:
            server.process.freeze()
            time.sleep(STALL)
            server.process.thaw()

    def resync(self, node: DataNode) -> None:
        """Have a replica copy its primary anew."""
        with node.client() as client:
            replication = client.info("replication")
            if replication["role"] == "slave":
                pipeline = client.pipeline(transaction=True)
                pipeline.execute_command("REPLICAOF", "NO", "ONE")
                pipeline.execute_command("REPLICAOF", replication["master_host"], replication["master_port"])
                pipeline.execute()

    def _replicated_until(self, cast: Cast | None) -> int:
        """A moment before which every acknowledged write is on more than one node, as late as can be shown.

        Behind a fence nothing is acknowledged, so it is the moment of the fence.
        """
        if cast is not None and cast.held_since is not None:
            return cast.held_since
        moment = time.monotonic_ns()
        primary = self.lab.primary_of(self.group)
        offset = primary.info("replication")["master_repl_offset"]

        def reason() -> str | None:
            behind = [
                node.name
                for node in self.lab.nodes_of(self.group)
                if node.name != primary.name and node.info("replication").get("slave_repl_offset", 0) < offset
            ]
            return f"{behind} are behind" if behind else None

        wait_until(reason, 30.0, "replicas to have what was acknowledged", interval=0.0)
        return moment

    def _revive(self) -> None:
        """Sentinels first: a dead primary must be replaced before it is started, or it would lead with an old state."""
        for node, since in self._may_be_replaced:
            if any(self._has_moved_on(sentinel, node) for sentinel in self.lab.sentinels):
                self.excuses.append(Excuse(f"{node.name} stood still and was replaced", since))
        self._may_be_replaced.clear()
        for server in self._frozen:
            server.process.thaw()
        self._frozen.clear()
        for server in [one for one in self._down if isinstance(one, SentinelNode)]:
            server.start()
            hurry_one(self.lab, server.name)
            self._down.remove(server)
        for node in [one for one in self._down if isinstance(one, DataNode)]:
            if any(one.primary_address(self.group)[1] == node.state.port for one in self.lab.sentinels):
                until_sentinels_name_another(self.lab, self.group, node)
            node.start()
            self._down.remove(node)

    def _has_moved_on(self, sentinel: SentinelNode, node: DataNode) -> bool:
        if sentinel in self._down or sentinel in self._frozen:
            return False
        seen = sentinel.group_state(self.group)
        return int(seen["port"]) != node.state.port or seen["flags"] != "master"


def _leads(node: DataNode) -> bool:
    try:
        return node.role() == "master"
    except redis.RedisError:
        return False


FAULTS: Mapping[str, Callable[[Ordeal, Cast], None]] = {
    "a replica stalls": lambda ordeal, cast: ordeal.stall(cast.other),
    "the candidate stalls": lambda ordeal, cast: ordeal.stall(cast.candidate),
    "the primary stalls": lambda ordeal, cast: ordeal.stall(cast.primary),
    "the asked Sentinel stalls": lambda ordeal, cast: ordeal.stall(cast.asked),
    "a full synchronisation begins": lambda ordeal, cast: ordeal.resync(cast.other),
    "the asked Sentinel dies": lambda ordeal, cast: ordeal.kill_sentinel(cast.asked),
    "another Sentinel dies": lambda ordeal, cast: ordeal.kill_sentinel(cast.another),
    "the asked Sentinel freezes": lambda ordeal, cast: ordeal.freeze(cast.asked),
    "another Sentinel freezes": lambda ordeal, cast: ordeal.freeze(cast.another),
}
"""What no node of the group dies of, by a name for people."""

DEATHS: Mapping[str, Callable[[Ordeal, Cast], None]] = {
    "a replica dies": lambda ordeal, cast: ordeal.kill_node(cast.other, cast),
    "a replica freezes": lambda ordeal, cast: ordeal.freeze_node(cast.other, cast),
    "the candidate dies": lambda ordeal, cast: ordeal.kill_node(cast.candidate, cast),
    "the candidate freezes": lambda ordeal, cast: ordeal.freeze_node(cast.candidate, cast),
    "the primary dies": lambda ordeal, cast: ordeal.kill_node(cast.primary, cast),
    "the primary freezes": lambda ordeal, cast: ordeal.freeze_node(cast.primary, cast),
}
"""At most one of these at a time: the engine itself promises nothing for two."""

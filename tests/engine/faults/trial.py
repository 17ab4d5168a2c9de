# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One hand-over under load and under a fault, and what must hold afterwards whatever the fault was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import redis
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.routing import CommandRoute
from ansible_collections.steadyhand.redis.plugins.module_utils._model.borrowed import ledger_key
from ansible_collections.steadyhand.redis.plugins.module_utils._model.drivers import BARE, SENTINEL
from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import DONE, HandOverResult
from engine.subjects import conducting, wait_healthy
from lab.convergence import why_group_is_not_whole
from lab.traffic.load import Load
from lab.traffic.traffic import Traffic
from lab.waiting import wait_until

if TYPE_CHECKING:
    from lab.lab import Lab
    from lab.node import DataNode
    from lab.sentinel import SentinelNode
    from lab.traffic.checker import LostWrite
    from lab.traffic.report import Effect

LOAD = Load(value_size=200, writes_per_second=300.0, messages_per_second=20.0)
LOSS = "that hand-over ended without its proof"
"""What the next hand-over says of one that died where writes could be lost."""
ROUTE_SECONDS = 2.0
"""The longest that moving the traffic of a group without Sentinels may take."""
HEALED_WITHIN = 60.0
"""Seconds until the Sentinels have put a group right: they demote a second primary after about ten."""


def hurry(lab: Lab) -> None:
    """Let the Sentinels look each second instead of each ten, and leave TILT after three seconds instead of thirty."""
    for sentinel in lab.sentinels:
        hurry_one(lab, sentinel.name)


def hurry_one(lab: Lab, name: str) -> None:
    """The same for one that was started again."""
    with lab.sentinel(name).client() as client:
        client.execute_command("SENTINEL", "DEBUG", "info-period", 1000, "tilt-period", 3000)


def revived(lab: Lab, *names: str) -> Callable[[], None]:
    """Start Sentinels again."""

    def revive() -> None:
        for name in names:
            lab.sentinel(name).start()
            hurry_one(lab, name)

    return revive


@dataclass(frozen=True)
class Trial:
    """What is known after it."""

    result: HandOverResult
    old: DataNode
    effect: Effect
    lost: list[LostWrite]

    @property
    def said(self) -> str:
        """All reasons as one text."""
        return "; ".join(self.result.reasons)

    @property
    def proven(self) -> bool:
        """Whether the numbers prove it."""
        return proven(self.result)


def proven(result: HandOverResult) -> bool:
    """Whether the new primary inherited all bytes, and the old one took none after its fence, by the numbers alone."""
    evidence = result.evidence
    numbers = (evidence.inherited_offset, evidence.fence_offset, evidence.final_offset)
    inherited, fenced, final = (-1 if number is None else number for number in numbers)
    return inherited >= fenced == final >= 0 and evidence.inherited_id == evidence.replication_id


def hand_over(lab: Lab, group: str, **wish: Any) -> HandOverResult:
    """One hand-over by any Sentinel, with little patience for what cannot settle.

    Without Sentinels the lab's pointer is moved.
    """
    if wish.get("driver") == BARE:
        route = CommandRoute(group, lab.pointer_of(group).command, ROUTE_SECONDS)
        wish = {"route": route, "route_seconds": ROUTE_SECONDS, **wish}
    with conducting(lab, group, **{"settle_timeout": 10.0, "driver": SENTINEL, **wish}) as conductor:
        return conductor.run()


def tried(
    lab: Lab,
    group: str,
    heal: Callable[[], object] | None = None,
    begin: Callable[[], object] | None = None,
    load: Load = LOAD,
    **wish: Any,
) -> Trial:
    """Hand over under load, then `heal` what the fault broke, wait until the group is whole, and count lost writes.

    ``begin`` breaks something beforehand.

    The users go on until the group is whole, so that what is acknowledged in the meantime counts as well.
    """
    wait_healthy(lab, group)
    old = lab.primary_of(group)
    traffic = Traffic.start(lab, load, [group])
    if begin is not None:
        begin()
    result = hand_over(lab, group, **wish)
    if heal is not None:
        heal()
    wait_whole(lab, group)
    report = traffic.stop()
    return Trial(result, old, report.effects[0], report.check(lab))


def wait_whole(lab: Lab, group: str) -> None:
    """Wait until the nodes are one primary with its replicas, and every Sentinel names that primary."""

    def reason() -> str | None:
        try:
            broken = why_group_is_not_whole(lab.nodes_of(group))
            if broken is not None:
                return broken
            leads = lab.primary_of(group).state.announced
            for sentinel in lab.sentinels:
                named = sentinel.primary_address(group)
                if named[1] != leads[1]:
                    return f"{sentinel.name} names {named}"
        except redis.RedisError as error:
            return str(error)
        return None

    wait_until(reason, HEALED_WITHIN, f"{group} to be whole", interval=0.1)


def until_sentinels_name_another(lab: Lab, group: str, than: DataNode) -> None:
    """Wait until every Sentinel names another node than that one, which is dead.

    A Sentinel that promoted a node which then died waits for it without end when the others meanwhile failed back to the
    very node that it still has as primary (sentinelFailoverDetectEnd; seen on 7.0). As an operator would, it is reset then.
    """

    def naming() -> list[SentinelNode]:
        return [one for one in lab.sentinels if one.primary_address(group)[1] == than.state.port]

    def most() -> str | None:
        return f"{len(naming())} Sentinels name it" if len(naming()) > 1 else None

    def all_of_them() -> str | None:
        return f"{naming()} name it" if naming() else None

    # A vote that was split is repeated after twice the failover-timeout.
    wait_until(most, HEALED_WITHIN + 2 * lab.options.failover_timeout_ms / 1000, f"a failover away from {than.name}")
    for stuck in naming():
        with stuck.client() as client:
            client.execute_command("SENTINEL", "RESET", group)
    wait_until(all_of_them, HEALED_WITHIN, f"every Sentinel to forget {than.name} as primary")


def until_a_sentinel_names(lab: Lab, group: str, node: DataNode) -> None:
    """Wait until clients may have been told of that node as the primary."""

    def reason() -> str | None:
        named = [one.primary_address(group)[1] for one in lab.sentinels if one.process.is_running()]
        return None if node.state.port in named else f"they name ports {named}"

    wait_until(reason, HEALED_WITHIN, f"{node.name} to be announced", interval=0.002)


def left_behind(lab: Lab, group: str) -> list[str]:
    """What a hand-over must not leave: a pause, a borrowed value in memory or in a file or at a Sentinel, an entry in the
    ledger."""
    found = []
    primary = lab.primary_of(group)
    with primary.client(timeout=1.0) as client:
        # A primary whose writes are held would not answer this within the time-out.
        client.set("left:behind", "no pause")
        found += [f"ledger: {entry!s}" for entry in client.hgetall(ledger_key(group))]
    for node in lab.nodes_of(group):
        lines = node.state.conf_file.read_text(encoding="utf-8").splitlines()
        for name, usual in (("repl-ping-replica-period", "10"), ("replica-priority", "100")):
            if node.config(name) != usual:
                found.append(f"{name} of {node.name} is {node.config(name)}")
            found += [
                f"file of {node.name}: {line}" for line in lines if line.startswith(name) and line.split()[1] != usual
            ]
    for sentinel in lab.sentinels:
        seen = sentinel.group_state(group)
        for name, ms in (
            ("down-after-milliseconds", lab.options.down_after_ms),
            ("failover-timeout", lab.options.failover_timeout_ms),
        ):
            if int(seen[name]) != ms:
                found.append(f"{name} of {sentinel.name} is {seen[name]}")
    return found


def assert_done_again(lab: Lab, group: str, **wish: Any) -> None:
    """The next hand-over is done, or says why not."""
    again = run_again(lab, group, **wish)
    assert again.outcome == DONE, again.reasons


def run_again(lab: Lab, group: str, **wish: Any) -> HandOverResult:
    """The next hand-over after a fault, once the group is healthy but for what the first one left."""
    wait_healthy(lab, group, accept=("settings_borrowed",))
    return hand_over(lab, group, **wish)

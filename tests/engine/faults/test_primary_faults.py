# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A primary that dies, stops, restarts, is busy or does not obey while its role is handed over."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import pytest
import redis
from ansible_collections.steadyhand.redis.plugins.module_utils._model.borrowed import ledger_key
from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import DONE, REFUSED, UNKNOWN
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover import completion
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.fence import (
    PING_PERIOD,
    StandingFence,
)
from engine.engines import NOT_HURRIED, not_on
from engine.faults.injection import Injection
from engine.faults.trial import (
    assert_done_again,
    left_behind,
    tried,
    until_a_sentinel_names,
    until_sentinels_name_another,
)
from lab.lab import Lab
from lab.node import DataNode
from lab.traffic.discovery import TIMEOUT
from lab.waiting import wait_until

GROUPS = 16
pytestmark = not_on(*NOT_HURRIED)
FENCE = 3.0
"""Seconds: 0.6 of the labs' down-after-milliseconds."""
AUTOMATIC_FAILOVER = 15.0
"""Seconds until clients write again after a death that nobody prepared: 5 until it is noticed, then the election."""


def permit(node: DataNode, *rules: str) -> Callable[[], object]:
    """A change of what everybody may do on a node."""

    def change() -> None:
        with node.client() as client:
            client.execute_command("ACL", "SETUSER", "default", *rules)

    return change


def permit_everything(node: DataNode) -> Callable[[], object]:
    """The end of it. A rule given back by its name would stay in the list since Redis 8.0 and in Valkey, and the next
    hand-over refuses nodes whose lists differ."""
    return permit(node, "+@all")


def restarted_once_replaced(lab: Lab, group: str, node: DataNode) -> Callable[[], object]:
    """Start a dead primary when another leads: before, it would lead again, with what its last save held."""

    def heal() -> None:
        until_sentinels_name_another(lab, group, node)
        node.start()

    return heal


@pytest.mark.parametrize("moment", ["before the fence", "behind the fence"])
def test_a_primary_killed_before_anybody_was_asked_is_left_to_sentinel(
    shared_lab: Lab, group: str, inject: Injection, moment: str
) -> None:
    inject.at_once()
    primary = shared_lab.primary_of(group)
    if moment == "before the fence":
        inject.before_call(StandingFence, "raise_", primary.process.kill)
    else:
        inject.after_phase("fence", primary.process.kill)
    trial = tried(shared_lab, group, heal=restarted_once_replaced(shared_lab, group, primary))
    assert trial.result.outcome == REFUSED
    assert "the primary does not answer behind" in trial.said or "did not answer when its writes" in trial.said
    # Unfenced, the engine itself loses what a primary acknowledges in the instant of its death (asynchronous replication).
    assert len({one.key for one in trial.lost}) <= (20 if moment == "before the fence" else 0)
    assert trial.effect.longest_pause < AUTOMATIC_FAILOVER
    assert_done_again(shared_lab, group)
    assert left_behind(shared_lab, group) == []


def test_a_primary_killed_during_the_promotion_loses_nothing_and_is_not_called_done(
    shared_lab: Lab, group: str, inject: Injection
) -> None:
    inject.at_once()
    primary = shared_lab.primary_of(group)
    inject.after_phase("prove", primary.process.kill)
    trial = tried(shared_lab, group, heal=restarted_once_replaced(shared_lab, group, primary))
    assert trial.result.outcome == UNKNOWN
    assert f"{primary.name} was not seen to step down" in trial.said
    assert trial.lost == []
    assert trial.effect.longest_pause < FENCE + 1
    assert_done_again(shared_lab, group)
    assert left_behind(shared_lab, group) == []


def test_a_primary_killed_after_its_demotion_is_reported_as_a_group_that_did_not_settle(
    shared_lab: Lab, group: str, inject: Injection
) -> None:
    inject.at_once()
    primary = shared_lab.primary_of(group)
    inject.after_phase("demote", primary.process.kill)
    trial = tried(shared_lab, group, heal=primary.start)
    assert trial.result.outcome == UNKNOWN
    assert trial.said.startswith("nothing was lost, but the group did not settle")
    assert f"node_unreachable ({primary.name})" in trial.said
    assert trial.proven
    assert trial.lost == []
    assert trial.effect.longest_pause < FENCE + 1
    assert left_behind(shared_lab, group) == []


def test_a_primary_restarted_behind_its_fence_is_never_called_done(
    shared_lab: Lab, group: str, inject: Injection
) -> None:
    inject.at_once()
    primary = shared_lab.primary_of(group)

    def restart() -> None:
        primary.process.kill()
        primary.start()

    inject.after_phase("prove", restart)
    trial = tried(shared_lab, group)
    # Refused where so little of the fence is left after the restart that nobody is asked any more.
    assert trial.result.outcome in (UNKNOWN, REFUSED)
    assert f"{primary.name} was restarted meanwhile" in trial.said
    assert_done_again(shared_lab, group)
    assert left_behind(shared_lab, group) == []


def test_a_primary_frozen_before_its_demotion_takes_no_write_when_it_goes_on(
    shared_lab: Lab, group: str, inject: Injection
) -> None:
    inject.at_once()
    primary = shared_lab.primary_of(group)
    inject.after_phase("promote", primary.process.freeze)
    trial = tried(shared_lab, group, heal=primary.process.thaw)
    assert trial.result.outcome == UNKNOWN
    assert f"{primary.name} was not seen to step down" in trial.said
    assert trial.lost == []
    # The clients themselves wait so long for a server that stands still.
    assert trial.effect.longest_pause < TIMEOUT + FENCE
    assert_done_again(shared_lab, group)
    assert left_behind(shared_lab, group) == []


def test_a_demotion_that_is_refused_before_the_announcement_takes_the_promotion_back(
    shared_lab: Lab, group: str, inject: Injection
) -> None:
    inject.noticed_late()
    primary = shared_lab.primary_of(group)
    candidate, other = shared_lab.replicas_of(group)

    def not_permitted_and_followed() -> None:
        permit(primary, "-replicaof")()
        # As a Sentinel does right after the promotion, when it is quicker than we are.
        with other.client() as client:
            client.replicaof(candidate.state.host, candidate.state.port)

    inject.after_phase("promote", not_permitted_and_followed)
    trial = tried(shared_lab, group, heal=permit_everything(primary), target=candidate.name)
    assert trial.result.outcome == REFUSED
    assert "refused its demotion" in trial.said
    assert f"is a replica of {primary.name} again" in trial.said
    assert shared_lab.primary_of(group).name == primary.name
    assert trial.lost == []
    assert trial.effect.longest_pause < FENCE
    assert left_behind(shared_lab, group) == []


def test_a_demotion_that_is_refused_after_the_announcement_keeps_clients_from_the_old_primary(
    shared_lab: Lab, group: str, inject: Injection
) -> None:
    inject.at_once()
    primary = shared_lab.primary_of(group)
    candidate = shared_lab.replicas_of(group)[0]

    def announced_and_not_permitted() -> None:
        until_a_sentinel_names(shared_lab, group, candidate)
        permit(primary, "-replicaof")()

    inject.after_phase("promote", announced_and_not_permitted)
    trial = tried(shared_lab, group, heal=permit_everything(primary), target=candidate.name)
    assert trial.result.outcome == UNKNOWN
    assert "refused its demotion" in trial.said
    assert f"{primary.name} is a primary beside {candidate.name} until Sentinel demotes it" in trial.said
    assert trial.lost == []
    assert trial.effect.longest_pause < FENCE
    assert_done_again(shared_lab, group)
    assert left_behind(shared_lab, group) == []


def test_settings_that_may_not_be_changed_when_the_fence_is_raised_refuse_it(
    shared_lab: Lab, group: str, inject: Injection
) -> None:
    inject.at_once()
    primary = shared_lab.primary_of(group)
    inject.before_call(StandingFence, "raise_", permit(primary, "-config|set"))
    trial = tried(shared_lab, group, heal=permit_everything(primary))
    assert trial.result.outcome == REFUSED
    assert "does not permit CONFIG SET" in trial.said
    assert trial.lost == []
    assert trial.effect.longest_pause < 1
    assert_done_again(shared_lab, group)
    assert left_behind(shared_lab, group) == []


def test_settings_that_may_not_be_returned_at_the_demotion_do_not_prevent_it(
    shared_lab: Lab, group: str, inject: Injection
) -> None:
    inject.at_once()
    primary = shared_lab.primary_of(group)
    inject.after_phase("promote", permit(primary, "-config|set"))
    trial = tried(shared_lab, group, heal=permit_everything(primary), accept=("settings_borrowed",))
    assert trial.result.outcome == DONE
    assert f"repl-ping-replica-period of {primary.name} is still borrowed" in trial.said
    assert trial.proven
    assert trial.lost == []
    assert_done_again(shared_lab, group)
    assert left_behind(shared_lab, group) == []


@pytest.mark.parametrize("busy_after_ms", [100, 2000])
def test_a_long_script_on_the_primary_refuses_the_fence_and_no_pause_outlives_it(
    shared_lab: Lab, group: str, inject: Injection, busy_after_ms: int
) -> None:
    inject.at_once()
    primary = shared_lab.primary_of(group)
    with primary.client() as client:
        client.config_set("busy-reply-threshold", busy_after_ms)
    script, killer = threading.Thread(target=_run_script, args=(primary,)), _after(2.0, _kill_script, primary)

    def begin() -> None:
        script.start()
        killer.start()
        # Until the threshold the server answers nobody, afterwards it says BUSY.
        wait_until(lambda: _why_not_busy(primary, busy_after_ms < 1000), 10.0, "the script to run", interval=0.0)

    def end() -> None:
        killer.join()
        script.join()

    inject.before_call(StandingFence, "raise_", begin)
    trial = tried(shared_lab, group, heal=end)
    assert trial.result.outcome == REFUSED
    assert (
        "refused GET: BUSY" if busy_after_ms < 1000 else "did not answer when its writes were to be held"
    ) in trial.said
    assert trial.lost == []
    # The script itself, and what a pause that is processed after it can add until it is lifted.
    assert trial.effect.longest_pause < 2.0 + FENCE
    assert_done_again(shared_lab, group)
    assert left_behind(shared_lab, group) == []


def test_a_client_that_never_reads_is_sent_away_like_any_other(shared_lab: Lab, group: str, inject: Injection) -> None:
    inject.at_once()
    primary = shared_lab.primary_of(group)
    with primary.client() as client:
        client.set("large", b"v" * 1_000_000)
    with socket.create_connection((primary.state.host, primary.state.port)) as silent:
        silent.sendall(b"*2\r\n$3\r\nGET\r\n$5\r\nlarge\r\n" * 100)
        peer = "{}:{}".format(*silent.getsockname()[:2])
        wait_until(lambda: _why_not_full(primary, peer), 10.0, "its output buffer to fill")
        trial = tried(shared_lab, group)
        with primary.client() as client:
            assert peer not in [one["addr"] for one in client.client_list()]
    assert (trial.result.outcome, trial.result.reasons) == (DONE, ())
    assert trial.lost == []
    assert trial.effect.longest_pause < FENCE
    assert left_behind(shared_lab, group) == []


@pytest.mark.parametrize("come_over", ["at once", "while they are waited for"])
def test_the_ledger_is_crossed_out_as_soon_as_the_new_primary_takes_writes_again(
    shared_lab: Lab, group: str, inject: Injection, come_over: str
) -> None:
    """With min-replicas-to-write it takes none until replicas have come over. An entry that is left when clients are let go
    would tell of a loss, should this process die then."""
    inject.at_once()
    candidate = shared_lab.replicas_of(group)[0]
    seen: list[list[str]] = []

    def needs(replicas: int) -> Callable[[], None]:
        def change() -> None:
            with candidate.client() as client:
                client.config_set("min-replicas-to-write", replicas)

        return change

    def look() -> None:
        with candidate.client() as client:
            seen.append([str(entry) for entry in client.hgetall(ledger_key(group)) if PING_PERIOD in str(entry)])

    # More than there are: as if they took their time.
    inject.before_call(StandingFence, "demote", needs(9))
    if come_over == "at once":
        inject.before_call(completion, "repoint", needs(0))
        inject.after_phase("demote", look)
    else:
        inject.after_phase("demote", look)
        inject.after_phase("demote", needs(0))
        inject.after_phase("adopt", look)
    trial = tried(shared_lab, group, target=candidate.name)
    assert (trial.result.outcome, trial.result.reasons) == (DONE, ())
    assert seen[-1] == []
    assert [len(entries) for entries in seen[:-1]] == ([] if come_over == "at once" else [1])
    assert trial.lost == []
    assert left_behind(shared_lab, group) == []


def _run_script(node: DataNode) -> None:
    with node.client(timeout=60.0) as client, pytest.raises(redis.ResponseError, match="killed"):
        client.eval("while true do end", 0)


def _kill_script(node: DataNode) -> None:
    with node.client(timeout=60.0) as client:
        client.script_kill()


def _after(seconds: float, what: Callable[[DataNode], None], node: DataNode) -> threading.Timer:
    return threading.Timer(seconds, what, args=(node,))


def _why_not_busy(node: DataNode, says_busy: bool) -> str | None:
    try:
        with node.client(timeout=0.1) as client:
            client.ping()
    except redis.TimeoutError:
        return "it does not answer" if says_busy else None
    except redis.ResponseError as error:
        return None if "BUSY" in str(error) else str(error)
    return "it answers"


def _why_not_full(node: DataNode, peer: str) -> str | None:
    with node.client() as client:
        held = [int(one["omem"]) for one in client.client_list() if one["addr"] == peer]
    return None if held and held[0] > 10_000_000 else f"{held} bytes"

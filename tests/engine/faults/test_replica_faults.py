# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A replica that stops, dies or lags while the role is handed over."""

from __future__ import annotations

import re

from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import DONE, REFUSED, UNKNOWN
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover import sentinel_driver
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.fence import StandingFence
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

GROUPS = 9
pytestmark = not_on(*NOT_HURRIED)
FENCE = 3.0
"""Seconds: 0.6 of the labs' down-after-milliseconds."""


def hold_stream_back(replica: DataNode) -> None:
    """Let a replica answer and apply nothing: a write pause holds back the stream of its primary as well (networking.c)."""
    with replica.client() as client:
        client.client_pause(120_000, all=False)


def let_stream_go(replica: DataNode) -> None:
    """The end of it."""
    with replica.client() as client:
        client.client_unpause()


def write_megabytes(primary: DataNode, megabytes: int) -> None:
    """Give the replicas so much to be behind by."""
    with primary.client(timeout=20.0) as client:
        for number in range(megabytes * 10):
            client.set(f"ballast:{number % 8}", b"b" * 100_000)


def test_a_replica_that_stops_after_the_preflight_is_found_before_any_client_waits(
    shared_lab: Lab, group: str, inject: Injection
) -> None:
    inject.at_once()
    replica = shared_lab.replicas_of(group)[0]
    inject.before_call(sentinel_driver, "why_not_now", replica.process.freeze)
    trial = tried(shared_lab, group, heal=replica.process.thaw)
    assert trial.result.outcome == REFUSED
    assert f"{replica.address} did not answer" in trial.said
    assert "fence" not in trial.result.evidence.phases_ms
    assert trial.lost == []
    # What a silent replica has been lent stays written down, and the next run returns it.
    assert_done_again(shared_lab, group)
    assert left_behind(shared_lab, group) == []


def test_a_replica_that_stops_while_the_best_moment_is_awaited_is_not_awaited_for_ever(
    shared_lab: Lab, group: str, inject: Injection
) -> None:
    # The age of its last INFO passes the longest that there is, and does not begin anew.
    inject.noticed_late()
    replica = shared_lab.replicas_of(group)[0]
    inject.before_call(sentinel_driver, "align", replica.process.freeze)
    trial = tried(shared_lab, group, heal=replica.process.thaw, target=replica.name)
    assert trial.result.outcome == REFUSED
    assert f"{replica.address} did not answer" in trial.said
    assert trial.lost == []
    assert trial.effect.longest_pause < 1


def test_a_replica_that_stops_behind_the_fence_has_it_lifted_within_the_fence(
    shared_lab: Lab, group: str, inject: Injection
) -> None:
    inject.at_once()
    replica = shared_lab.replicas_of(group)[0]
    inject.after_phase("fence", replica.process.freeze)
    trial = tried(shared_lab, group, heal=replica.process.thaw)
    assert trial.result.outcome == REFUSED
    assert f"{replica.address} did not answer" in trial.said
    assert trial.lost == []
    assert trial.effect.longest_pause < FENCE
    assert_done_again(shared_lab, group)
    assert left_behind(shared_lab, group) == []


def test_a_replica_that_is_far_behind_is_waited_for_within_the_fence_and_named_with_its_bytes(
    shared_lab: Lab, group: str, inject: Injection
) -> None:
    inject.at_once()
    replica, primary = shared_lab.replicas_of(group)[0], shared_lab.primary_of(group)

    def fall_behind() -> None:
        hold_stream_back(replica)
        write_megabytes(primary, 20)

    inject.before_call(StandingFence, "raise_", fall_behind)
    trial = tried(shared_lab, group, heal=lambda: let_stream_go(replica))
    assert trial.result.outcome == REFUSED
    lacking = re.search(rf"{replica.name} lacks (\d+) bytes", trial.said)
    assert lacking is not None, trial.said
    assert int(lacking[1]) > 20_000_000
    assert trial.lost == []
    assert trial.effect.longest_pause < FENCE
    assert left_behind(shared_lab, group) == []


def test_a_candidate_killed_before_its_promotion_costs_no_write(shared_lab: Lab, group: str, inject: Injection) -> None:
    inject.at_once()
    candidate = shared_lab.replicas_of(group)[0]
    inject.after_phase("prove", candidate.process.kill)
    trial = tried(shared_lab, group, heal=candidate.start, target=candidate.name)
    # Sentinel either promotes the other replica, or nobody; in both cases a node of the group is down.
    assert trial.result.outcome == UNKNOWN
    assert candidate.address in trial.said or candidate.name in trial.said
    assert trial.lost == []
    assert trial.effect.longest_pause < FENCE + 1
    assert_done_again(shared_lab, group)
    assert left_behind(shared_lab, group) == []


def test_a_candidate_killed_right_after_its_promotion_leaves_clients_with_the_old_primary(
    shared_lab: Lab, group: str, inject: Injection
) -> None:
    inject.noticed_late()
    candidate = shared_lab.replicas_of(group)[0]
    inject.after_phase("promote", candidate.process.kill)
    trial = tried(shared_lab, group, heal=candidate.start, target=candidate.name)
    assert trial.result.outcome == UNKNOWN
    assert f"{candidate.name} was promoted and does not answer" in trial.said
    assert f"clients go on with {trial.old.name}" in trial.said
    assert shared_lab.primary_of(group).name == trial.old.name
    assert trial.lost == []
    assert trial.effect.longest_pause < FENCE
    assert_done_again(shared_lab, group)
    assert left_behind(shared_lab, group) == []


def test_a_candidate_killed_after_it_was_announced_is_not_proven_and_loses_nothing(
    shared_lab: Lab, group: str, inject: Injection
) -> None:
    inject.at_once()
    candidate = shared_lab.replicas_of(group)[0]
    with candidate.client() as client:
        # Alone it takes no write: what it acknowledged before its end nobody else would have.
        client.config_set("min-replicas-to-write", 1)

    def announced_and_dead() -> None:
        until_a_sentinel_names(shared_lab, group, candidate)
        candidate.process.kill()

    def heal() -> None:
        # Started before, it would lead again, with what its last save held.
        until_sentinels_name_another(shared_lab, group, candidate)
        candidate.start()

    inject.after_phase("promote", announced_and_dead)
    trial = tried(shared_lab, group, heal=heal, target=candidate.name)
    assert trial.result.outcome == UNKNOWN
    assert f"there was no way back: {candidate.name} is named as primary already" in trial.said
    assert f"without a word from {candidate.name} there is no proof" in trial.said
    assert trial.lost == []
    # Its death is noticed after 5 s (down-after-milliseconds); then the Sentinels elect and promote.
    assert trial.effect.longest_pause < 15
    assert_done_again(shared_lab, group)
    assert left_behind(shared_lab, group) == []


def test_a_full_synchronisation_that_starts_in_the_middle_costs_no_write(
    shared_lab: Lab, group: str, inject: Injection
) -> None:
    inject.at_once()
    candidate, other = shared_lab.replicas_of(group)
    primary = shared_lab.primary_of(group)
    before = primary.info("stats")["sync_full"]

    def begin_full_sync() -> None:
        with other.client() as client:
            # A history of its own, so that nobody can continue it.
            pipeline = client.pipeline(transaction=True)
            pipeline.execute_command("REPLICAOF", "NO", "ONE")
            pipeline.execute_command("REPLICAOF", primary.state.host, primary.state.port)
            pipeline.execute()

    inject.after_phase("prove", begin_full_sync)
    trial = tried(shared_lab, group, target=candidate.name, settle_timeout=30.0)
    assert (trial.result.outcome, trial.result.evidence.new_primary) == (DONE, candidate.name)
    assert primary.info("stats")["sync_full"] == before + 1
    assert trial.lost == []
    assert trial.effect.longest_pause < FENCE
    assert left_behind(shared_lab, group) == []

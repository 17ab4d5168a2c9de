# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Full synchronisations in the preflight of a hand-over, on real servers: those that grow, and one that would not fit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import DONE, REFUSED
from engine.copies import copy_anew
from engine.subjects import GROUP, conducting, wait_healthy
from lab.lab import Lab

LabFactory = Callable[..., Lab]


@contextmanager
def going_on(step: Callable[[], object]) -> Iterator[None]:
    """Do the step again and again, and begin only when it was done once."""
    end, begun = threading.Event(), threading.Event()

    def run() -> None:
        while not end.is_set():
            step()
            begun.set()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert begun.wait(60), "it was not done once"
        yield
    finally:
        end.set()
        thread.join()


def test_full_synchronisations_that_grow_are_seen_between_two_looks(shared_lab: Lab) -> None:
    wait_healthy(shared_lab)
    primary, replica = shared_lab.primary_of(GROUP), shared_lab.replicas_of(GROUP)[0]

    with going_on(lambda: copy_anew(primary, replica)), conducting(shared_lab) as conductor:
        result = conductor.run()
    assert result.outcome == REFUSED
    assert any(reason.startswith(f"full_syncs_growing ({primary.name})") for reason in result.reasons), result.reasons
    wait_healthy(shared_lab)


def test_a_new_primary_that_would_cut_its_replicas_off_is_refused_and_the_risk_can_be_accepted(shared_lab: Lab) -> None:
    wait_healthy(shared_lab)
    primary = shared_lab.primary_of(GROUP)
    usual = {node.name: node.config("client-output-buffer-limit") for node in shared_lab.nodes}
    with primary.client() as client:
        for number in range(100):
            client.set(f"data:{number}", b"d" * 100_000)
    # Replicas have no replicas: what runs now is not disturbed.
    for node in shared_lab.replicas_of(GROUP):
        with node.client() as client:
            client.config_set("client-output-buffer-limit", "replica 1 0 0")
            client.config_set("repl-backlog-size", "16kb")
    wait_healthy(shared_lab)

    with primary.client() as client, going_on(lambda: client.set("load", b"l" * 100_000)):
        with conducting(shared_lab) as conductor:
            _view, plan, refused = conductor.plan()
        with conducting(shared_lab, accept=("no_room_for_full_sync",)) as conductor:
            _view, accepted, reasons = conductor.plan()
    assert plan is None
    (reason,) = refused
    assert reason.startswith("no_room_for_full_sync (")
    assert "client-output-buffer-limit cuts replicas off at 16384" in reason
    assert accepted is not None, reasons

    for node in shared_lab.nodes_of(GROUP):
        with node.client() as client:
            client.config_set("client-output-buffer-limit", usual[node.name])
            client.config_set("repl-backlog-size", "1mb")
    wait_healthy(shared_lab)
    with conducting(shared_lab) as conductor:
        result = conductor.run()
    assert result.outcome == DONE
    assert f"the free disk space of {result.evidence.old_primary}" in result.unseen

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sentinels that are wired wrongly, repaired by the playbook."""

from __future__ import annotations

from collections.abc import Callable

from lab.lab import Lab

from .run import play

LabFactory = Callable[..., Lab]


def test_a_sentinel_that_confuses_two_groups_is_repaired_and_the_plan_is_shown_before(lab_factory: LabFactory) -> None:
    """It watches the first group's primary under the name of the second, so the first is refused until the second is repaired.

    In a lab that has seen no failover: the epochs of one would let the others move it by their next hello, and both groups
    with it.
    """
    lab = lab_factory(groups=2, replicas=2, ssh=True, secured=True)
    broken, wrong = lab.sentinels[1], lab.primary_of("group-1")
    with broken.client() as client:
        client.execute_command("SENTINEL", "REMOVE", "group-2")
        client.execute_command("SENTINEL", "MONITOR", "group-2", *wrong.announced, 2)

    shown = play(lab, "repair_sentinels", None, "--check", "--diff")
    assert "under the name group-2" in shown.output
    assert f"have {broken.address} forget group-2" in shown.output
    assert broken.primary_address("group-2") == wrong.announced
    assert not [secret for secret in lab.secrets if secret in shown.output]

    run = play(lab, "repair_sentinels", {"redis_accept": ""})
    assert run.code == 0, run.output
    assert run.said("group-2: repaired")
    assert run.said("group-1: nothing to repair")
    assert not [secret for secret in lab.secrets if secret in run.output]
    lab.wait_converged()
    assert broken.primary_address("group-2") == lab.primary_of("group-2").announced


def test_a_choice_without_its_group_and_its_place_is_refused(lab: Lab) -> None:
    primary = lab.primary_of("group-1").name
    everything = play(lab, "repair_sentinels", {"redis_choose": primary, "redis_save_to": "/tmp"})
    assert everything.code != 0
    assert "it must be a node of the one group of this run" in everything.failure()
    nowhere = play(lab, "repair_sentinels", {"redis_choose": primary}, "--limit", "group_1")
    assert nowhere.code != 0
    assert "(not given) the absolute path of a directory" in nowhere.failure()

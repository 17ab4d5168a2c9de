# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that a run prints are run as they stand there: what was interrupted goes on, what failed is undone."""

from __future__ import annotations

import re

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.lock import LockRecord, lock_key
from lab.lab import Lab

from .run import Run, play, play_command

GROUP = "group-1"
LIMIT = ("--limit", "group_1")


class _InterruptedError(Exception):
    """Leaves the run, which interrupts Ansible and all that it started as Ctrl-C does."""


def printed(lines: list[str], before: str, after: str) -> str:
    """The command between two texts, as it stands on the terminal."""
    (*_earlier, line) = [line for line in lines if before in line and "ansible-playbook" in line]
    found = re.search(f"{re.escape(before)}[^:]*: (ansible-playbook .*?)(?:{after})", line)
    assert found is not None, line
    return found[1]


def run_ids(lab: Lab) -> dict[str, str]:
    """Of the nodes of the group."""
    return {node.name: node.run_id() for node in lab.nodes_of(GROUP)}


def test_an_interrupted_roll_goes_on_by_the_command_that_it_printed_and_nobody_else_gets_in(lab: Lab) -> None:
    before = run_ids(lab)
    delays = [node.directory / "restart-delay" for node in lab.nodes_of(GROUP)]
    for delay in delays:
        delay.write_text("15", encoding="ascii")
    lines: list[str] = []
    others: list[Run] = []

    def interrupt_after_the_first_node(line: str) -> None:
        lines.append(line)
        if " is next " in line and not others:
            others.append(play(lab, "rolling_restart", None, *LIMIT))
        if f"{GROUP}: restarted " in line:
            raise _InterruptedError

    try:
        with pytest.raises(_InterruptedError):
            play(
                lab,
                "rolling_restart",
                {"redis_roll_wait_timeout": 240},
                *LIMIT,
                "--diff",
                on_line=interrupt_after_the_first_node,
            )
    finally:
        for delay in delays:
            delay.unlink()
    owner = re.search(r", as (\S+)\. Should it be interrupted", "".join(lines))
    assert owner is not None
    held = rf"under maintenance(?:, nothing of it is changed)?: {re.escape(owner[1])} since \S+ for rolling_restart"

    # Whatever else is wrong in the middle of the roll, who met it is told first who works there.
    (other,) = others
    assert other.code != 0
    assert re.match(rf"{GROUP} is {held} holds the lock, which ends in \d+ s unless it is renewed\.", other.failure())
    assert "maintenance_lock with state=absent and force=true" in other.failure()

    lab.wait_converged()
    (done,) = [name for name, run_id in run_ids(lab).items() if run_id != before[name]]
    between = run_ids(lab)
    audit = play(lab, "audit", None, *LIMIT)
    assert audit.code == 0, audit.failure()
    assert re.search(rf"{held}, which ends in \d+ s", audit.text)

    command = printed(lines, "To continue", '"')
    assert "--diff" in command
    assert "redis_roll_wait_timeout: 240" in command
    run = play_command(lab, command)
    assert run.code == 0, run.failure()
    after = run_ids(lab)
    assert {name for name in after if after[name] == between[name]} == {done}
    with lab.primary_of(GROUP).client() as client:
        assert not client.exists(lock_key(GROUP))


def test_a_push_that_failed_after_a_restart_is_undone_by_the_command_that_it_printed(lab: Lab) -> None:
    """It fails because somebody takes its lock away, who is named as the one who holds it."""
    before = {node.config("tcp-backlog") for node in lab.nodes_of(GROUP)}
    assert len(before) == 1
    primary = lab.primary_of(GROUP)
    led_since = primary.run_id()
    thief = LockRecord("somebody", "a test", "2026-11-24T10:00:00Z")

    def take_the_lock_away(line: str) -> None:
        if f"{GROUP}: restarted " in line:
            with primary.client() as client:
                client.set(lock_key(GROUP), thief.encode(), px=900_000)

    run = play(
        lab,
        "push_config",
        {"redis_settings": {"tcp-backlog": 311}, "redis_accept": ["stale_entry"], "redis_accept_full_sync": True},
        *LIMIT,
        "-e",
        "redis_restart_seconds=20",
        on_line=take_the_lock_away,
    )
    with primary.client() as client:
        client.delete(lock_key(GROUP))
    assert run.code != 0
    assert f"{GROUP} is under maintenance: {thief} holds the lock, which ends in" in run.failure()
    assert f"The lock is held by {thief}." in run.failure()
    lab.wait_converged()
    assert "311" in {node.config("tcp-backlog") for node in lab.nodes_of(GROUP)}

    command = printed(run.output.splitlines(), "To undo what was not put back", " ;")
    for carried in ("redis_accept: [stale_entry]", "redis_accept_full_sync: true", "-e redis_restart_seconds=20"):
        assert carried in command
    undone = play_command(lab, command)
    assert undone.code == 0, undone.failure()
    assert {node.config("tcp-backlog") for node in lab.nodes_of(GROUP)} == before
    assert (lab.primary_of(GROUP).name, primary.run_id()) == (primary.name, led_since)

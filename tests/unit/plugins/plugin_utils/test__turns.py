# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns at a shared resource, also between processes."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.steadyhand.redis.plugins.plugin_utils._turns import NoTurnError, Turns


class FakeClock:
    """Time that passes by sleeping; ``at`` does something when it has come."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.at: dict[float, Callable[[], object]] = {}

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        for moment in [moment for moment in self.at if moment <= self.now]:
            self.at.pop(moment)()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def turns(tmp_path: Path, clock: FakeClock) -> Turns:
    return Turns(str(tmp_path / "turns"), clock, clock.sleep)


def test_a_free_turn_is_taken_at_once(turns: Turns) -> None:
    assert turns.take("m1", "one", limit=1, timeout=10) == 0
    assert [(turn.owner, turn.since) for turn in turns.taken("m1")] == [("one", 1000.0)]


def test_other_resources_do_not_matter(turns: Turns) -> None:
    turns.take("m1", "one", limit=1, timeout=0)
    assert turns.take("m2", "two", limit=1, timeout=0) == 0


def test_as_many_as_the_limit_at_once(turns: Turns) -> None:
    turns.take("set", "one", limit=2, timeout=0)
    turns.take("set", "two", limit=2, timeout=0)
    with pytest.raises(NoTurnError) as caught:
        turns.take("set", "three", limit=2, timeout=5)
    assert {turn.owner for turn in caught.value.holders} == {"one", "two"}


def test_who_waits_long_hears_now_and_then_who_has_the_turns(turns: Turns, clock: FakeClock) -> None:
    turns.take("m1", "one", limit=1, timeout=0)
    heard: list[tuple[float, list[str]]] = []
    clock.at[1040.0] = lambda: turns.give_back("one", "m1")
    turns.take(
        "m1",
        "two",
        limit=1,
        timeout=100,
        interval=1,
        tell=lambda holders: heard.append((clock.now, [turn.owner for turn in holders])),
    )
    assert heard == [(1015.0, ["one"]), (1030.0, ["one"])]


def test_who_has_a_turn_keeps_it(turns: Turns) -> None:
    turns.take("m1", "one", limit=1, timeout=0)
    assert turns.take("m1", "one", limit=1, timeout=0) == 0
    assert len(turns.taken("m1")) == 1


def test_it_waits_until_the_turn_is_given_back(turns: Turns, clock: FakeClock) -> None:
    turns.take("m1", "one", limit=1, timeout=0)
    clock.at[1007.0] = lambda: turns.give_back("one", "m1")
    assert turns.take("m1", "two", limit=1, timeout=10) == pytest.approx(7, abs=0.3)
    assert [turn.owner for turn in turns.taken("m1")] == ["two"]


def test_only_the_owners_turns_are_given_back(turns: Turns) -> None:
    for owner in ("one", "two"):
        turns.take("set", owner, limit=2, timeout=0)
    turns.take("m1", "one", limit=1, timeout=0)
    turns.take("m2", "one", limit=1, timeout=0)
    assert turns.give_back("one", "m1") == ["m1"]
    assert turns.give_back("one") == ["m2", "set"]
    assert turns.give_back("one") == []
    assert [turn.owner for turn in turns.taken("set")] == ["two"]


def test_nothing_to_give_back_before_anything_was_taken(turns: Turns) -> None:
    assert turns.give_back("one") == []


def _work(directory: str, owner: str, log: str) -> None:
    turns = Turns(directory, time.time, time.sleep)
    for _attempt in range(20):
        turns.take("m1", owner, limit=1, timeout=60, interval=0.001)
        with Path(log).open("a", encoding="ascii") as handle:
            handle.write(f"in {owner}\n")
            handle.flush()
            handle.write(f"out {owner}\n")
        turns.give_back(owner, "m1")


def test_no_two_processes_have_the_same_turn(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    log = tmp_path / "log"
    workers = [
        context.Process(target=_work, args=(str(tmp_path / "turns"), f"owner{number}", str(log))) for number in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    lines = log.read_text(encoding="ascii").splitlines()
    assert len(lines) == 3 * 20 * 2
    for entered, left in zip(lines[::2], lines[1::2], strict=True):
        assert entered.split()[1] == left.split()[1]
        assert (entered.split()[0], left.split()[0]) == ("in", "out")

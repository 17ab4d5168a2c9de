# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for health: fresh views only, an unbroken window, and an end that names what is missing. Nothing sleeps."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.errors import ConditionTimeout, Refused
from ansible_collections.steadyhand.redis.plugins.module_utils._model.group import GroupView
from ansible_collections.steadyhand.redis.plugins.module_utils._model.health import Limits
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.waiting import (
    Patience,
    Settled,
    wait_until_healthy,
)
from unit.builders import group_view, with_account, with_link, with_node
from unit.fake_time import FakeClock, Film, moving

GOOD = group_view()
BAD = with_link(GOOD, "b", up=False)
WORSE = with_account(GOOD, "c", facts=None, error="connection refused")
PATIENCE = Patience(timeout=10.0, interval=1.0, stable_for=3.0)


def wait(views: Sequence[GroupView], patience: Patience = PATIENCE, takes: float = 0.0) -> tuple[Settled, Film]:
    """Wait on a group that changes from look to look."""
    film = Film(FakeClock(), views, takes)
    return wait_until_healthy(film.observe, film.clock, patience, Limits()), film


@pytest.mark.parametrize(
    ("views", "waited"),
    [
        pytest.param([GOOD], 3.0, id="good from the beginning"),
        pytest.param([BAD, GOOD], 4.0, id="good from the second look, and stable from there"),
        pytest.param([GOOD, GOOD, GOOD, BAD, GOOD], 7.0, id="one bad view begins the window anew"),
        pytest.param([GOOD, BAD, GOOD, WORSE, GOOD], 7.0, id="every bad view does"),
        pytest.param([GOOD, GOOD, GOOD, GOOD, BAD], 3.0, id="what happens afterwards is of no concern"),
    ],
)
def test_all_must_hold_without_a_break(views: Sequence[GroupView], waited: float) -> None:
    settled, film = wait(views)
    assert settled.waited == film.clock.now() == waited
    assert film.looks == waited + 1
    assert settled.judgement.healthy


@pytest.mark.parametrize(("interval", "looks"), [(0.5, 7), (2.0, 3), (30.0, 2)])
def test_a_longer_interval_needs_fewer_looks_but_never_a_single_good_one(interval: float, looks: int) -> None:
    _settled, film = wait([GOOD], Patience(timeout=100.0, interval=interval, stable_for=3.0))
    assert film.looks == looks
    _settled, film = wait([BAD, GOOD], Patience(timeout=100.0, interval=interval, stable_for=3.0))
    assert film.looks == looks + 1


def test_without_a_window_the_first_good_view_is_enough() -> None:
    settled, film = wait([BAD, GOOD], Patience(timeout=10.0, interval=1.0, stable_for=0.0))
    assert (film.looks, settled.waited) == (2, 1.0)


def test_every_judgement_is_on_a_view_of_its_own_and_the_last_is_returned() -> None:
    views = moving(GOOD, lambda view, number: with_node(view, "a", keys=number), 9)
    settled, film = wait(views)
    assert settled.view is views[film.looks - 1]


def test_the_time_of_an_observation_counts() -> None:
    settled, film = wait([GOOD], Patience(timeout=10.0, interval=1.0, stable_for=3.0), takes=0.5)
    assert film.looks == 3
    assert settled.waited == 3.5


def test_growing_full_synchronisations_break_the_window() -> None:
    grown = with_node(GOOD, "a", full_syncs=3)
    settled, _film = wait([GOOD, GOOD, grown])
    assert settled.waited == 6.0
    assert settled.view is grown


def test_full_synchronisations_that_grow_at_every_look_never_end_well() -> None:
    views = moving(GOOD, lambda view, number: with_node(view, "a", full_syncs=number), 20)
    with pytest.raises(ConditionTimeout) as caught:
        wait(views)
    assert [text.split(" ")[0] for text in caught.value.missing] == ["full_syncs_growing"]


def test_a_time_out_names_what_is_missing_in_the_last_view() -> None:
    with pytest.raises(ConditionTimeout) as caught:
        wait([BAD, BAD, WORSE])
    assert [text.split(" ")[0] for text in caught.value.missing] == ["node_unreachable"]
    assert "group presence-1 was not healthy for 3 s within 10 s" in str(caught.value)


def test_a_time_out_in_the_middle_of_the_window_says_so() -> None:
    with pytest.raises(ConditionTimeout) as caught:
        wait([BAD] * 9 + [GOOD])
    assert caught.value.missing == ("everything holds, but not for long enough yet",)


def test_a_wait_ends_at_its_time_out_and_not_later() -> None:
    film = Film(FakeClock(), [BAD])
    with pytest.raises(ConditionTimeout):
        wait_until_healthy(film.observe, film.clock, PATIENCE, Limits())
    assert film.clock.now() == 10.0


def test_accepted_problems_do_not_hold_up() -> None:
    film = Film(FakeClock(), [BAD])
    settled = wait_until_healthy(film.observe, film.clock, PATIENCE, Limits(), accept=["replica_link_down"])
    assert [problem.code for problem in settled.judgement.accepted] == ["replica_link_down"]


def test_a_further_condition_must_hold_as_well_and_gets_view_and_rate() -> None:
    views = moving(GOOD, lambda view, number: with_node(view, "a", offset=1000 + 50 * number), 20)
    seen: list[tuple[int, float]] = []

    def further(view: GroupView, rate: float) -> list[str]:
        offset = view.members[0].facts.offset
        seen.append((offset, rate))
        return ["not yet"] if offset < 1100 else []

    film = Film(FakeClock(), views)
    settled = wait_until_healthy(film.observe, film.clock, PATIENCE, Limits(), further=further)
    assert settled.waited == 5.0
    assert seen[:4] == [(1000, 0.0), (1050, 50.0), (1100, 50.0), (1150, 50.0)]
    assert settled.write_rate == 50.0


def test_a_further_condition_is_not_asked_about_a_sick_group() -> None:
    film = Film(FakeClock(), [WORSE, GOOD])

    def further(view: GroupView, _rate: float) -> list[str]:
        assert view is GOOD
        return []

    assert wait_until_healthy(film.observe, film.clock, PATIENCE, Limits(), further=further).view is GOOD


def test_a_further_condition_that_never_holds_is_named() -> None:
    film = Film(FakeClock(), [GOOD])
    with pytest.raises(ConditionTimeout) as caught:
        wait_until_healthy(film.observe, film.clock, PATIENCE, Limits(), further=lambda _v, _r: ["b is rewriting"])
    assert caught.value.missing == ("b is rewriting",)


def test_something_is_done_after_each_look_and_may_end_the_wait() -> None:
    seen: list[GroupView] = []

    def keep(view: GroupView) -> None:
        seen.append(view)
        if len(seen) == 2:
            raise Refused("group presence-1 is under maintenance", ["somebody else holds the lock"])

    film = Film(FakeClock(), [GOOD, BAD, GOOD])
    with pytest.raises(Refused, match="somebody else"):
        wait_until_healthy(film.observe, film.clock, PATIENCE, Limits(), each_time=keep)
    assert seen == [GOOD, BAD]

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watching a group for a while: what it is, what grows, and how fast clients write. Nothing sleeps."""

from __future__ import annotations

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.group import GroupView
from ansible_collections.steadyhand.redis.plugins.module_utils._model.health import Limits
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.watching import (
    SETTLE_INTERVAL,
    Sample,
    watch,
    watch_until_settled,
    write_rate,
)
from unit.builders import group_view, replica_entry, with_account, with_node, with_sentinel
from unit.fake_time import FakeClock, Film

GOOD = group_view()
SICK = with_account(GOOD, "c", facts=None, error="refused")
# A Sentinel that knows of a replica by its primary only: it has not asked it yet.
UNREAD = (replica_entry("b", run_id=""), replica_entry("c"))
UNSETTLED = with_sentinel(GOOD, "s1", replicas=UNREAD)
UNSETTLED_AND_SICK = with_sentinel(SICK, "s1", replicas=UNREAD)


def written(offset: int, **primary: object) -> GroupView:
    """The group after the primary's stream has come to an offset; replicas have it too, within the limit."""
    return with_node(GOOD, "a", offset=offset, **primary)


def test_watching_for_no_time_is_one_look() -> None:
    film = Film(FakeClock(), [GOOD])
    watched = watch(film.observe, film.clock, 0.0, Limits(), ())
    assert (film.looks, film.clock.moments, watched.write_rate) == (1, [], 0.0)
    assert watched.judgement.healthy


def test_watching_is_two_looks_and_the_second_is_judged() -> None:
    film = Film(FakeClock(), [GOOD, SICK])
    watched = watch(film.observe, film.clock, 2.0, Limits(), ())
    assert (film.looks, film.clock.moments) == (2, [2.0])
    assert watched.view is SICK
    assert [problem.code for problem in watched.judgement.problems] == ["node_unreachable"]


def test_only_watching_shows_that_full_synchronisations_keep_starting() -> None:
    views = [GOOD, with_node(GOOD, "a", full_syncs=9)]
    film = Film(FakeClock(), views)
    watched = watch(film.observe, film.clock, 2.0, Limits(), ())
    assert [problem.code for problem in watched.judgement.problems] == ["full_syncs_growing"]
    film = Film(FakeClock(), views[1:])
    assert watch(film.observe, film.clock, 0.0, Limits(), ()).judgement.healthy


def test_accepted_problems_are_set_aside() -> None:
    film = Film(FakeClock(), [GOOD, with_node(GOOD, "a", full_syncs=9)])
    assert watch(film.observe, film.clock, 2.0, Limits(), ("full_syncs_growing",)).judgement.healthy


WAITED = 12 * SETTLE_INTERVAL


@pytest.mark.parametrize(
    ("views", "timeout", "looks", "waited", "code"),
    [
        pytest.param([GOOD], 9.0, 1, 0.0, None, id="a healthy group is not waited for"),
        pytest.param([UNSETTLED], 0.0, 1, 0.0, "sentinel_member_unsettled", id="nobody wants to wait"),
        pytest.param([UNSETTLED, UNSETTLED, GOOD], 9.0, 3, 2 * SETTLE_INTERVAL, None, id="it settles"),
        pytest.param([UNSETTLED], 6.0, 13, WAITED, "sentinel_member_unsettled", id="it does not settle"),
        pytest.param([UNSETTLED_AND_SICK, GOOD], 9.0, 1, 0.0, "node_unreachable", id="it is not all that is wrong"),
        pytest.param([UNSETTLED, SICK], 9.0, 2, SETTLE_INTERVAL, "node_unreachable", id="it gets worse"),
    ],
)
def test_what_passes_by_itself_is_given_the_time_that_it_may_have(
    views: list[GroupView], timeout: float, looks: int, waited: float, code: str | None
) -> None:
    film = Film(FakeClock(), views)
    watched = watch_until_settled(film.observe, film.clock, 0.0, Limits(), (), timeout)
    assert (film.looks, watched.waited) == (looks, waited)
    assert [problem.code for problem in watched.judgement.problems][:1] == ([code] if code else [])


NOBODY = with_account(GOOD, "a", facts=None, error="refused")


@pytest.mark.parametrize(
    ("samples", "rate"),
    [
        pytest.param([], 0.0, id="nothing seen"),
        pytest.param([(0.0, written(1000))], 0.0, id="one look"),
        pytest.param([(0.0, written(1000)), (4.0, written(1200))], 50.0, id="bytes per second"),
        pytest.param([(0.0, written(1000)), (1.0, written(1900)), (4.0, written(1200))], 50.0, id="from first to last"),
        pytest.param([(0.0, written(1000)), (4.0, written(1200, run_id="other"))], 0.0, id="another primary"),
        pytest.param([(0.0, written(1200)), (4.0, written(1000))], 0.0, id="an offset that went back"),
        pytest.param([(4.0, written(1000)), (4.0, written(1200))], 0.0, id="no time in between"),
        pytest.param([(0.0, NOBODY), (2.0, written(1000)), (4.0, written(1100))], 50.0, id="no primary at first"),
    ],
)
def test_the_write_rate_is_told_where_it_can_be(samples: list[tuple[float, GroupView]], rate: float) -> None:
    assert write_rate([Sample(at, view) for at, view in samples]) == rate

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a hand-over may begin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.candidate import Preference, best_candidate
from ansible_collections.steadyhand.redis.plugins.module_utils._model.group import GroupView
from ansible_collections.steadyhand.redis.plugins.module_utils._model.health import Limits
from ansible_collections.steadyhand.redis.plugins.module_utils._model.node import PRIMARY
from ansible_collections.steadyhand.redis.plugins.module_utils._model.preflight import (
    LONGEST_FENCE_MS,
    SHORTEST_FENCE_MS,
    Preflight,
    announced_or_raise,
    preflight,
)
from unit.builders import (
    MIB,
    address_of,
    attached,
    group_view,
    member,
    primary_entry,
    replica_entry,
    with_all_sentinels,
    with_link,
    with_node,
    with_persistence,
    with_sentinel,
    with_settings,
)

Change = Callable[[GroupView], GroupView]


def unchanged(view: GroupView) -> GroupView:
    """The healthy group."""
    return view


def plan_of(change: Change = unchanged, target: str | None = None) -> Preflight:
    """The plan of a hand-over that may begin."""
    plan, reasons = preflight(change(group_view()), Limits(), Preference(target=target))
    assert reasons == ()
    assert plan is not None
    return plan


def test_a_healthy_group_may_hand_over_to_any_replica() -> None:
    plan = plan_of()
    assert plan.primary.name == "a"
    assert [one.name for one in plan.electable] == ["b", "c"]
    assert plan.chosen.name == "b"


def test_the_wished_for_target_is_chosen() -> None:
    assert plan_of(target="c").chosen.name == "c"


def test_an_unfit_replica_stays_electable_and_is_not_chosen() -> None:
    plan = plan_of(lambda view: with_persistence(view, "b", last_save_ok=False))
    assert [one.name for one in plan.electable] == ["b", "c"]
    assert plan.chosen.name == "c"


def test_as_many_good_replicas_may_be_wanted_as_the_new_primary_will_have() -> None:
    assert plan_of(lambda view: with_settings(view, "a", min_replicas_to_write="2")).chosen.name == "b"


def test_a_replica_that_never_leads_is_not_electable() -> None:
    plan = plan_of(lambda view: with_settings(view, "b", replica_priority="0"))
    assert [one.name for one in plan.electable] == ["c"]


def seen_with_priority(view: GroupView, name: str, priority: int) -> GroupView:
    """As every Sentinel has it."""
    others = tuple(replica_entry(one) for one in ("b", "c") if one != name)
    return with_all_sentinels(view, replicas=(replica_entry(name, priority=priority), *others))


def far_behind(view: GroupView) -> GroupView:
    """b is a mebibyte beyond the limit; the Sentinels know it with the usual priority."""
    return with_node(view, "a", offset=1000 + Limits().max_lag + MIB)


def only_b_far_behind(view: GroupView) -> GroupView:
    """The same, and c has everything."""
    view = far_behind(view)
    return with_link(view, "c", applied_offset=1000 + Limits().max_lag + MIB)


def chained(view: GroupView) -> GroupView:
    """b copies c, and the Sentinels still have it in their tables."""
    return with_link(view, "b", primary=address_of("c"))


@pytest.mark.parametrize(
    ("change", "electable", "passed_over"),
    [
        pytest.param(unchanged, ["b", "c"], [], id="none"),
        pytest.param(
            lambda view: with_settings(view, "b", replica_priority="0"), ["c"], ["b"], id="not seen by Sentinels yet"
        ),
        pytest.param(
            lambda view: seen_with_priority(with_settings(view, "b", replica_priority="0"), "b", 0),
            ["c"],
            [],
            id="seen",
        ),
        pytest.param(
            lambda view: seen_with_priority(with_settings(only_b_far_behind(view), "b", replica_priority="0"), "b", 0),
            ["c"],
            [],
            id="far behind",
        ),
        pytest.param(
            lambda view: with_all_sentinels(chained(view), replicas=(replica_entry("c"),)), ["c"], [], id="chained"
        ),
        pytest.param(
            lambda view: seen_with_priority(with_settings(chained(view), "b", replica_priority="0"), "b", 0),
            ["c"],
            [],
            id="chained, and Sentinels know that it never leads",
        ),
        pytest.param(
            lambda view: replace(only_b_far_behind(view), sentinels=()), ["b", "c"], [], id="far behind, no Sentinels"
        ),
    ],
)
def test_who_never_leads_blocks_nobody(change: Change, electable: list[str], passed_over: list[str]) -> None:
    plan = plan_of(change)
    assert [one.name for one in plan.electable] == electable
    assert [one.name for one in plan.passed_over] == passed_over
    assert plan.chosen.name == "c" or change is unchanged


@pytest.mark.parametrize(
    ("change", "beginning"),
    [
        pytest.param(
            only_b_far_behind,
            f"b is {Limits().max_lag + MIB} bytes behind, and Sentinel could promote it",
            id="far behind",
        ),
        pytest.param(chained, "b copies another replica, and a Sentinel could promote it", id="chained"),
    ],
)
def test_what_sentinel_could_promote_without_all_bytes_is_refused_although_another_is_fit(
    change: Change, beginning: str
) -> None:
    plan, (reason,) = preflight(change(group_view()), Limits(), Preference())
    assert plan is None
    assert reason.startswith(beginning)
    assert "replica-priority to 0" in reason


def test_those_who_copy_another_replica_do_not_count_for_writes() -> None:
    view = with_all_sentinels(chained(group_view()), replicas=(replica_entry("c"),))
    view = with_settings(view, "a", min_replicas_to_write="2")
    plan, reasons = preflight(view, Limits(), Preference())
    assert plan is None
    assert reasons == ("min-replicas-to-write is 2, the new primary would have 1 replicas",)


@pytest.mark.parametrize(
    ("change", "target", "expected"),
    [
        pytest.param(unchanged, "a", ["a is the primary already"], id="the primary itself"),
        pytest.param(unchanged, "x", ["x is not an answering node of group presence-1"], id="somebody unknown"),
        pytest.param(
            lambda view: with_settings(view, "b", replica_priority="0"),
            "b",
            ["b cannot lead: its replica-priority is 0"],
            id="a target with priority 0",
        ),
        pytest.param(
            lambda view: with_link(view, "b", primary=Address("10.0.0.99", 1)),
            "b",
            ["b cannot lead: it does not copy the primary"],
            id="a target that copies somebody else",
        ),
        pytest.param(
            far_behind,
            None,
            [
                f"b cannot lead: it is {Limits().max_lag + MIB} bytes behind",
                f"c cannot lead: it is {Limits().max_lag + MIB} bytes behind",
                "no replica is fit to lead",
                *(
                    f"{name} is {Limits().max_lag + MIB} bytes behind, and Sentinel could promote it: wait for it, "
                    "or set its replica-priority to 0 if it is never to lead"
                    for name in ("b", "c")
                ),
            ],
            id="everybody is far behind",
        ),
        pytest.param(
            lambda view: with_link(view, "b", up=False),
            "b",
            ["b cannot lead: it is not in sync"],
            id="lost",
        ),
        pytest.param(
            lambda view: with_link(with_link(view, "b", up=False), "c", up=False),
            None,
            ["b cannot lead: it is not in sync", "c cannot lead: it is not in sync", "no replica is fit to lead"],
            id="nobody is fit",
        ),
        pytest.param(
            lambda view: with_settings(view, "a", replica_read_only="no"),
            None,
            ["replica-read-only of the primary is no: once demoted it would take writes"],
            id="the primary would stay writable",
        ),
        pytest.param(
            lambda view: with_node(view, "c", secrets_set=frozenset({"masterauth"})),
            None,
            ["masterauth is not set on the primary, but on its replicas: it could not follow the new primary"],
            id="the primary could not log in to the new one",
        ),
        pytest.param(
            lambda view: with_settings(with_settings(view, "b", masteruser="r"), "c", masteruser="r"),
            None,
            ["masteruser is not set on the primary and r on its replicas: it could not follow the new primary"],
            id="the primary would log in as another user",
        ),
        pytest.param(
            lambda view: with_settings(view, "a", tls_replication="yes"),
            None,
            ["tls-replication is yes on the primary and no on its replicas: it could not follow the new primary"],
            id="the primary would speak TLS to the new one",
        ),
        pytest.param(
            lambda view: with_settings(view, "a", min_replicas_to_write="3"),
            None,
            ["min-replicas-to-write is 3, the new primary would have 2 replicas"],
            id="the new primary would refuse writes",
        ),
        pytest.param(
            lambda view: with_node(view, "a", replicas=(attached("b"), attached("c", state="wait_bgsave"))),
            None,
            ["replicas are being synchronised: 10.0.0.3:6379"],
            id="a synchronisation runs",
        ),
        pytest.param(
            lambda view: with_sentinel(view, "s2", replicas=()),
            None,
            ["s2 has not read the run id of b yet", "s2 has not read the run id of c yet"],
            id="a Sentinel has an old table",
        ),
        pytest.param(
            lambda view: with_node(view, "b", role=PRIMARY, upstream=None),
            None,
            ["the group has no single primary that Sentinels watch"],
            id="two primaries",
        ),
        pytest.param(
            lambda view: with_node(replace(view, sentinels=()), "b", role=PRIMARY, upstream=None),
            None,
            ["the group has no single primary"],
            id="two primaries without Sentinels",
        ),
    ],
)
def test_a_hand_over_is_refused(change: Change, target: str | None, expected: list[str]) -> None:
    plan, reasons = preflight(change(group_view()), Limits(), Preference(target=target))
    assert (plan, list(reasons)) == (None, expected)


def test_a_target_that_is_excluded_is_refused_with_the_reason() -> None:
    plan, reasons = preflight(group_view(), Limits(), Preference(target="b", never=("b",)))
    assert (plan, reasons) == (None, ("b is not wanted as primary",))


def test_nobody_is_left_when_the_wishes_exclude_all() -> None:
    plan, reasons = preflight(group_view(), Limits(), Preference(never=("b", "c")))
    assert plan is None
    assert reasons == ("b is not wanted as primary", "c is not wanted as primary", "no replica is fit to lead")


@pytest.mark.parametrize(
    ("down_after_ms", "fence_ms", "too_short"),
    [
        (30000, LONGEST_FENCE_MS, False),
        (8334, 5000, False),
        (5000, 3000, False),
        (3334, SHORTEST_FENCE_MS, False),
        (3333, 3000, True),
        (1000, 3000, True),
    ],
)
def test_writes_are_held_for_less_than_the_sentinels_patience(
    down_after_ms: int, fence_ms: int, too_short: bool
) -> None:
    plan = plan_of(lambda view: with_all_sentinels(view, primary=primary_entry(down_after_ms=down_after_ms)))
    assert (plan.fence_ms, plan.down_after_is_too_short) == (fence_ms, too_short)


def test_the_least_patient_sentinel_counts() -> None:
    plan = plan_of(lambda view: with_sentinel(view, "s2", primary=primary_entry(down_after_ms=4000)))
    assert plan.fence_ms == 2400


def test_a_member_without_an_announced_address_is_a_mistake_of_ours() -> None:
    found = member(group_view(), "b")
    assert announced_or_raise(found) == found.announced
    with pytest.raises(ValueError, match="without an announced address"):
        announced_or_raise(replace(found, announced=None))


@pytest.mark.parametrize(
    ("preference", "chosen"),
    [
        pytest.param(Preference(), "c", id="the freshest"),
        pytest.param(Preference(target="b"), "b", id="the target"),
        pytest.param(Preference(never=("c",)), "b", id="not the excluded one"),
        pytest.param(Preference(target="b", never=("b",)), None, id="an excluded target"),
        pytest.param(Preference(zone="z1", zones={"b": "z1", "c": "z2"}), "b", id="the wished for zone"),
        pytest.param(Preference(zone="z3", zones={"b": "z1", "c": "z2"}), "c", id="an empty zone is no must"),
        pytest.param(
            Preference(zones={"b": "z1", "c": "z2"}, primaries_per_zone={"z1": 1, "z2": 2}),
            "b",
            id="the zone with fewer primaries",
        ),
        pytest.param(
            Preference(machines={"b": "m1", "c": "m2"}, primaries_per_machine={"m2": 1}),
            "b",
            id="the machine with fewer primaries",
        ),
        pytest.param(
            Preference(
                zone="z2", zones={"b": "z1", "c": "z2"}, primaries_per_zone={"z2": 9}, primaries_per_machine={"m2": 9}
            ),
            "c",
            id="a wish before balance",
        ),
    ],
)
def test_the_replica_to_promote(preference: Preference, chosen: str | None) -> None:
    view = with_link(group_view(), "b", applied_offset=999)
    found = best_candidate((member(view, "b"), member(view, "c")), preference)
    assert (found.name if found is not None else None) == chosen


def test_equal_replicas_are_taken_in_the_order_of_their_names() -> None:
    view = group_view()
    found = best_candidate((member(view, "c"), member(view, "b")), Preference())
    assert found is not None
    assert found.name == "b"

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which names of groups are let in."""

from __future__ import annotations

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.group_name import why_not_a_name


@pytest.mark.parametrize("name", ["presence-1", "mymaster", "a.b_c", "cache:1", "größe"])
def test_a_name_that_means_one_group_is_let_in(name: str) -> None:
    assert why_not_a_name(name) is None


@pytest.mark.parametrize(
    "name", ["*", "presence-*", "presence-?", "presence-[12]", "a\\b", "a b", "a\tb", "a,b", 'a"b', "a'b", "a\x00"]
)
def test_a_name_that_may_mean_several_groups_or_ends_elsewhere_is_named(name: str) -> None:
    said = why_not_a_name(name)
    assert said is not None
    assert repr(name) in said


def test_a_group_needs_a_name() -> None:
    assert why_not_a_name("") == "'' cannot be the name of a group: a group needs one"

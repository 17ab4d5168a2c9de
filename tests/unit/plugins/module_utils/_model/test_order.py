# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of restarts: least harm first."""

from __future__ import annotations

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.group import GroupView
from ansible_collections.steadyhand.redis.plugins.module_utils._model.node import PRIMARY
from ansible_collections.steadyhand.redis.plugins.module_utils._model.order import restart_order
from unit.builders import MIB, group_view, with_account, with_link, with_node


def promoted_b(view: GroupView) -> GroupView:
    """The roles of ``a`` and ``b`` exchanged."""
    link = view.nodes[1].facts.upstream if view.nodes[1].facts else None
    return with_node(with_node(view, "b", role=PRIMARY, upstream=None), "a", role="replica", upstream=link)


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        pytest.param(group_view(), ["b", "c", "a"], id="the primary last"),
        pytest.param(promoted_b(group_view()), ["a", "c", "b"], id="whoever is primary now"),
        pytest.param(with_link(group_view(), "c", up=False), ["c", "b", "a"], id="a lost replica first"),
        pytest.param(with_link(group_view(), "c", syncing=True), ["c", "b", "a"], id="one that synchronises first"),
        pytest.param(
            with_link(with_node(group_view(), "a", offset=9 * MIB), "b", applied_offset=9 * MIB),
            ["c", "b", "a"],
            id="one that is far behind first",
        ),
        pytest.param(
            with_link(group_view(), "c", applied_offset=1), ["b", "c", "a"], id="some bytes behind is not far"
        ),
        pytest.param(with_account(group_view(), "b", facts=None), ["c", "a"], id="a silent node has no turn"),
        pytest.param(
            with_account(group_view(), "a", facts=None), ["b", "c"], id="without a primary the replicas still have one"
        ),
    ],
)
def test_restart_order(view: GroupView, expected: list[str]) -> None:
    assert restart_order(view) == expected

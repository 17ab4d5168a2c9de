# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written down of traffic that is being moved."""

from __future__ import annotations

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.routing import Routing, unfinished_routing

ROUTING = Routing("a", "b", 1700000000000, 1700000020000)


@pytest.mark.parametrize(
    ("ledger", "found"),
    [
        ({}, None),
        ({"node|replica-priority|b": "100", "routing|a": "1"}, None),
        ({ROUTING.field: ROUTING.value}, ROUTING),
        ({ROUTING.field: "since then"}, Routing("a", "b")),
        ({"node|replica-priority|b": "100", ROUTING.field: ROUTING.value}, ROUTING),
    ],
    ids=["nothing", "others' fields", "a routing", "without its time", "beside what is borrowed"],
)
def test_an_unfinished_routing_is_found_in_the_ledger(ledger: dict[str, str], found: Routing | None) -> None:
    assert unfinished_routing(ledger) == found


@pytest.mark.parametrize(("primary", "old", "new"), [("b", "a", "b"), ("a", "b", "a")])
def test_traffic_belongs_to_whoever_leads(primary: str, old: str, new: str) -> None:
    direction = ROUTING.towards(primary)
    assert (direction.old, direction.new) == (old, new)

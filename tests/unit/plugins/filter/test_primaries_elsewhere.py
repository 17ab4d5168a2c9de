# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the primaries of other groups are spread over zones and machines."""

from __future__ import annotations

import pytest
from ansible_collections.steadyhand.redis.plugins.filter.primaries_elsewhere import primaries_elsewhere

from .conftest import InventoryFactory

# As the role leaves it behind in the facts of the hosts that stand for groups.
STANDING = """
all:
  vars:
    __redis_roll_described:
      nodes:
        x1: {zone: a, machine: m1}
        x2: {zone: b, machine: m1}
        x3: {zone: "", machine: m3}
  hosts:
    one: {redis_roll_view: {primary: x1}}
    two: {redis_roll_view: {primary: x2}}
    three: {redis_roll_view: {primary: x2}}
    nowhere: {redis_roll_view: {primary: x3}}
    headless: {redis_roll_view: {primary: null}}
    strange: {redis_roll_view: {primary: somebody else}}
    unseen: {}
"""

COUNTS: dict[str, tuple[list[str], dict[str, dict[str, int]]]] = {
    "nobody else": ([], {"zone": {}, "machine": {}}),
    "zones and machines": (["one", "two", "three"], {"zone": {"a": 1, "b": 2}, "machine": {"m1": 3}}),
    "no zone declared": (["nowhere"], {"zone": {}, "machine": {"m3": 1}}),
    "groups of which nothing is known": (["headless", "strange", "unseen"], {"zone": {}, "machine": {}}),
}


@pytest.mark.parametrize(("hosts", "expected"), COUNTS.values(), ids=COUNTS)
def test_primaries_are_counted_where_they_are_now(
    inventory: InventoryFactory, hosts: list[str], expected: dict[str, dict[str, int]]
) -> None:
    assert primaries_elsewhere(hosts, inventory(STANDING).hostvars) == expected

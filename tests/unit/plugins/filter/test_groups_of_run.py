# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Redis groups an inventory describes, and what part of them a run covers."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.steadyhand.redis.plugins.filter.groups_of_run import groups_of_run

from .conftest import InventoryFactory

PLAIN = """
redis:
  children:
    presence_1:
      hosts: {a1: {}, b1: {}, c1: {}}
    presence_2:
      hosts: {b2: {}, a2: {}}
      vars: {redis_group: presence-2, redis_cluster: mt1}
sentinels:
  hosts: {s1: {}}
"""

# Each: the inventory, and label -> hosts.
UNDERSTOOD = {
    "child group's name as default, and a declared one": (
        PLAIN,
        {"presence-2": ["a2", "b2"], "presence_1": ["a1", "b1", "c1"]},
    ),
    "zone and cluster groups beside": (
        PLAIN + "zone_a:\n  hosts: {a1: {}, a2: {}}\nmt1:\n  children: {presence_1: {}, presence_2: {}}\n",
        {"presence-2": ["a2", "b2"], "presence_1": ["a1", "b1", "c1"]},
    ),
    "nested groups with declared names": (
        """
redis:
  children:
    mt1:
      children:
        presence_1: {hosts: {a1: {}, b1: {}}, vars: {redis_group: presence-1}}
        presence_2: {hosts: {a2: {}, b2: {}}, vars: {redis_group: presence-2}}
""",
        {"presence-1": ["a1", "b1"], "presence-2": ["a2", "b2"]},
    ),
    "a cluster group below redis too, with declared names": (
        """
redis:
  children:
    presence_1: {hosts: {a1: {}, b1: {}}, vars: {redis_group: presence-1}}
    mt1: {hosts: {a1: {}, b1: {}}}
""",
        {"presence-1": ["a1", "b1"]},
    ),
    "two Sentinel sets with one name": (
        """
redis:
  children:
    eu: {hosts: {a1: {}, b1: {}}, vars: {redis_group: mymaster, redis_sentinel_hosts: sentinels_eu}}
    us: {hosts: {a2: {}, b2: {}}, vars: {redis_group: mymaster, redis_sentinel_hosts: sentinels_us}}
""",
        {"mymaster of sentinels_eu": ["a1", "b1"], "mymaster of sentinels_us": ["a2", "b2"]},
    ),
    "one name with and without Sentinels": (
        """
redis:
  children:
    watched: {hosts: {a1: {}, b1: {}}, vars: {redis_group: cache}}
    alone: {hosts: {a2: {}, b2: {}}, vars: {redis_group: cache, redis_without_sentinels: true}}
""",
        {"cache of sentinels": ["a1", "b1"], "cache without Sentinels": ["a2", "b2"]},
    ),
    "a templated name": (
        """
redis:
  children:
    presence_1: {hosts: {a1: {}}, vars: {number: 1, redis_group: "presence-{{ number }}"}}
""",
        {"presence-1": ["a1"]},
    ),
    "a group in two child groups by a declared name": (
        """
redis:
  children:
    shard_1_a: {hosts: {a1: {}}, vars: {redis_group: shard-1}}
    shard_1_b: {hosts: {b1: {}}, vars: {redis_group: shard-1}}
""",
        {"shard-1": ["a1", "b1"]},
    ),
}

REFUSED = {
    "no group redis": ("databases: {hosts: {a1: {}}}", "no hosts in the group 'redis'"),
    "a host in two groups without a declared name": (
        "redis: {children: {one: {hosts: {a1: {}}}, two: {hosts: {a1: {}, b1: {}}}}}",
        r"host a1: which Redis group is it in\? It is in 2 of the child groups of 'redis' \(one, two\)\. Set redis_group",
    ),
    "a host right below redis": (
        "redis: {hosts: {a1: {}}}",
        "host a1: which Redis group is it in.*none of the child groups",
    ),
    "nested groups without declared names": (
        "redis: {children: {mt1: {children: {one: {hosts: {a1: {}}}, two: {hosts: {a2: {}}}}}}}",
        "host a1: 'mt1' has child groups.*Set redis_group in each",
    ),
    "two clusters in one group": (
        "redis: {children: {one: {hosts: {a1: {redis_cluster: x}, b1: {redis_cluster: y}}}}}",
        "one: redis_cluster must be the same for all of its hosts, but a1 and b1 differ",
    ),
}


@pytest.mark.parametrize(("text", "expected"), UNDERSTOOD.values(), ids=UNDERSTOOD)
def test_every_group_is_found_with_all_its_hosts(
    inventory: InventoryFactory, text: str, expected: dict[str, list[str]]
) -> None:
    read = inventory(text)
    found = groups_of_run(read.groups, read.hostvars, read.hosts)
    assert {group["label"]: group["hosts"] for group in found} == expected


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_meant_is_refused(inventory: InventoryFactory, text: str, message: str) -> None:
    read = inventory(text)
    with pytest.raises(AnsibleFilterError, match=message):
        groups_of_run(read.groups, read.hostvars, read.hosts)


def test_a_group_carries_the_names_that_its_servers_know(inventory: InventoryFactory) -> None:
    read = inventory(PLAIN)
    (found,) = groups_of_run(read.groups, read.hostvars, ["a2", "b2"])
    assert found == {
        "label": "presence-2",
        "group": "presence-2",
        "cluster": "mt1",
        "sentinel_hosts": "sentinels",
        "hosts": ["a2", "b2"],
    }


def test_a_run_over_some_groups_covers_those(inventory: InventoryFactory) -> None:
    read = inventory(PLAIN)
    assert [group["label"] for group in groups_of_run(read.groups, read.hostvars, ["c1", "b1", "a1", "s1"])] == [
        "presence_1"
    ]


def test_a_run_that_tears_groups_names_all_that_would_be_left_out(inventory: InventoryFactory) -> None:
    read = inventory(PLAIN)
    with pytest.raises(AnsibleFilterError, match=r"presence-2 \(b2 would .*; presence_1 \(b1, c1 would be left out\)"):
        groups_of_run(read.groups, read.hostvars, ["a1", "a2"])


def test_a_run_without_redis_nodes_names_what_there_is(inventory: InventoryFactory) -> None:
    read = inventory(PLAIN)
    with pytest.raises(AnsibleFilterError, match=r"no Redis node is in this run.*presence_1 \(a1, b1, c1\)"):
        groups_of_run(read.groups, read.hostvars, ["s1"])

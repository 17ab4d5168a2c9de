#!/usr/bin/python
# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: wait_for_health
short_description: Wait until a Redis or Valkey group is healthy, and until a node of it may be restarted
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - Observes every node and every Sentinel of a group again and again until the group has been healthy without a break for O(stable_for) seconds.
  - When O(timeout) passes, the task fails and names every condition that does not hold, with the last evidence.
  - With O(safe_to_restart) it then decides whether this node may be stopped, and predicts how it will come back.
extends_documentation_fragment:
  - steadyhand.redis.attributes
  - steadyhand.redis.group
  - steadyhand.redis.lock
  - steadyhand.redis.login
  - steadyhand.redis.login.sentinel
attributes:
  check_mode:
    support: full
    details:
      - Waits as usual, but takes no lock.
  diff_mode:
    support: N/A
options:
  timeout:
    description:
      - How many seconds to wait at most.
    type: float
    default: 300.0
  interval:
    description:
      - Seconds between two observations.
    type: float
    default: 0.5
  stable_for:
    description:
      - For how many seconds everything must hold without a break.
    type: float
    default: 2.0
  safe_to_restart:
    description:
      - Name (in O(node_options), else the address) of a node that is to be restarted next.
      - The module must run on that node's own host, with the right to read its configuration file.
      - "Checked, besides the health of the group: its configuration file names the current primary by the address that the Sentinels announce;
        the replicas that remain satisfy C(min-replicas-to-write), and one of them could take over;
        its append-only file is not being rewritten; and whether it will come back by a partial or a full synchronisation, and what a full one needs."
      - If the node turns out to be the primary, the module succeeds, and RV(forecast) is V(none). Hand over with M(steadyhand.redis.failover) then.
    type: str
  accept_full_sync:
    description:
      - Whether the node may come back by a full synchronisation. Otherwise a restart that would need one is refused.
    type: bool
    default: false
  expected_restart_seconds:
    description:
      - For how long the node will be away at least.
    type: float
    default: 30.0
  stopped_ago:
    description:
      - How many seconds ago the node that was restarted last was stopped, when this task begins. Its absence ends when the group is healthy again,
        and where that was longer than O(expected_restart_seconds), the node in O(safe_to_restart) is expected to be away for as long.
    type: float
  service:
    description:
      - Name of the node's systemd unit, whose time-outs are then compared with the time that saving and loading take.
    type: str
seealso:
  - module: steadyhand.redis.group_info
  - module: steadyhand.redis.failover
"""

EXAMPLES = r"""
- name: Wait until the group is healthy
  steadyhand.redis.wait_for_health:
    group: presence-1
    nodes: [10.0.1.11:6379, 10.0.2.11:6379, 10.0.3.11:6379]
    sentinels: [10.0.1.21:26379, 10.0.2.21:26379, 10.0.3.21:26379]

- name: Wait until this replica may be restarted
  steadyhand.redis.wait_for_health:
    group: presence-1
    nodes: [10.0.1.11:6379, 10.0.2.11:6379, 10.0.3.11:6379]
    sentinels: [10.0.1.21:26379, 10.0.2.21:26379, 10.0.3.21:26379]
    safe_to_restart: 10.0.2.11:6379
    service: redis-server
  become: true
"""

RETURN = r"""
view:
  description: The last observation, with the keys that M(steadyhand.redis.group_info) returns.
  returned: always
  type: dict
waited:
  description: Seconds until everything held.
  returned: always
  type: float
  sample: 3.2
write_rate:
  description: Bytes per second that the primary's replication offset grew meanwhile.
  returned: always
  type: float
  sample: 52428.8
missing:
  description: The conditions that did not hold at the end, with their evidence; why the node must not be restarted.
  returned: always
  type: list
  elements: str
notes:
  description: With O(lock), what a hand-over that was cut off had left behind and was returned, and what may be lost by it. Each is a warning too.
  returned: always
  type: list
  elements: str
forecast:
  description: What a restart of O(safe_to_restart) will do; V(none) where that was not asked, or where it is the primary.
  returned: always
  type: dict
  contains:
    node:
      description: Name of the node.
      type: str
    resync:
      description: V(partial) or V(full).
      type: str
    why:
      description: The numbers behind it.
      type: str
    unseen:
      description: What a full synchronisation also needs and what could not be checked from here.
      type: list
      elements: str
"""

from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.group import group_options
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.lock import lock_option
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.module import run_module
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.results import UNSEEN_GROUP
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.safe_restart import restart_options
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.wait_for_health import body


def main() -> None:
    """Entry point."""
    run_module(
        {
            **group_options(),
            **lock_option(),
            **restart_options(),
            "timeout": {"type": "float", "default": 300.0},
            "interval": {"type": "float", "default": 0.5},
            "stable_for": {"type": "float", "default": 2.0},
            "stopped_ago": {"type": "float"},
        },
        {"view": dict(UNSEEN_GROUP), "waited": 0.0, "write_rate": 0.0, "missing": [], "forecast": None, "notes": []},
        body,
    )


if __name__ == "__main__":
    main()

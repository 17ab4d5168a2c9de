#!/usr/bin/python
# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: sentinel_monitor
short_description: Have one Sentinel watch a Redis or Valkey group
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - Tells one Sentinel to watch a group, sets how it does so, or has it forget the group. It goes by commands alone; the Sentinel writes its
    file itself, and what it has learned is never touched.
  - A Sentinel that does not watch the group yet gets the address of the primary only after a proof. Exactly one answering node is primary.
    Every answering replica copies it and has no data of another history, and no other replica is attached to it. Every Sentinel that watches the
    group names it, and none of O(sentinels) watches any of O(nodes) under another name.
  - A node that does not answer is a refusal unless most of O(sentinels) have met this very primary lately and none of them has heard of a later
    failover. A Sentinel that slept through one proves nothing.
  - A Sentinel that watches the group is never pointed to another address. Where it names a node that is not the primary, the task fails;
    M(steadyhand.redis.sentinel_repair) mends that.
extends_documentation_fragment:
  - steadyhand.redis.attributes
  - steadyhand.redis.group
  - steadyhand.redis.login
  - steadyhand.redis.login.sentinel
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - O(auth_password) is never shown. RV(changes) names it.
options:
  sentinel:
    description:
      - Address of the Sentinel that is meant, as it is among O(sentinels).
    type: str
    required: true
  state:
    description:
      - Whether the Sentinel watches the group.
      - One that is to forget it also forgets how to log in to its nodes. Refused in the middle of a failover.
    type: str
    choices: [present, absent]
    default: present
  quorum:
    description:
      - How many Sentinels must hold the primary for down before one of them may begin a failover. By default the majority of O(sentinels).
    type: int
  down_after_milliseconds:
    description:
      - After how many milliseconds without a valid answer a node counts as down. By default what the Sentinel has; the engine's default is 30000.
    type: int
  failover_timeout:
    description:
      - Milliseconds after which a failover is given up. By default what the Sentinel has; the engine's default is 180000.
    type: int
  parallel_syncs:
    description:
      - How many replicas may begin to copy a new primary at the same time. By default what the Sentinel has; the engine's default is 1.
    type: int
  auth_user:
    description:
      - ACL user by which the Sentinel logs in to the nodes.
    type: str
  auth_password:
    description:
      - Password by which the Sentinel logs in to the nodes.
      - No command shows it, so it is compared with the Sentinel's file. The module must run on the Sentinel's host then, as root.
      - Set only where every node that answers takes it. A Sentinel that nodes do not let in holds them for down.
    type: str
  peer_password:
    description:
      - Password by which the Sentinel is to log in to the other Sentinels (C(sentinel-pass)).
      - It is only compared with the Sentinel's file, like O(auth_password), and another one there is a refusal. All Sentinels of a set must change
        it together.
    type: str
seealso:
  - module: steadyhand.redis.group_info
  - module: steadyhand.redis.sentinel_repair
"""

EXAMPLES = r"""
- name: Have the Sentinel on this host watch the group
  steadyhand.redis.sentinel_monitor:
    group: presence-1
    nodes: [10.0.1.11:6379, 10.0.2.11:6379, 10.0.3.11:6379]
    sentinels: [10.0.1.21:26379, 10.0.2.21:26379, 10.0.3.21:26379]
    sentinel: 10.0.1.21:26379
    down_after_milliseconds: 5000
    login_password: "{{ redis_login_password }}"
    auth_password: "{{ redis_login_password }}"
  become: true

- name: Have it forget the group
  steadyhand.redis.sentinel_monitor:
    group: presence-1
    nodes: [10.0.1.11:6379, 10.0.2.11:6379, 10.0.3.11:6379]
    sentinels: [10.0.1.21:26379, 10.0.2.21:26379, 10.0.3.21:26379]
    sentinel: 10.0.1.21:26379
    login_password: "{{ redis_login_password }}"
    state: absent
"""

RETURN = r"""
primary:
  description: Address of the primary that the Sentinel names at the end; in check mode the one that it would name. V(none) where it does not watch the group.
  returned: always
  type: str
  sample: 10.0.2.11:6379
changes:
  description: What was done, or would be. V(monitor), V(remove), and the names of the options that were set.
  returned: always
  type: list
  elements: str
  sample: [monitor, quorum, down-after-milliseconds, auth-pass]
"""

from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.group import group_options
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.module import run_module
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.sentinel_monitor import (
    EMPTY_RESULT,
    body,
    monitor_options,
)


def main() -> None:
    """Entry point."""
    run_module({**group_options(), **monitor_options()}, EMPTY_RESULT, body)


if __name__ == "__main__":
    main()

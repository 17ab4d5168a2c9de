#!/usr/bin/python
# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: maintenance_lock
short_description: Let one maintenance at a time work on a Redis or Valkey group
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - "The lock is a key with a time to live on the group's primary: C(steadyhand:lock:) and the name of the group, in database 0."
  - It crosses a hand-over by replication, because a hand-over ends only when the new primary has every byte of the old one.
  - "What can remove it before its time: eviction (a key with a time to live is a candidate of the volatile policies), FLUSHALL,
    and an automatic failover that lost it. Its owner notices at the next renewal and takes it again.
    Right before writes are held, a lock that is gone is a refusal, since somebody else may have worked in between."
  - A run that dies leaves a lock that ends by itself.
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
options:
  state:
    description:
      - V(present) takes the lock or prolongs it; it fails when somebody else holds it, and says who, since when and for what.
      - V(absent) gives it back. A lock of another owner is left alone, unless O(force) is set.
    type: str
    choices: [present, absent]
    default: present
  owner:
    description:
      - Unique name of the run that holds the lock.
    type: str
    required: true
  purpose:
    description:
      - What the run is doing, for people who meet the lock.
    type: str
    default: maintenance
  seconds:
    description:
      - After how many seconds without a renewal the lock ends by itself. Longer than the longest single step, which is usually a restart with loading.
    type: int
    default: 900
  continues:
    description:
      - Owners of earlier runs that have ended without giving the lock back. O(state=present) takes it over from them.
      - A hand-over of such a run that is still at work is a refusal. If the run was not dead after all, it is refused at its next step.
    type: list
    elements: str
    default: []
  force:
    description:
      - With O(state=absent), whether to remove a lock whatever its owner. Only when that run is known to be dead.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Take the lock
  steadyhand.redis.maintenance_lock:
    group: presence-1
    nodes: [10.0.1.11:6379, 10.0.2.11:6379, 10.0.3.11:6379]
    sentinels: [10.0.1.21:26379, 10.0.2.21:26379, 10.0.3.21:26379]
    owner: ticket-4711
    purpose: moving the rack

- name: Give it back
  steadyhand.redis.maintenance_lock:
    group: presence-1
    nodes: [10.0.1.11:6379, 10.0.2.11:6379, 10.0.3.11:6379]
    sentinels: [10.0.1.21:26379, 10.0.2.21:26379, 10.0.3.21:26379]
    owner: ticket-4711
    state: absent
"""

RETURN = r"""
holder:
  description: Who holds the lock at the end, V(none) when nobody does; in check mode, who would.
  returned: always
  type: dict
  contains:
    owner:
      description: Unique name of the run.
      type: str
    purpose:
      description: What it is doing.
      type: str
    since:
      description: Since when, in UTC by the primary's clock.
      type: str
    restarting:
      description: C(run_id) of the node that it has last found safe to restart; empty before the first.
      type: str
"""

from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.group import group_options
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.maintenance_lock import body
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.module import run_module


def main() -> None:
    """Entry point."""
    run_module(
        {
            **group_options(),
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "owner": {"type": "str", "required": True},
            "purpose": {"type": "str", "default": "maintenance"},
            "seconds": {"type": "int", "default": 900},
            "continues": {"type": "list", "elements": "str", "default": []},
            "force": {"type": "bool", "default": False},
        },
        {"holder": None},
        body,
    )


if __name__ == "__main__":
    main()

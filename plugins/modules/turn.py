#!/usr/bin/python
# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION. The code is in the action plugin of the same name; nothing of this file runs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: turn
short_description: Let the groups of one run take turns at something that they share
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - Groups of one wave advance side by side. What must not happen twice at a time is guarded by a turn, such as
    the restart of a node on one machine, or the hand-overs on one Sentinel set.
  - Waits until a turn is free, and says every 15 seconds who has it. Runs on the controller alone, without connecting to a host.
  - Turns are known within one run of C(ansible-playbook), and end with it.
attributes:
  action:
    description: Indicates this has a corresponding action plugin so some parts of the options can be executed on the controller.
    support: full
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details:
      - Takes no turn and does not wait.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: N/A
  platform:
    description: Target operating systems that can be operated against.
    support: full
    platforms: posix
options:
  resource:
    description:
      - What the turn is for, in words. Required to take one. Without it, O(state=returned) returns every turn of the owner.
    type: str
  owner:
    description:
      - Who takes it; an owner that has a turn at this resource already keeps it.
    type: str
    required: true
  state:
    description:
      - Whether to take the turn or to return it.
    type: str
    choices: [taken, returned]
    default: taken
  limit:
    description:
      - How many owners may have a turn at this resource at the same time.
    type: int
    default: 1
  timeout:
    description:
      - How many seconds to wait for a turn. Then the task fails and says who has it, and since when.
    type: float
    default: 1800
"""

EXAMPLES = r"""
- name: Restart one node at a time on this machine
  steadyhand.redis.turn:
    resource: restart on rack-7-host-3
    owner: presence-1

- name: Let the next group restart its node
  steadyhand.redis.turn:
    resource: restart on rack-7-host-3
    owner: presence-1
    state: returned
"""

RETURN = r"""
waited:
  description: Seconds until the turn was free.
  returned: always
  type: float
  sample: 12.5
returned:
  description: The resources at which a turn was returned.
  returned: always
  type: list
  elements: str
"""

#!/usr/bin/python
# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: failover_end
short_description: End a hand-over without Sentinels whose traffic is moved by tasks
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - M(steadyhand.redis.failover) with O(steadyhand.redis.failover#module:route_later=true) returns when the roles are exchanged and proven,
    while writes of the old primary's clients are held. Tasks then move the traffic, and this module ends it.
  - "With O(routed=true) it sends the waiting clients on, reads the proof from both nodes once more, and waits until the group is healthy."
  - "With O(routed=false) it hands the role back without loss and lets the waiting clients write on the old primary, RV(outcome=handed_back).
    Then run the tasks once more, with old and new exchanged, and this module with O(routed=true)."
  - Whatever it needs is asked from the servers and the ledger of the group, so that it also ends a routing that an interrupted run left,
    which M(steadyhand.redis.group_info) reports as C(routing_unfinished). Until then nothing is lost, and
    the old address refuses writes (those that wait, once their pause has ended).
  - The lock of a run that O(lock.continues) names is taken over once that pause has ended. Before, the call that exchanged the roles may
    still be at work, and this module is refused with the seconds that are left.
  - The task fails unless RV(outcome) is V(done) or V(handed_back).
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
      - Says whether a routing is under way.
  diff_mode:
    support: none
options:
  routed:
    description:
      - Whether the traffic was moved to the node that is the primary now.
      - V(false) when it could not be. After the role was handed back already, this is V(unknown), because traffic may be at either node.
    type: bool
    default: true
  route_command:
    description:
      - Command, as in M(steadyhand.redis.failover), that moves the traffic to the present primary before clients are let go.
      - For a routing that was left unfinished.
    type: list
    elements: str
  route_timeout:
    description:
      - Seconds that O(route_command) may take.
    type: float
    default: 15.0
  settle_timeout:
    description:
      - For how many seconds to wait until every node sees the group healthy.
    type: float
    default: 120.0
seealso:
  - module: steadyhand.redis.failover
"""

EXAMPLES = r"""
- name: Move the primary of a group without Sentinels, and its traffic by tasks
  vars:
    lock: {owner: "{{ lookup('ansible.builtin.pipe', 'uname -n') }}-move", purpose: move}
  module_defaults:
    group/steadyhand.redis.redis:
      group: cache-1
      nodes: [10.0.1.11:6379, 10.0.2.11:6379]
  block:
    - name: Exchange the roles, and keep clients waiting
      steadyhand.redis.failover:
        lock: "{{ lock }}"
        route_later: true
        route_timeout: 30
      register: moving

    - name: Move the virtual address
      ansible.builtin.command:
        argv: [/usr/local/sbin/move-virtual-ip, cache-1, "{{ moving.view.routing.new.host }}"]
      changed_when: true
      register: traffic
      failed_when: false # what became of it is the next task's affair

    - name: Let clients go, or hand the role back
      steadyhand.redis.failover_end:
        lock: "{{ lock | combine({'release': traffic.rc == 0}) }}"
        routed: "{{ traffic.rc == 0 }}"
"""

RETURN = r"""
outcome:
  description:
    - "V(done): traffic is at the primary, clients are let go, the group is healthy, and the proof holds."
    - "V(handed_back): the old primary leads again with everything; traffic that was moved already must be moved back."
    - "V(refused): nothing is changed; RV(reasons) says why, for example because no routing is under way."
    - "V(unknown): its end was not seen, or traffic could be moved in neither direction. RV(reasons) says who leads. Never stop a node then."
    - "V(planned): check mode, and a routing is under way."
  returned: always
  type: str
  sample: done
reasons:
  description: Why it was refused, or what is unknown; else what is worth knowing.
  returned: always
  type: list
  elements: str
evidence:
  description: As M(steadyhand.redis.failover) returns it.
  returned: always
  type: dict
view:
  description: The last observation, with the keys that M(steadyhand.redis.group_info) returns.
  returned: always
  type: dict
"""

from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.failover_end import (
    EMPTY_RESULT,
    body,
    end_options,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.group import group_options
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.lock import lock_option
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.module import run_module


def main() -> None:
    """Entry point."""
    run_module({**group_options(), **lock_option(), **end_options()}, EMPTY_RESULT, body)


if __name__ == "__main__":
    main()

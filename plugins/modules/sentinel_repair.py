#!/usr/bin/python
# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: sentinel_repair
short_description: Repair how Sentinels watch a Redis or Valkey group
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - Looks at every node and every Sentinel of a group, plans the steps that mend what is wrong between them, and takes one after the other,
    the least dangerous first. Check mode shows the steps, each with the condition that holds before it and the one that must hold after it.
  - One Sentinel is changed at a time. The group is observed and the plan made anew between two steps; the next step is taken only where it
    is still part of the plan, and the repair stops where the group is not as the plan expects.
  - "A Sentinel that does not watch the group, or names a node that is not its primary, gets the address of the primary after the proof that
    M(steadyhand.redis.sentinel_monitor) describes, with the parameters that the other Sentinels have. One that is wrong forgets the group first."
  - Parameters in which a Sentinel differs from most others are set.
  - What a hand-over that was cut off had borrowed is returned.
  - A replica that copies another replica of the group, from the same history, is made to copy the primary.
  - Entries of nodes and Sentinels that are gone are forgotten (C(SENTINEL RESET) of this one group), one Sentinel after the other, each only once
    the one before knows everybody again. Entries of nodes that are alive and belong elsewhere are forgotten at once, before Sentinel makes
    those nodes copy this group.
  - "Two primaries are ended only by a choice: without O(choose), the task fails and shows both copies of the data. With it, every Sentinel
    forgets the group, so that none can demote a primary; the writes of the other primary are held and its data copied into a file in O(save_to), which is
    checked; then it is made a replica, its own replicas copy the one that stays,
    and the Sentinels watch the group again. Where it cannot be ensured that nobody demotes it before, it is refused."
  - What would need a choice between data that are already overwritten, such as two groups that were joined under one name, is refused with the
    steps for people. So is everything while a failover is under way.
  - Holds the maintenance lock of the group, so that no roll and no hand-over is under way at the same time. It is a key on
    the primary, so one that takes no write (too few replicas, a full memory, a disk that fails) is refused, with what can be done about it.
  - A repair that was cut off is continued by running it again. Where no Sentinel watches the group, nobody tells how they watched it, so
    O(down_after_milliseconds), O(failover_timeout) and O(parallel_syncs) are needed then.
extends_documentation_fragment:
  - steadyhand.redis.attributes
  - steadyhand.redis.group
  - steadyhand.redis.lock
  - steadyhand.redis.login
  - steadyhand.redis.login.sentinel
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Shows how each Sentinel watches the group, and the steps. O(auth_password) is never shown.
options:
  choose:
    description:
      - Name of the primary whose data survive, where there are two. The data of the other end up in a file and nowhere else.
      - Where one primary is left, and a node that does not answer might be another one, it says that this one leads.
      - It is refused where another node is the only primary that answers.
    type: str
  save_to:
    description:
      - A directory on the host that runs the module, for the data of primaries that are given up. Needed with O(choose).
      - Each gets a file of its own (RDB) that only the user who runs the module can read. There must be as much room as the data need in memory.
    type: path
  quorum:
    description:
      - How many Sentinels must hold the primary for down before one of them may begin a failover. By default what most of the Sentinels have.
    type: int
  down_after_milliseconds:
    description:
      - After how many milliseconds without a valid answer a node counts as down. By default what most of the Sentinels have.
    type: int
  failover_timeout:
    description:
      - Milliseconds after which a failover is given up. By default what most of the Sentinels have.
    type: int
  parallel_syncs:
    description:
      - How many replicas may begin to copy a new primary at the same time. By default what most of the Sentinels have.
    type: int
  auth_user:
    description:
      - ACL user by which Sentinels log in to the nodes.
    type: str
  auth_password:
    description:
      - Password by which Sentinels log in to the nodes. Needed where the nodes have one, because a Sentinel that gets the group anew has none.
      - It is tried on every node before anything is changed.
    type: str
  settle_timeout:
    description:
      - Seconds to wait for the end of each step.
    type: float
    default: 120.0
seealso:
  - module: steadyhand.redis.group_info
  - module: steadyhand.redis.sentinel_monitor
notes:
  - A Sentinel that forgets a group forgets scripts and renamed commands too, which no command can give back. They stand in its file.
  - V(chained_replica) in O(accept) leaves replicas of replicas as they are.
"""

EXAMPLES = r"""
- name: Repair the Sentinels of a group
  steadyhand.redis.sentinel_repair:
    group: presence-1
    nodes: [10.0.1.11:6379, 10.0.2.11:6379, 10.0.3.11:6379]
    sentinels: [10.0.1.21:26379, 10.0.2.21:26379, 10.0.3.21:26379]
    login_password: "{{ redis_login_password }}"
    auth_password: "{{ redis_login_password }}"

- name: End a split brain in favour of one primary
  steadyhand.redis.sentinel_repair:
    group: presence-1
    nodes: [10.0.1.11:6379, 10.0.2.11:6379, 10.0.3.11:6379]
    sentinels: [10.0.1.21:26379, 10.0.2.21:26379, 10.0.3.21:26379]
    choose: 10.0.2.11:6379
    save_to: /var/backups/redis
"""

RETURN = r"""
outcome:
  description:
    - "V(not_needed): nothing is wrong that this module repairs, or what was (RV(plan)) healed by itself before anything was done."
    - "V(planned): check mode, and there are steps to take."
    - "V(done): every step was taken, and its end was seen."
    - "V(refused): nothing is changed; RV(reasons) says why."
    - "V(stopped): some steps were taken (RV(done)), and the group was not as expected then, which RV(reasons) tells."
  returned: always
  type: str
  sample: done
reasons:
  description: Why it was refused or stopped; after V(done), what is worth knowing.
  returned: always
  type: list
  elements: str
plan:
  description: The steps, in their order.
  returned: always
  type: list
  elements: dict
  contains:
    kind:
      description: V(return), V(set), V(remove), V(monitor), V(repoint), V(reset), V(save) or V(demote).
      type: str
    subject:
      description: The Sentinel or the node that is changed.
      type: str
    action:
      description: What is done.
      type: str
    before:
      description: What must hold before.
      type: str
    after:
      description: What must hold after it, before the next step is taken.
      type: str
done:
  description: The steps that were taken, with the keys of RV(plan).
  returned: always
  type: list
  elements: dict
  contains:
    kind:
      description: As in RV(plan).
      type: str
    subject:
      description: As in RV(plan).
      type: str
    action:
      description: As in RV(plan).
      type: str
    before:
      description: As in RV(plan).
      type: str
    after:
      description: As in RV(plan).
      type: str
    seen:
      description: What was seen after it, and after how long.
      type: str
left:
  description: What is wrong and is not repaired, with the reason.
  returned: always
  type: list
  elements: str
copies:
  description: Where there are several primaries, what there is to choose between, one for each.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the node, for O(choose).
      type: str
    address:
      description: Where it was asked.
      type: str
    number_of_keys:
      description: Its keys, in all databases.
      type: int
    used_memory:
      description: Bytes that it uses.
      type: int
    offset:
      description: Its replication offset.
      type: int
    own_bytes:
      description: Bytes that it has written to its replication stream since it was promoted; V(none) where it was no replica before.
      type: int
    replication_id:
      description: Its replication id.
      type: str
    shares_history:
      description: Whether another of the primaries has, or had before its promotion, the same history.
      type: bool
    replicas:
      description: Names of the nodes that copy it.
      type: list
      elements: str
    named_by:
      description: Names of the Sentinels that name it as the primary.
      type: list
      elements: str
    connected_clients:
      description: Its client connections, this module's among them.
      type: int
    changes_since_save:
      description: How many changes it has taken since RV(copies[].last_save_at).
      type: int
    last_save_at:
      description: Unix time of its last save, by its own clock.
      type: int
    clock:
      description: Unix time by its own clock when it was asked.
      type: int
saved:
  description: The files that hold the data of primaries that were given up.
  returned: always
  type: list
  elements: dict
  contains:
    node:
      description: Name of the node.
      type: str
    path:
      description: Where the file is, on the host that ran the module.
      type: str
    size:
      description: Its length in bytes.
      type: int
    checked:
      description: How it was checked that it is whole.
      type: str
    offset:
      description: Replication offset of the node when it was written.
      type: int
    replication_id:
      description: Replication id of the node at that time.
      type: str
view:
  description: The last observation, with the keys that M(steadyhand.redis.group_info) returns.
  returned: always
  type: dict
"""

from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.group import group_options
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.lock import lock_option
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.module import run_module
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.sentinel_repair import (
    EMPTY_RESULT,
    body,
    repair_options,
)


def main() -> None:
    """Entry point."""
    run_module({**group_options(), **lock_option(), **repair_options()}, EMPTY_RESULT, body)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: group_info
short_description: See one Redis or Valkey group from every node and every Sentinel
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - Asks every node and every Sentinel of a group at the same time, and judges what they say.
  - Members are matched by the run id that a node reports of itself, never by comparing inventory addresses with announced ones.
extends_documentation_fragment:
  - steadyhand.redis.attributes
  - steadyhand.redis.attributes.info_module
  - steadyhand.redis.group
  - steadyhand.redis.login
  - steadyhand.redis.login.sentinel
options:
  watch_seconds:
    description:
      - How long to watch the group between two observations, in seconds. With V(0) the group is observed once.
      - Only watching shows whether full synchronisations keep starting, and how fast clients write.
    type: float
    default: 1.0
  settle_timeout:
    description:
      - How long to look again while all that is wrong passes by itself, in seconds. With V(0) the group is judged as it is found.
      - This is so for V(sentinel_member_unsettled); Sentinels ask every node each 10 s, also after its start or change of role.
    type: float
    default: 0.0
seealso:
  - module: steadyhand.redis.audit
  - module: steadyhand.redis.node_info
  - module: steadyhand.redis.wait_for_health
"""

EXAMPLES = r"""
- name: See the group presence-1
  steadyhand.redis.group_info:
    group: presence-1
    nodes:
      - 10.0.1.11:6379
      - 10.0.2.11:6379
      - 10.0.3.11:6379
    sentinels:
      - 10.0.1.21:26379
      - 10.0.2.21:26379
      - 10.0.3.21:26379
    login_user: maintenance
    login_password: "{{ redis_login_password }}"
  register: presence

- name: Stop unless it is healthy
  ansible.builtin.assert:
    that: presence.verdict == "healthy"
    fail_msg: "{{ presence.problems }}"
"""

RETURN = r"""
group:
  description: Name of the group.
  returned: always
  type: str
  sample: presence-1
verdict:
  description:
    - V(healthy), V(degraded), V(unsafe) or V(unknown). Unknown is never as good as healthy.
  returned: always
  type: str
  sample: healthy
problems:
  description: What is wrong, worst first.
  returned: always
  type: list
  elements: dict
  contains:
    code:
      description:
        - Stable code, for O(accept). The verdict that it leads to is in brackets.
        - V(aof_write_failed) (unsafe) means that the last write to the append-only file failed.
        - V(chained_replica) (degraded) means that a replica copies another replica instead of the primary.
        - V(failover_in_progress) (unsafe) means that a failover is under way.
        - V(foreign_member) (unsafe) means that a primary in the inventory is no member of the group.
        - V(full_syncs_growing) (unsafe) means that replicas keep starting full synchronisations.
        - V(last_save_failed) (degraded) means that the last RDB save failed.
        - V(min_replicas_unmet) (unsafe) means that the primary refuses writes for lack of good replicas.
        - V(no_healthy_replica) (unsafe) means that no replica could take over.
        - V(no_primary) (unsafe) means that no answering node is a primary.
        - V(no_room_for_full_sync) (degraded) means that a full synchronisation, should a hand-over need one, would not fit.
        - V(node_denied) (unknown) means that a node answers but refuses our login or a command.
        - V(node_is_sentinel) (unknown) means that a node of the inventory is a Sentinel.
        - V(node_loading) (unsafe) means that a node is loading its data set.
        - V(node_unreachable) (unknown) means that a node does not answer.
        - V(replica_lagging) (degraded) means that a replica is further behind than the limit.
        - V(replica_link_down) (degraded) means that a replica has lost its primary.
        - V(replica_of_stranger) (unsafe) means that a replica copies a node that is not the primary of the group.
        - V(replica_syncing) (degraded) means that a replica is in a full synchronisation.
        - V(replica_writable) (degraded) means that a replica accepts writes of clients.
        - V(routing_unfinished) (degraded) means that the primary has changed and clients were not seen moved to it.
        - V(sentinel_denied) (unknown) means that a Sentinel answers but refuses our login or a command.
        - V(sentinel_disagrees) (unsafe) means that Sentinels name different primaries or epochs.
        - V(sentinel_is_node) (unknown) means that the address of a Sentinel in the inventory belongs to no Sentinel.
        - V(sentinel_member_unsettled) (degraded) means that a Sentinel has not yet asked a node since its start or change of role.
        - V(sentinel_misses_member) (unsafe) means that a Sentinel does not know a node of the group.
        - V(sentinel_no_quorum) (unsafe) means that a Sentinel cannot reach the quorum or the majority.
        - V(sentinel_not_watching) (unsafe) means that a Sentinel does not watch the group.
        - V(sentinel_peer_missing) (degraded) means that a Sentinel does not see all other Sentinels.
        - V(sentinel_sees_down) (degraded) means that a Sentinel holds a member for down.
        - V(sentinel_tilt) (unsafe) means that a Sentinel is in TILT and does not act.
        - V(sentinel_unreachable) (unknown) means that a Sentinel does not answer.
        - V(sentinel_wrong_primary) (unsafe) means that a Sentinel names a node that is not the primary.
        - V(settings_borrowed) (degraded) means that a hand-over that was cut off left borrowed settings behind.
        - V(shutting_down) (unsafe) means that a node is shutting down.
        - V(stale_entry) (degraded) means that a Sentinel keeps an entry for a node that is gone.
        - V(two_primaries) (unsafe) means that more than one node is a primary.
        - V(unlisted_member) (unsafe) means that a live member of the group is missing from the inventory.
      type: str
      sample: replica_lagging
    subject:
      description: The node, Sentinel or group concerned.
      type: str
    evidence:
      description: What was seen.
      type: str
    remedy:
      description: What to do about it.
      type: str
    outlook:
      description: What it will do if it is left alone.
      type: str
    when:
      description: When it will do so.
      type: str
    about:
      description: The address that is meant, where the subject is only who speaks of it; empty otherwise.
      type: str
    severity:
      description: V(advice), V(degraded), V(unsafe) or V(unknown). Advice is given by M(steadyhand.redis.audit) alone.
      type: str
    verdict:
      description: The verdict that this problem alone leads to.
      type: str
    acceptable:
      description: Whether O(accept) may hold its code.
      type: bool
accepted:
  description: Problems that O(accept) sets aside, in the same form as RV(problems).
  returned: always
  type: list
  elements: dict
primary:
  description: Name of the primary, or V(none) when there is not exactly one.
  returned: always
  type: str
replicas:
  description: Names of the replicas that answered.
  returned: always
  type: list
  elements: str
good_replicas:
  description:
    - How many replicas count for C(min-replicas-to-write) by the primary's own account; connected, and acknowledged within C(min-replicas-max-lag).
      V(none) when there is not exactly one primary.
  returned: always
  type: int
  sample: 2
restart_order:
  description: Names of the nodes in the order in which they may be restarted, the primary last.
  returned: always
  type: list
  elements: str
members:
  description: Every node that answered.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the node.
      type: str
    address:
      description: Where it was reached.
      type: str
    announced:
      description: The address that the Sentinels announce for it.
      type: str
    role:
      description: V(primary) or V(replica), as the node itself says.
      type: str
    engine:
      description: V(redis) or V(valkey).
      type: str
    version:
      description: Version of the engine.
      type: str
    run_id:
      description: Run id, new with every start.
      type: str
    uptime_seconds:
      description: Seconds since its start, by its own clock.
      type: int
    link_up:
      description: Whether a replica is connected to its primary; V(none) for the primary.
      type: bool
    lag_bytes:
      description: Bytes of the replication stream that a replica has not applied; V(none) for the primary.
      type: int
    offset:
      description: Replication offset.
      type: int
    priority:
      description: The replica-priority.
      type: int
    used_memory:
      description: Bytes of memory in use.
      type: int
    number_of_keys:
      description: Keys in all databases.
      type: int
    full_syncs:
      description: Full synchronisations that it has served since its start.
      type: int
    certain_full_sync:
      description: Why its restart would end in a full synchronisation however short it is; V(none) where it need not.
      type: str
sentinels:
  description: What every Sentinel says.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the Sentinel.
      type: str
    address:
      description: Where it was reached.
      type: str
    primary:
      description: The address that it names as primary.
      type: str
    config_epoch:
      description: Configuration epoch of that answer.
      type: int
    quorum_ok:
      description: Whether it can reach the quorum and the majority.
      type: bool
    tilt:
      description: Whether it is in TILT.
      type: bool
    error:
      description: Why it could not be asked.
      type: str
last_handover:
  description:
    - How the last hand-over of the group ended, or V(none) where none is on record. It is kept on the primary for a week.
  returned: always
  type: dict
  contains:
    outcome:
      description:
        - RV(ignore:outcome) of M(steadyhand.redis.failover), or V(begun).
        - V(begun) while nobody holds the lock means that the process which handed over has died in the middle.
      type: str
    owner:
      description: Who held the lock of the group for it.
      type: str
    purpose:
      description: What the lock was taken for.
      type: str
    begun_at:
      description: When it began, in UTC by the primary's clock.
      type: str
    ended_at:
      description: When it ended; empty while it has not.
      type: str
    old_primary:
      description: Name of the node that was the primary.
      type: str
    new_primary:
      description: Name of the node that took over; empty when none did.
      type: str
    reasons:
      description: As M(steadyhand.redis.failover) returned them.
      type: list
      elements: str
maintenance:
  description:
    - Who holds the maintenance lock of the group (see M(steadyhand.redis.maintenance_lock)), or V(none) when nobody does.
  returned: always
  type: dict
  contains:
    owner:
      description: Unique name of the run that holds it; V(unknown) for a value that is not ours.
      type: str
    purpose:
      description: What that run is doing.
      type: str
    since:
      description: Since when, in UTC by the primary's clock.
      type: str
    restarting:
      description: C(run_id) of the node that this run has last found safe to restart, for the guard of that node; empty before the first.
      type: str
    ends_in_seconds:
      description: When it ends unless it is renewed; V(none) where it does not end.
      type: int
routing:
  description:
    - Where the traffic of a group without Sentinels must be moved, while M(steadyhand.redis.failover_end) has not been told that it was.
  returned: always; V(none) where nothing is to be moved
  type: dict
  contains:
    old:
      description: The node whose traffic is to be moved, by its C(name), and the C(host) and C(port) by which the engine knows it.
      type: dict
    new:
      description: The node that is the primary, in the same form.
      type: dict
waited:
  description: Seconds for which the group was given time to settle before it was observed as it is described here. See O(settle_timeout).
  returned: always
  type: float
  sample: 0.0
write_rate:
  description: Bytes per second that the primary's replication offset grew while it was watched.
  returned: always
  type: float
  sample: 52428.8
"""

from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.group import group_options, limits_from
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.module import Task, run_module
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.results import UNSEEN_GROUP, group_result
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.group import GroupConnections
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.targets import targets_from
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.clock import SystemClock
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.watching import watch_until_settled


def body(task: Task) -> None:
    """Observe, judge, report."""
    with GroupConnections(targets_from(task.params), task.params["connect_timeout"]) as connections:
        watched = watch_until_settled(
            connections.observe,
            SystemClock(),
            task.params["watch_seconds"],
            limits_from(task.params),
            task.params["accept"],
            task.params["settle_timeout"],
        )
    task.result.update(
        group_result(watched.view, watched.judgement), waited=watched.waited, write_rate=watched.write_rate
    )


def main() -> None:
    """Entry point."""
    run_module(
        {
            **group_options(),
            "watch_seconds": {"type": "float", "default": 1.0},
            "settle_timeout": {"type": "float", "default": 0.0},
        },
        {**UNSEEN_GROUP, "waited": 0.0, "write_rate": 0.0},
        body,
    )


if __name__ == "__main__":
    main()

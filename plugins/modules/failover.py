#!/usr/bin/python
# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: failover
short_description: Hand the primary's role of a Redis or Valkey group over without losing an acknowledged write
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - A verified hand-over under Sentinel. C(SENTINEL FAILOVER) alone loses nearly every write that clients make on open connections during the next ten seconds.
  - "It refuses an unsafe group before anything is changed; holds writes on the primary for at most 0.6 of the shortest
    C(down-after-milliseconds); proves that every replica that could be promoted has every byte; asks one Sentinel to fail over;
    demotes the old primary in the transaction that reads its offset for the last time; waits until every Sentinel names the
    new primary; sends clients on; and waits until the whole group is healthy again."
  - It carries on to its end when the connection to the host is dropped. The result is left in the group for whoever asks next,
    as RV(steadyhand.redis.group_info#module:last_handover), also in RV(view).
  - Replicas with C(replica-priority 0), and those that copy another replica, never lead and are not waited for. No setting of theirs is changed.
    Sentinel brings them over to the new primary as far as it knows them.
    Being far behind or chained is still a problem of the group, which O(accept) can take (C(replica_lagging), C(chained_replica)).
  - Any other replica that is more than O(max_lag) behind is a refusal also with C(replica_lagging) in O(accept). Sentinel knows nothing of our choice but
    priorities. Should the chosen replica be lost in the last moment, it would promote that one, without the bytes that it lacks. A replica that is far away
    and never to lead has C(replica-priority 0); it is the user who sets that, not this module. The same goes for a chained replica that a Sentinel still knows.
  - It is refused with C(no_room_for_full_sync), which O(accept) can take, when a full synchronisation would not fit, should a fault make one necessary.
    That is reckoned from the memory of the new primary's machine and its C(client-output-buffer-limit), and for the old primary from its
    C(repl-diskless-load), and its disk if it is the node in O(safe_to_restart).
  - Beforehand it asks with C(ACL DRYRUN) (Redis 7.0 and Valkey), on the nodes and the Sentinels, whether the login may run every command
    that is needed, and has every node write its configuration file with C(CONFIG REWRITE). What is not possible is a refusal.
  - The task fails unless RV(outcome) is V(done) or V(routing). After V(unknown) no node of the group may be stopped.
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
      - Runs the whole preflight and reports RV(outcome=planned) or RV(outcome=refused). Only C(CONFIG REWRITE) is not tried.
  diff_mode:
    support: full
options:
  target:
    description:
      - Name (in O(node_options), else the address) of the replica that is to become the primary. Without it, any replica that is fit to lead.
      - "A replica is refused, with every reason, when clients would lose something by it: C(maxmemory) below the data set, another eviction policy,
        other ACL users or passwords, lower C(maxclients), other modules, a failed last save, C(replica-read-only no), lag, link, C(replica-priority 0)."
      - "Among those that are left: O(prefer_zone), then O(primaries_per_zone), then O(primaries_per_machine), then who has received most."
      - Where Sentinel might choose another replica, C(replica-priority) is borrowed for the time of the hand-over, and every Sentinel must have seen it.
    type: str
  away_from:
    description:
      - Name (in O(node_options), else the address) of the node that must not be the primary. If it is not, nothing is done.
        A name that no node has is an error.
    type: str
  prefer_zone:
    description:
      - Zone (in O(node_options)) from which to take the new primary where one there is fit to lead.
    type: str
  never:
    description:
      - Names of nodes that must not become the primary by this hand-over, not even as O(target). A name that no node has is an error.
    type: list
    elements: str
    default: []
  primaries_per_zone:
    description:
      - How many primaries of other groups each zone has. The zone with the fewest is preferred.
    type: dict
    default: {}
  primaries_per_machine:
    description:
      - How many primaries of other groups each machine has. The machine with the fewest is preferred.
    type: dict
    default: {}
  driver:
    description:
      - How to do it. Choose by name only to insist; what the servers cannot do soundly is refused with the reason.
      - "V(auto): V(bare) where no Sentinels are named, V(coordinated) where every Sentinel can, else V(sentinel)."
      - "V(sentinel): by any Sentinel of Redis 6.2 or Valkey, and later."
      - "V(coordinated): by Sentinels of Valkey 9.1.1 and later, which pause the primary themselves. Their C(failover-timeout) is borrowed."
      - "V(bare): without Sentinels, Redis 6.2 and Valkey, and later. Needs O(route_command) or O(route_later).
      By the engine's C(FAILOVER), or on Redis 6.2 by the steps that are used under Sentinel, because the end of C(FAILOVER) lets clients go there.
      Refused while connections of Sentinels are seen on the primary."
    type: str
    choices: [auto, sentinel, coordinated, bare]
    default: auto
  route_command:
    description:
      - Command, as a list of words, that moves the traffic of a group without Sentinels to the new primary (a virtual IP address, DNS, a proxy).
      - It runs on the host that runs the module, while writes are held on the old primary,
        with C(STEADYHAND_GROUP), C(STEADYHAND_OLD_HOST), C(STEADYHAND_OLD_PORT), C(STEADYHAND_NEW_HOST) and C(STEADYHAND_NEW_PORT) in its environment.
      - When it has not ended after O(route_timeout), it is killed with all that it started in its process group.
      - When it fails, the role is handed back without loss, the command is run once more the other way round, and RV(outcome=refused).
    type: list
    elements: str
  route_later:
    description:
      - Moves no traffic. Returns RV(outcome=routing) as soon as the roles are exchanged and proven, while writes of the old primary's clients
        are held; they are held for O(route_timeout) and 5 seconds from the beginning at most, and refused (C(READONLY)) afterwards.
        Writes that reach the old primary only after it has stepped down are refused at once, whatever is held.
      - C(routing) in RV(view) says from where to where traffic must move. Then M(steadyhand.redis.failover_end) must follow; nothing is lost if it does not.
      - Needs O(lock), which must live longer than that and is kept until then, also with O(lock.release=true).
    type: bool
    default: false
  route_timeout:
    description:
      - Seconds that O(route_command), or the tasks of O(route_later), may take.
      - With the 5 seconds that are added it must be less than C(repl-timeout) of every node.
    type: float
    default: 15.0
  settle_timeout:
    description:
      - For how many seconds to wait, after the roles have changed, until every node and every Sentinel sees the group healthy.
    type: float
    default: 120.0
  wait_timeout:
    description:
      - For how many seconds to wait beforehand until the group is healthy. With V(0) an unhealthy group is refused at once.
    type: float
    default: 0.0
  safe_to_restart:
    description:
      - Name of a node of which to say, after the hand-over, whether it may be restarted, as M(steadyhand.redis.wait_for_health) does. Usually the old primary.
    type: str
  accept_full_sync:
    description:
      - Whether the node in O(safe_to_restart) may come back by a full synchronisation.
    type: bool
    default: false
  expected_restart_seconds:
    description:
      - For how long the node in O(safe_to_restart) will be away, as seen at the last restart.
    type: float
    default: 30.0
  service:
    description:
      - Name of the systemd unit of the node in O(safe_to_restart).
    type: str
seealso:
  - module: steadyhand.redis.failover_end
  - module: steadyhand.redis.wait_for_health
  - module: steadyhand.redis.maintenance_lock
"""

EXAMPLES = r"""
- name: Move the primary to another node
  steadyhand.redis.failover:
    group: presence-1
    nodes: [10.0.1.11:6379, 10.0.2.11:6379, 10.0.3.11:6379]
    sentinels: [10.0.1.21:26379, 10.0.2.21:26379, 10.0.3.21:26379]
  register: moved

- name: Say how long clients waited
  ansible.builtin.debug:
    msg: "{{ moved.evidence.new_primary }} leads; writes were held for {{ moved.evidence.pause_ms }} ms"

- name: Move the primary of a group without Sentinels
  steadyhand.redis.failover:
    group: cache-1
    nodes: [10.0.1.11:6379, 10.0.2.11:6379]
    route_command: [/usr/local/sbin/move-virtual-ip, cache-1]

- name: Make sure that a node is not the primary
  steadyhand.redis.failover:
    group: presence-1
    nodes: [10.0.1.11:6379, 10.0.2.11:6379, 10.0.3.11:6379]
    sentinels: [10.0.1.21:26379, 10.0.2.21:26379, 10.0.3.21:26379]
    away_from: 10.0.1.11:6379
"""

RETURN = r"""
outcome:
  description:
    - "V(done): proven, and seen from every node and every Sentinel."
    - "V(refused): nothing is changed; RV(reasons) says why."
    - "V(unknown): something was begun and its end was not seen, or the proof failed. Never stop a node then."
    - "V(planned): check mode, and nothing stands against it."
    - "V(routing): with O(route_later), the roles are exchanged and proven, clients wait, and traffic is to be moved."
    - "V(not_needed): the node in O(away_from) is not the primary."
  returned: always
  type: str
  sample: done
reasons:
  description:
    - Why it was refused, or what is unknown; after V(done), what is worth knowing.
    - Also what a hand-over that was cut off had left behind and was returned, and what may be lost by it. Found while waiting
      (O(wait_timeout)), each is a warning too.
  returned: always
  type: list
  elements: str
evidence:
  description: What happened, in numbers. Fields stay V(none) where it did not get that far.
  returned: always
  type: dict
  contains:
    driver:
      description: How it was done, V(sentinel), V(coordinated) or V(bare).
      type: str
    old_primary:
      description: Name of the node that was the primary.
      type: str
    new_primary:
      description: Name of the node that is the primary.
      type: str
    fence_offset:
      description: The old primary's replication offset when its writes were held (P).
      type: int
    replication_id:
      description: The old primary's replication id at that time (R).
      type: str
    inherited_id:
      description: C(master_replid2) of the new primary; equals RV(evidence.replication_id).
      type: str
    inherited_offset:
      description: C(second_repl_offset) of the new primary less one; not below RV(evidence.fence_offset).
      type: int
    final_offset:
      description: The old primary's offset at the moment of its demotion (Q); equals RV(evidence.fence_offset).
      type: int
    epoch_before:
      description: Highest configuration epoch of the Sentinels before.
      type: int
    epoch_after:
      description: Highest configuration epoch of the Sentinels afterwards.
      type: int
    fence_ms:
      description: For how many milliseconds writes could have been held at most.
      type: int
    pause_ms:
      description: For how many milliseconds they were held.
      type: int
    aligned:
      description: Whether the Sentinel was asked at the moment at which it notices a promotion soonest.
      type: bool
    borrowed:
      description: Settings that were changed for the time of the hand-over, and returned.
      type: list
      elements: str
    full_syncs:
      description: Full synchronisations that the new primary had to serve because of it.
      type: int
    phases_ms:
      description: Milliseconds of every phase.
      type: dict
unseen:
  description: What the preflight could not check, such as the free disk space of the node that would have to be synchronised in full after a fault.
  returned: always
  type: list
  elements: str
view:
  description: The last observation, with the keys that M(steadyhand.redis.group_info) returns.
  returned: always
  type: dict
forecast:
  description: As M(steadyhand.redis.wait_for_health) returns it, for O(safe_to_restart).
  returned: always
  type: dict
missing:
  description: Why the node in O(safe_to_restart) must not be restarted.
  returned: always
  type: list
  elements: str
"""

from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.failover import (
    EMPTY_RESULT,
    body,
    failover_options,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.group import group_options
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.lock import lock_option
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.module import run_module
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.safe_restart import restart_options


def main() -> None:
    """Entry point."""
    run_module(
        {
            **group_options(),
            **lock_option(),
            **restart_options(),
            **failover_options(),
        },
        EMPTY_RESULT,
        body,
        mutually_exclusive=[("target", "away_from")],
    )


if __name__ == "__main__":
    main()

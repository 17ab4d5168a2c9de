#!/usr/bin/python
# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: audit
short_description: Compare many Redis or Valkey groups with their Sentinels, their description and one another
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - Asks every node and every Sentinel of all given groups at the same time, each Sentinel over one connection however many groups it watches.
  - Finds all that M(steadyhand.redis.group_info) finds, and beyond that what is wrong between groups (a Sentinel wired to another group, a node
    of another group among the replicas, one primary with two names), what would make a failover fail or lose writes (quorum, zones, parameters
    that do not fit one another), and what would go wrong at the next restart.
  - Of each problem it says how bad it is, what was seen, what it will do if it is left alone, when, and what to do.
  - It changes nothing, neither on a node nor on a Sentinel. Whether a Sentinel can write its file no command tells without writing it, so this is
    seen only where O(groups[].files) has what its host says.
extends_documentation_fragment:
  - steadyhand.redis.attributes
  - steadyhand.redis.attributes.info_module
  - steadyhand.redis.login
  - steadyhand.redis.login.sentinel
options:
  groups:
    description:
      - The groups. The same name may be given more than once, for groups of different Sentinels, with different labels.
      - Each may have login options of its own, which replace those of the task.
    type: list
    elements: dict
    required: true
    suboptions:
      group:
        description:
          - Name by which the Sentinels know the group (Redis calls it the master name).
          - Names with C(*), C(?), C([), commas or spaces are refused, because Sentinel takes some of them for patterns and writes others between fields.
        type: str
        required: true
      label:
        description:
          - Unique name of the group in this audit. By default O(groups[].group).
        type: str
      nodes:
        description:
          - Addresses of all nodes of the group, as C(host:port), with IPv6 addresses in brackets.
        type: list
        elements: str
        required: true
      node_options:
        description:
          - What differs from node to node.
        type: list
        elements: dict
        default: []
        suboptions:
          address:
            description:
              - Which of O(groups[].nodes) is meant.
            type: str
            required: true
          name:
            description:
              - Name of the node in the results. By default its address.
            type: str
          announce:
            description:
              - The address, as C(host:port), that the Sentinels announce for this node. Needed for a member that is down.
            type: str
          zone:
            description:
              - Where the node is.
            type: str
          machine:
            description:
              - The machine that the node shares with others. By default the host of its address.
            type: str
          login_user:
            description:
              - ACL user for this node.
            type: str
          login_password:
            description:
              - Password for this node.
            type: str
      sentinels:
        description:
          - Addresses of all Sentinels that watch the group, as C(host:port).
        type: list
        elements: str
        default: []
      sentinel_options:
        description:
          - What is known of the Sentinels beside their addresses.
        type: list
        elements: dict
        default: []
        suboptions:
          address:
            description:
              - Which of O(groups[].sentinels) is meant.
            type: str
            required: true
          name:
            description:
              - Name of the Sentinel in the results. By default its address.
            type: str
          zone:
            description:
              - Where the Sentinel is.
            type: str
      files:
        description:
          - What the hosts of nodes and Sentinels say of their files, as M(steadyhand.redis.file_info) returns it.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description:
              - Name of the node or of the Sentinel.
            type: str
            required: true
          kind:
            description:
              - Which of the two it is.
            type: str
            choices: [node, sentinel]
            default: node
          path:
            description:
              - Path of its file.
            type: str
            default: ''
          differing:
            description:
              - What differs between the running server and its file.
            type: list
            elements: str
            default: []
          unwritable:
            description:
              - Why the server could not write its file; empty where it can.
            type: str
            default: ''
          error:
            description:
              - Why its host told nothing; empty where it did.
            type: str
            default: ''
      login_user:
        description:
          - ACL user of the nodes, instead of O(login_user).
        type: str
      login_password:
        description:
          - Password of the nodes, instead of O(login_password).
        type: str
      tls:
        description:
          - Whether to connect to nodes with TLS, instead of O(tls).
        type: bool
      validate_certs:
        description:
          - Whether to check the certificates of nodes, instead of O(validate_certs).
        type: bool
      check_hostname:
        description:
          - Whether the certificates of nodes must name their hosts, instead of O(check_hostname).
        type: bool
      ca_certs:
        description:
          - Authorities to trust for nodes, instead of O(ca_certs).
        type: path
      client_cert_file:
        description:
          - Client certificate for nodes, instead of O(client_cert_file).
        type: path
      client_key_file:
        description:
          - Key of the client certificate for nodes, instead of O(client_key_file).
        type: path
      sentinel_login_user:
        description:
          - ACL user of the Sentinels, instead of O(sentinel_login_user).
        type: str
      sentinel_login_password:
        description:
          - Password of the Sentinels, instead of O(sentinel_login_password).
        type: str
      sentinel_tls:
        description:
          - Whether to connect to Sentinels with TLS, instead of O(sentinel_tls).
        type: bool
      sentinel_validate_certs:
        description:
          - Whether to check the certificates of Sentinels, instead of O(sentinel_validate_certs).
        type: bool
      sentinel_check_hostname:
        description:
          - Whether the certificates of Sentinels must name their hosts, instead of O(sentinel_check_hostname).
        type: bool
      sentinel_ca_certs:
        description:
          - Authorities to trust for Sentinels, instead of O(sentinel_ca_certs).
        type: path
      sentinel_client_cert_file:
        description:
          - Client certificate for Sentinels, instead of O(sentinel_client_cert_file).
        type: path
      sentinel_client_key_file:
        description:
          - Key of the client certificate for Sentinels, instead of O(sentinel_client_key_file).
        type: path
  complete:
    description:
      - Whether O(groups) are all groups that their Sentinels are to watch. Only then a group that they watch beside these is a problem.
    type: bool
    default: false
  accept:
    description:
      - Codes of problems that do not count. RV(groups[].problems) shows the codes.
      - What loses writes or data at any moment, and everything that makes the verdict unknown, is never acceptable.
    type: list
    elements: str
    default: []
  max_lag:
    description:
      - How many bytes of the replication stream a replica may be behind and still count as caught up.
    type: int
    default: 10485760
  connect_timeout:
    description:
      - Seconds to wait for a connection and for each reply.
    type: float
    default: 3.0
  watch_seconds:
    description:
      - How long to wait between two looks at all groups, in seconds. With V(0) they are looked at once.
      - Only two looks show whether full synchronisations keep starting.
    type: float
    default: 1.0
  settle_timeout:
    description:
      - How long to look again while all that is wrong with some group passes by itself, in seconds.
    type: float
    default: 0.0
seealso:
  - module: steadyhand.redis.file_info
  - module: steadyhand.redis.group_info
  - module: steadyhand.redis.sentinel_monitor
"""

EXAMPLES = r"""
- name: Audit two groups of one Sentinel set
  steadyhand.redis.audit:
    groups:
      - group: presence-1
        nodes: [10.0.1.11:6379, 10.0.2.11:6379, 10.0.3.11:6379]
        sentinels: &sentinels [10.0.1.21:26379, 10.0.2.21:26379, 10.0.3.21:26379]
      - group: presence-2
        nodes: [10.0.1.12:6379, 10.0.2.12:6379, 10.0.3.12:6379]
        sentinels: *sentinels
    login_user: maintenance
    login_password: "{{ redis_login_password }}"
  register: found

- name: Stop where something is worse than advice
  ansible.builtin.assert:
    that: found.verdict == "healthy"
    fail_msg: "{{ found.groups | map(attribute='problems') | flatten }}"
"""

RETURN = r"""
severity:
  description: The worst severity of all problems that count. V(none), V(advice), V(degraded), V(unsafe) or V(unknown).
  returned: always
  type: str
  sample: degraded
verdict:
  description: The worst verdict of the groups. V(healthy), V(degraded), V(unsafe) or V(unknown). Advice leaves a group healthy.
  returned: always
  type: str
  sample: degraded
exit_code:
  description: RV(severity) as a number, from 0 for V(none) and 1 for V(advice) to 4 for V(unknown).
  returned: always
  type: int
  sample: 2
counts:
  description: How many problems there are of each severity.
  returned: always
  type: dict
  sample: {advice: 3, degraded: 1, unsafe: 0, unknown: 0}
groups:
  description:
    - Every group, in the order of O(groups). Beside what follows each has all that M(steadyhand.redis.group_info) returns of a group (C(group),
      C(verdict), C(accepted), C(primary), C(replicas), C(good_replicas), C(restart_order), C(members), C(sentinels), C(last_handover),
      C(maintenance), C(routing)), in the same form.
  returned: always
  type: list
  elements: dict
  contains:
    label:
      description: Its label.
      type: str
    severity:
      description: The worst severity of its problems, or V(none).
      type: str
    not_looked_at:
      description: What could not be judged, and why.
      type: list
      elements: str
    problems:
      description: What is wrong, worst first.
      type: list
      elements: dict
      contains:
        code:
          description:
            - Stable code, for O(accept). Its severity is in brackets.
            - V(aof_write_failed) (unsafe) means that the last write to the append-only file failed.
            - V(chained_replica) (degraded) means that a replica copies another replica instead of the primary.
            - V(down_after_unwise) (advice) means that a Sentinel takes a primary for down after too short or too long a silence.
            - V(failover_in_progress) (unsafe) means that a failover is under way.
            - V(failover_timeout_unwise) (advice) means that a Sentinel gives a failover too little or too much time.
            - V(foreign_member) (unsafe) means that a primary in the inventory is no member of the group.
            - V(foreign_replica_attached) (unsafe) means that a node of another group copies a node of this one.
            - V(foreign_replica_entry) (unsafe) means that a Sentinel holds a node of another group for a replica of this one.
            - V(foreign_sentinel) (unsafe) means that a Sentinel of another set takes part in this group.
            - V(full_syncs_growing) (unsafe) means that replicas keep starting full synchronisations.
            - V(hosts_unreachable) (unknown) means that Ansible reaches no host of the group.
            - V(last_save_failed) (degraded) means that the last RDB save failed.
            - V(machine_shared) (advice) means that nodes of a group share a machine.
            - V(maxmemory_beyond_machine) (degraded) means that the nodes on a machine may use more memory than it has.
            - V(maxmemory_differs) (degraded) means that nodes of a group have another maxmemory or another policy.
            - V(maxmemory_unset) (advice) means that a node has no memory limit.
            - V(min_replicas_lag_unwise) (advice) means that an isolated primary takes writes longer than its Sentinels wait.
            - V(min_replicas_too_many) (degraded) means that min-replicas-to-write needs every replica of the group.
            - V(min_replicas_unmet) (unsafe) means that the primary refuses writes for lack of good replicas.
            - V(min_replicas_unset) (advice) means that an isolated primary takes writes for ever.
            - V(name_with_two_groups) (unsafe) means that two groups have one name, and their Sentinels hear one another.
            - V(never_saved) (advice) means that nothing of what a node holds has ever been saved.
            - V(no_healthy_replica) (unsafe) means that no replica could take over.
            - V(no_primary) (unsafe) means that no answering node is a primary.
            - V(no_room_for_full_sync) (degraded) means that a full synchronisation, should a hand-over need one, would not fit.
            - V(node_denied) (unknown) means that a node answers but refuses our login or a command.
            - V(node_is_sentinel) (unknown) means that a node of the inventory is a Sentinel.
            - V(node_listed_twice) (unsafe) means that one server has two names in the inventory.
            - V(node_loading) (unsafe) means that a node is loading its data set.
            - V(node_settings_differ) (advice) means that nodes of a group have other settings.
            - V(node_unreachable) (unknown) means that a node does not answer.
            - V(not_observed) (unknown) means that the group could not be looked at.
            - V(parallel_syncs_unwise) (advice) means that all replicas may begin to copy a new primary at the same time.
            - V(primary_with_two_names) (unsafe) means that Sentinels know one primary under two names.
            - V(quorum_below_majority) (degraded) means that fewer Sentinels than the majority may call a primary down.
            - V(quorum_needs_all) (degraded) means that all Sentinels must agree that a primary is down.
            - V(replica_lagging) (degraded) means that a replica is further behind than the limit.
            - V(replica_link_down) (degraded) means that a replica has lost its primary.
            - V(replica_of_other_group) (unsafe) means that a node copies a node of another group.
            - V(replica_of_stranger) (unsafe) means that a replica copies a node that is not the primary of the group.
            - V(replica_syncing) (degraded) means that a replica is in a full synchronisation.
            - V(replica_writable) (degraded) means that a replica accepts writes of clients.
            - V(restarts_empty) (degraded) means that a node that may lead keeps nothing on disk.
            - V(routing_unfinished) (degraded) means that the primary has changed and clients were not seen moved to it.
            - V(run_id_differs) (degraded) means that Sentinels see different processes behind one address.
            - V(sentinel_cannot_write) (degraded) means that a Sentinel cannot write its configuration.
            - V(sentinel_cross_wired) (unsafe) means that a Sentinel watches a node of another group under this group's name.
            - V(sentinel_denied) (unknown) means that a Sentinel answers but refuses our login or a command.
            - V(sentinel_disagrees) (unsafe) means that Sentinels name different primaries or epochs.
            - V(sentinel_id_shared) (unsafe) means that two Sentinels have one id.
            - V(sentinel_is_node) (unknown) means that the address of a Sentinel in the inventory belongs to no Sentinel.
            - V(sentinel_listed_twice) (degraded) means that one Sentinel has two names in the inventory.
            - V(sentinel_member_unsettled) (degraded) means that a Sentinel has not yet asked a node since its start or change of role.
            - V(sentinel_misses_member) (unsafe) means that a Sentinel does not know a node of the group.
            - V(sentinel_no_quorum) (unsafe) means that a Sentinel cannot reach the quorum or the majority.
            - V(sentinel_not_watching) (unsafe) means that a Sentinel does not watch the group.
            - V(sentinel_peer_missing) (degraded) means that a Sentinel does not see all other Sentinels.
            - V(sentinel_primary_silent) (unsafe) means that a Sentinel names a primary that does not answer.
            - V(sentinel_sees_down) (degraded) means that a Sentinel holds a member for down.
            - V(sentinel_settings_differ) (degraded) means that Sentinels watch a group by different settings.
            - V(sentinel_tilt) (unsafe) means that a Sentinel is in TILT and does not act.
            - V(sentinel_unreachable) (unknown) means that a Sentinel does not answer.
            - V(sentinel_wrong_primary) (unsafe) means that a Sentinel names a node that is not the primary.
            - V(sentinels_even) (advice) means that an even number of Sentinels watches a group.
            - V(sentinels_too_few) (degraded) means that fewer than three Sentinels watch a group.
            - V(settings_borrowed) (degraded) means that a hand-over that was cut off left borrowed settings behind.
            - V(settings_not_persisted) (degraded) means that a server runs with other settings than its file has.
            - V(shutting_down) (unsafe) means that a node is shutting down.
            - V(stale_entry) (degraded) means that a Sentinel keeps an entry for a node that is gone.
            - V(two_primaries) (unsafe) means that more than one node is a primary.
            - V(unlisted_group) (advice) means that a Sentinel watches a group that the inventory lacks.
            - V(unlisted_member) (unsafe) means that a live member of the group is missing from the inventory.
            - V(users_differ) (degraded) means that nodes of a group have other ACL users.
            - V(versions_differ) (advice) means that nodes of a group run different versions.
            - V(zone_has_majority) (degraded) means that one zone holds all nodes of a group, or so many Sentinels that the others are no majority.
            - V(zone_shared) (advice) means that nodes or Sentinels of a group share a zone.
          type: str
          sample: foreign_replica_entry
        subject:
          description: The node, Sentinel, machine or group concerned.
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
          description: V(advice), V(degraded), V(unsafe) or V(unknown).
          type: str
        verdict:
          description: The verdict that this problem alone leads to.
          type: str
        acceptable:
          description: Whether O(accept) may hold its code.
          type: bool
others:
  description: Problems of no group that was given, in the form of RV(groups[].problems).
  returned: always
  type: list
  elements: dict
waited:
  description: Seconds for which the groups were given time to settle. See O(settle_timeout).
  returned: always
  type: float
  sample: 0.0
"""

from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.audit import EMPTY_RESULT, audit_options, body
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.module import run_module


def main() -> None:
    """Entry point."""
    run_module(audit_options(), EMPTY_RESULT, body)


if __name__ == "__main__":
    main()

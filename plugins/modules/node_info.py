#!/usr/bin/python
# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: node_info
short_description: Ask one Redis or Valkey node for its role and state
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - Reads the role and the state of one running node from the node itself, never from a file or an inventory.
  - A node that does not answer, or not to us, fails the task. Its role is unknown then, which is not the same as replica.
extends_documentation_fragment:
  - steadyhand.redis.attributes
  - steadyhand.redis.attributes.info_module
  - steadyhand.redis.login
  - steadyhand.redis.login.node
seealso:
  - module: steadyhand.redis.group_info
"""

EXAMPLES = r"""
- name: Ask the node on this host
  steadyhand.redis.node_info:
    login_port: 6379
  register: node

- name: Tell whether it is the primary
  ansible.builtin.debug:
    msg: "{{ 'primary' if node.role == 'primary' else 'replica of ' ~ node.upstream.primary }}"
"""

RETURN = r"""
role:
  description: V(primary) or V(replica); V(unknown) when the node could not be asked.
  returned: always
  type: str
  sample: replica
engine:
  description: V(redis) or V(valkey).
  returned: always
  type: str
  sample: redis
version:
  description: Version of the engine.
  returned: always
  type: str
  sample: 7.0.15
run_id:
  description: Run id, new with every start.
  returned: always
  type: str
uptime_seconds:
  description: Seconds since its start, by its own clock.
  returned: always
  type: int
config_file:
  description: Path of its configuration file on its host; empty when it was started without one.
  returned: always
  type: str
loading:
  description: Whether it is loading its data set.
  returned: always
  type: bool
replication_id:
  description: Its replication id.
  returned: always
  type: str
offset:
  description: Its replication offset, in bytes.
  returned: always
  type: int
upstream:
  description: A replica's link to its primary; V(none) for a primary.
  returned: always
  type: dict
  contains:
    primary:
      description: Address of the node that it copies, as it names it.
      type: str
    up:
      description: Whether the link is up.
      type: bool
    syncing:
      description: Whether a full synchronisation is running.
      type: bool
    applied_offset:
      description: Bytes of the stream that it has applied.
      type: int
replicas:
  description: The replicas attached to it.
  returned: always
  type: list
  elements: dict
  contains:
    address:
      description: Address of the replica.
      type: str
    state:
      description: V(online) when it follows the stream.
      type: str
    offset:
      description: Bytes of the stream that it has acknowledged.
      type: int
    lag:
      description: Seconds since its last acknowledgement.
      type: int
priority:
  description: The replica-priority; V(0) never leads.
  returned: always
  type: int
used_memory:
  description: Bytes of memory in use.
  returned: always
  type: int
number_of_keys:
  description: Keys in all databases.
  returned: always
  type: int
full_syncs:
  description: Full synchronisations that it has served since its start.
  returned: always
  type: int
"""

from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.login import node_address_options
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.module import run_module
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.node_info import EMPTY_RESULT, body


def main() -> None:
    """Entry point."""
    run_module(node_address_options(), EMPTY_RESULT, body)


if __name__ == "__main__":
    main()

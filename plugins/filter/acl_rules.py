# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
name: acl_rules
short_description: The ACL rules of a user that a Redis group needs
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - The least rights with which this collection, Sentinels and replicas can do their work, as C(ACL SETUSER) and a line of an ACL file take them.
  - The result says nothing of the user's name, of V(on), and of the password.
  - It begins by taking every key, channel and command away, so that nothing remains of what a user of that name had before.
positional: engine
options:
  _input:
    description: Whose rights.
    type: str
    required: true
    choices:
      collection: this collection on the data nodes.
      collection_on_sentinel: this collection on the Sentinels.
      sentinel: the Sentinels on the data nodes (C(sentinel auth-user)).
      sentinel_peer: the Sentinels on one another (C(sentinel sentinel-user)).
      replica: replicas on their primary (C(masteruser)).
  engine:
    description:
      - The engine of the servers and of their Sentinels. It makes a difference for V(sentinel) and V(replica).
      - "V(valkey) permits Sentinels what C(SENTINEL FAILOVER) with C(COORDINATED) needs, and replicas what C(dual-channel-replication-enabled)
        needs."
    type: str
    required: true
    choices: [redis, valkey]
"""

EXAMPLES = r"""
- name: Write the users of the data nodes into their ACL file
  ansible.builtin.copy:
    dest: /etc/redis/users.acl
    owner: redis
    group: redis
    mode: "0640"
    content: |
      user default off
      user steadyhand on >{{ steadyhand_password }} {{ 'collection' | steadyhand.redis.acl_rules('redis') }}
      user sentinel on >{{ sentinel_password }} {{ 'sentinel' | steadyhand.redis.acl_rules('redis') }}
      user replica on >{{ replica_password }} {{ 'replica' | steadyhand.redis.acl_rules('redis') }}
  no_log: true
"""

RETURN = r"""
_value:
  description: The rules, separated by spaces.
  type: str
  sample: resetkeys resetchannels -@all +replconf +psync
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.steadyhand.redis.plugins.module_utils._model import permissions
from ansible_collections.steadyhand.redis.plugins.module_utils._model.errors import BadInput


def acl_rules(part: str, engine: str) -> str:
    """The filter."""
    try:
        return permissions.acl_rules(part, engine)
    except BadInput as error:
        raise AnsibleFilterError(f"steadyhand.redis.acl_rules: {error}") from error


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters in this file."""
        return {"acl_rules": acl_rules}

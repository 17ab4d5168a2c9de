#!/usr/bin/python
# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: replication_login
short_description: Set how a Redis or Valkey node logs in to its primary
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - Sets C(masteruser) and C(masterauth) of one node, live, and has it keep them with C(CONFIG REWRITE). A link that is open stays open.
  - Nothing is set unless every node of the group that answers takes the login. Each of them may have to be copied after the next failover.
  - So a password is changed without a gap in three steps. Give the user the new password beside the old one on every node; have every node log
    in by the new one, which is this module's part; take the old one away.
extends_documentation_fragment:
  - steadyhand.redis.attributes
  - steadyhand.redis.group
  - steadyhand.redis.login
  - steadyhand.redis.login.sentinel
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
options:
  node:
    description:
      - Address of the node that is meant, as it is among O(nodes).
    type: str
    required: true
  user:
    description:
      - ACL user as whom the node logs in. By default the user V(default).
    type: str
  password:
    description:
      - Its password.
    type: str
    required: true
  others:
    description:
      - Further logins that every node must take before anything is set, those of the Sentinels for one.
    type: list
    elements: dict
    default: []
    suboptions:
      user:
        description:
          - Name of the ACL user. By default the user V(default).
        type: str
      password:
        description:
          - Its password.
        type: str
        required: true
notes:
  - Needs the rights C(+config|get), C(+config|set) and C(+config|rewrite) on the node.
  - O(sentinels) are not asked for anything.
seealso:
  - module: steadyhand.redis.config
  - module: steadyhand.redis.sentinel_monitor
"""

EXAMPLES = r"""
- name: Have the node log in to its primary by the new password
  steadyhand.redis.replication_login:
    group: presence-1
    nodes: [10.0.1.11:6379, 10.0.2.11:6379, 10.0.3.11:6379]
    node: 10.0.1.11:6379
    login_user: steadyhand
    login_password: "{{ redis_login_password }}"
    user: replica
    password: "{{ redis_node_replica_password }}"
"""

RETURN = r"""
changes:
  description: Names of the settings that were set, or would be.
  returned: always
  type: list
  elements: str
  sample: [masterauth]
"""

from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.group import group_options
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.module import Task, run_module
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.group import GroupConnections
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.targets import targets_from
from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.errors import BadInput
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.logins import (
    differing_login,
    require_let_in,
    set_login,
)


def log_in(task: Task) -> None:
    """Prove that every node takes the logins, compare, and set."""
    params = task.params
    targets, wanted = targets_from(params), Address.parse(params["node"])
    named = [target.name for target in targets.nodes if target.address == wanted]
    if not named:
        raise BadInput(f"node: {wanted} is not among the nodes of group {targets.name}")
    others = [(other["user"], other["password"]) for other in params["others"]]
    with GroupConnections(targets, params["connect_timeout"]) as connections:
        node = connections.node(named[0])
        require_let_in(
            connections,
            f"nothing was set on {named[0]}",
            [(params["user"], params["password"]), *others],
        )
        settings = differing_login(node, params["user"], params["password"])
        task.result.update(changed=bool(settings), changes=list(settings))
        if settings and not task.check_mode:
            set_login(node, settings)


def main() -> None:
    """Run the module."""
    run_module(
        {
            **group_options(),
            "node": {"type": "str", "required": True},
            "user": {"type": "str"},
            "password": {"type": "str", "required": True, "no_log": True},
            "others": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "user": {"type": "str"},
                    "password": {"type": "str", "required": True, "no_log": True},
                },
            },
        },
        {"changes": []},
        log_in,
    )


if __name__ == "__main__":
    main()

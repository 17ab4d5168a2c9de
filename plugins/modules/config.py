#!/usr/bin/python
# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: config
short_description: Push settings to one Redis or Valkey node, and read them back
version_added: 0.1.0
description:
  - Compares wanted settings with those of the running server by their meaning, so that V(256mb) equals V(268435456).
  - Sets live what the server can change while it runs, all of it or nothing, has the server persist it with C(CONFIG REWRITE),
    and reads it back from the server and from its file.
  - What the server reads only when it starts is I(pending). It is written to the file with O(write_pending=true), which belongs right
    before that node's restart, because any C(CONFIG REWRITE) (Sentinel sends one with every change of roles) puts the running values back.
  - Where the file has no line for a setting that is in effect, the server is asked to rewrite its file all the same. It adds a line
    unless the value is its default.
  - Everything is judged before anything is changed, also in check mode. Refused are names that the server does not know, values that it does
    not take, values that would destroy (C(maxmemory) below the memory in use, C(maxclients) below the open connections, and so on), settings that
    must not be pushed to a serving group (C(replicaof), C(port), C(dir), C(requirepass) and others, each with its reason), and settings that
    an included file or the server's command line overrides. All of them are named in one error.
  - When a step fails after settings were set live, the values from before are restored.
  - It must run on the host of the node, because it reads and writes the node's file there and tries pending settings with the node's own program.
author:
  - The steadyhand.redis authors (@steadyhand)
extends_documentation_fragment:
  - steadyhand.redis.attributes
  - steadyhand.redis.login
  - steadyhand.redis.login.node
attributes:
  check_mode:
    support: full
    details:
      - The server is asked whether it takes the values, in a way that never takes effect.
      - Of a value that the server would cap by itself (C(hz)), the capped form is not foreseen.
      - Nor is whether the server adds a line for what runs already and its file does not name. RV(unsaved) names it, and only a default gets none.
  diff_mode:
    support: full
options:
  settings:
    description:
      - The wanted settings by their names, or by an older alias (C(slave-priority)).
      - Values as the engine takes them. YAML booleans mean V(yes) and V(no), lists are joined with spaces, and
        C(client-output-buffer-limit) can be a mapping from class to limits. Classes that it does not name keep theirs.
      - A value of which the server makes another one (C(hz 1000) becomes V(500)) is put back, and refused with what the server makes of it.
      - What RV(previous) holds can be given here to restore it.
    type: dict
    required: true
  write_pending:
    description:
      - Whether to write the settings that need a restart into the node's file. Restart the node right afterwards.
    type: bool
    default: false
  good_replicas:
    description:
      - How many connected replicas the group has that do not lag. C(min-replicas-to-write) above it is refused.
      - A node that is the primary counts them itself, and the smaller number is what counts; a replica cannot know.
    type: int
  service:
    description:
      - The node's systemd unit, whose command line may override settings. By default the unit that the process belongs to.
    type: str
  timeout:
    description:
      - Seconds to wait for the server to make its append-only file when C(appendonly) is switched on. Only then is it persisted; a server
        that finds V(yes) in its file and no append-only file starts without its keys.
    type: float
    default: 600.0
notes:
  - Needs Redis 7.0 or newer, or Valkey. An older C(CONFIG SET) is not all or nothing.
  - The user that it runs as must be able to write the file and its folder on the host.
seealso:
  - name: Redis configuration
    description: The settings of the engine.
    link: https://redis.io/docs/latest/operate/oss_and_stack/management/config/
"""

EXAMPLES = r"""
- name: Give replicas more time before they need a full synchronisation
  steadyhand.redis.config:
    login_port: 6379
    settings:
      repl-backlog-size: 256mb
      client-output-buffer-limit: replica 512mb 128mb 60
  register: pushed

- name: Put the values from before back
  steadyhand.redis.config:
    login_port: 6379
    settings: "{{ pushed.previous }}"

- name: Write what needs a restart, right before the restart
  steadyhand.redis.config:
    login_port: 6379
    settings:
      io-threads: 4
    write_pending: true
"""

RETURN = r"""
settings:
  description:
    - Every wanted setting as it is at the end; in check mode as it would be. On failure as it was found.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The setting, by the name that the server writes into its file.
      returned: always
      type: str
    desired:
      description: The wanted value. V(null) for a secret.
      returned: always
      type: str
    running:
      description: The value of the running server. V(null) where it was not asked for.
      returned: always
      type: str
    persisted:
      description: The value in the server's file. V(null) when no line of it names the setting, which is right for a default.
      returned: always
      type: str
    state:
      description:
        - V(in_effect) when the server has it already.
        - V(live) when it was set, or would be set, without a restart.
        - V(pending) when the server reads it only when it starts.
        - V(refused) when it was refused.
      returned: always
      type: str
    reason:
      description: Why it is refused or pending, or what the server made of it.
      returned: always
      type: str
  sample:
    - name: repl-backlog-size
      desired: 256mb
      running: "268435456"
      persisted: 256mb
      state: live
      reason: ""
live:
  description: Names of the settings that were set live, or would be.
  returned: always
  type: list
  elements: str
  sample: [repl-backlog-size]
pending:
  description: Names of the settings that wait for a restart.
  returned: always
  type: list
  elements: str
  sample: [io-threads]
unsaved:
  description:
    - Names of the settings that the server has already and that its file names with another value, or not at all. The server was told to
      rewrite its file for them, or would be. For a default that the file does not name it adds no line.
  returned: always
  type: list
  elements: str
  sample: [repl-backlog-size]
previous:
  description:
    - The running values from before of every setting that was changed, or would be, on the server or in its file.
  returned: always
  type: dict
  sample: {repl-backlog-size: "1048576"}
written:
  description: Names of the pending settings that were written to the file, or would be.
  returned: always
  type: list
  elements: str
  sample: [io-threads]
unseen:
  description: What could not be checked.
  returned: always
  type: list
  elements: str
  sample: ["the server's command line, which may override settings at the next start"]
"""

from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.login import node_address_options
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.module import Task, run_module
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.node import Node, NodeTarget
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.settings import NodeSettings
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.targets import login_from
from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.errors import Refused
from ansible_collections.steadyhand.redis.plugins.module_utils._model.settings.plan import PushFailed
from ansible_collections.steadyhand.redis.plugins.module_utils._model.settings.report import EMPTY, foreseen, report
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.clock import SystemClock
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.settings import apply, inspect, write_pending


def push(task: Task) -> None:
    """Inspect, then set live, persist and write, keeping the result true after every step."""
    params = task.params
    address = Address.of(params["login_host"], params["login_port"])
    target = NodeTarget(str(address), address, login_from(params))
    with Node(target, params["connect_timeout"]) as node:
        settings = NodeSettings(node, params["service"])
        found = inspect(settings, params["settings"], params["good_replicas"])
        before = found.settings
        task.result.update(report(before, before, found.unseen))
        if found.refusals:
            raise Refused(f"nothing was changed on {address}", found.refusals)
        plan = report(before, foreseen(before, params["write_pending"]), found.unseen)
        if task.check_mode:
            task.result.update(plan)
            return
        task.result["previous"] = plan["previous"]
        try:
            after = apply(settings, found, SystemClock(), params["timeout"])
        except PushFailed as error:
            task.result["changed"] = not error.restored
            raise
        task.result.update(report(before, after, found.unseen))
        if params["write_pending"] and task.result["pending"]:
            after = write_pending(settings, after)
            task.result.update(report(before, after, found.unseen))


def main() -> None:
    """Run the module."""
    run_module(
        {
            **node_address_options(),
            "settings": {"type": "dict", "required": True},
            "write_pending": {"type": "bool", "default": False},
            "good_replicas": {"type": "int"},
            "service": {"type": "str"},
            "timeout": {"type": "float", "default": 600.0},
        },
        EMPTY,
        push,
    )


if __name__ == "__main__":
    main()

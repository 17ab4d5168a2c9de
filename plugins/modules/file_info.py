#!/usr/bin/python
# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: file_info
short_description: See whether a node or a Sentinel runs with what its file says
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - Compares the configuration file of a running node or Sentinel with the server, on the server's own host. Nothing is written.
  - Of a node every setting that the file names is compared, and some that matter most where the file does not name them. What an included file
    or the command line sets is left out.
  - Of a Sentinel the groups that it watches are compared, with their parameters and epochs. It writes each change at once, so a file that
    differs is one that it could not write.
  - The file holds passwords, so most often it can be read as root alone. Whether it can be is part of the result, and no failure.
extends_documentation_fragment:
  - steadyhand.redis.attributes
  - steadyhand.redis.attributes.info_module
  - steadyhand.redis.login
  - steadyhand.redis.login.node
options:
  service:
    description:
      - The unit of the server, for its command line. By default the one that its process is in.
    type: str
seealso:
  - module: steadyhand.redis.audit
  - module: steadyhand.redis.config
"""

EXAMPLES = r"""
- name: See whether the node on this host would come back as it is
  steadyhand.redis.file_info:
    login_port: 6379
  register: node
  become: true

- name: Tell what would change
  ansible.builtin.debug:
    msg: "{{ node.file.differing }}"
"""

RETURN = r"""
file:
  description: What was seen, in the form that O(steadyhand.redis.audit#module:groups[].files) takes.
  returned: always
  type: dict
  contains:
    path:
      description: Path of the file, as the server names it.
      type: str
    differing:
      description: What differs between the server and its file, one sentence each. Passwords are named, and not shown.
      type: list
      elements: str
      sample: ["maxmemory is 0, the file has 268435456"]
    unwritable:
      description: Why the server could not write its file; empty where it can.
      type: str
    error:
      description: Why nothing was seen; empty where something was.
      type: str
"""

from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.file_info import EMPTY_RESULT, body
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.login import node_address_options
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.module import run_module


def main() -> None:
    """Entry point."""
    run_module({**node_address_options(), "service": {"type": "str"}}, EMPTY_RESULT, body)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION. The code is in the action plugin of the same name; nothing of this file runs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: guard_program
short_description: Install the program of the guard on a node
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - Packs C(steadyhand-guard) from the files of this collection into one file that C(python3) runs, and copies it to the host.
  - The same collection always gives the same file. The host needs C(python3) and its package C(redis), and no Ansible.
  - The role P(steadyhand.redis.redis_guard#role) uses it, and installs what belongs to the program.
attributes:
  action:
    description: Indicates this has a corresponding action plugin so some parts of the options can be executed on the controller.
    support: full
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: none
  platform:
    description: Target operating systems that can be operated against.
    support: full
    platforms: posix
options:
  path:
    description: Where to install it on the host.
    type: str
    default: /usr/local/sbin/steadyhand-guard
"""

EXAMPLES = r"""
- name: Install the program of the guard
  steadyhand.redis.guard_program:
  become: true
"""

RETURN = r"""
path:
  description: Where it is.
  returned: always
  type: str
  sample: /usr/local/sbin/steadyhand-guard
"""

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that describe a group."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of modules that speak of a whole group."""

    DOCUMENTATION = r"""
options:
  group:
    description:
      - Name by which the Sentinels know the group (Redis calls it the master name).
    type: str
    required: true
  nodes:
    description:
      - Addresses of all nodes of the group, as C(host:port), with IPv6 addresses in brackets.
      - They must be reachable from the host that runs the module. Their order means nothing, nor does it say who is primary.
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
          - Which of O(nodes) is meant.
        type: str
        required: true
      name:
        description:
          - Name of the node in messages and results. By default its address.
        type: str
      announce:
        description:
          - The address, as C(host:port), that the Sentinels announce for this node. Needed for a member that is down, which cannot be asked who it is.
        type: str
      zone:
        description:
          - Where the node is, for the choice of a primary by M(steadyhand.redis.failover).
        type: str
      machine:
        description:
          - The machine that the node shares with others, for the choice of a primary by M(steadyhand.redis.failover).
        type: str
      login_user:
        description:
          - ACL user for this node, instead of O(login_user).
        type: str
      login_password:
        description:
          - Password for this node, instead of O(login_password).
        type: str
  sentinels:
    description:
      - Addresses of all Sentinels that watch the group, as C(host:port). Without any, the group is judged by its nodes alone.
    type: list
    elements: str
    default: []
  accept:
    description:
      - Codes of problems that do not count. RV(steadyhand.redis.group_info#module:problems) shows the codes.
      - Two primaries, no primary, a primary of another group in the inventory, and everything that makes the verdict unknown are never acceptable.
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
"""

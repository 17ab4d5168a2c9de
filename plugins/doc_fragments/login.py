# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the connection options."""

from __future__ import annotations


class ModuleDocFragment:
    """Options that tell how to log in to nodes and to Sentinels."""

    DOCUMENTATION = r"""
options:
  login_user:
    description:
      - ACL user to log in to nodes with. Without it, the user V(default) is meant.
      - The least rights that it needs are V(collection) of P(steadyhand.redis.acl_rules#filter).
    type: str
  login_password:
    description:
      - Password of O(login_user), or of the user V(default).
    type: str
  tls:
    description:
      - Whether to connect to nodes with TLS.
    type: bool
    default: false
  validate_certs:
    description:
      - Whether the certificates of nodes must be signed by an authority in O(ca_certs) or in the host's store.
    type: bool
    default: true
  check_hostname:
    description:
      - Whether the certificate must name the host that was connected to.
      - The engines themselves do not check it. Switch it off where nodes are addressed by IP addresses that their certificates do not hold.
    type: bool
    default: true
  ca_certs:
    description:
      - Path of a file with the certificates of the authorities to trust, on the host that runs the module.
    type: path
  client_cert_file:
    description:
      - Path of the client certificate, on the host that runs the module.
    type: path
  client_key_file:
    description:
      - Path of the client certificate's key, on the host that runs the module.
    type: path
"""

    NODE = r"""
options:
  login_host:
    description:
      - Host name or IP address of the node.
    type: str
    default: localhost
  login_port:
    description:
      - TCP port of the node.
    type: int
    default: 6379
  connect_timeout:
    description:
      - Seconds to wait for a connection and for each reply.
    type: float
    default: 3.0
"""

    SENTINEL = r"""
options:
  sentinel_login_user:
    description:
      - ACL user to log in to Sentinels with. Without it, the user V(default) is meant.
      - The least rights that it needs are V(collection_on_sentinel) of P(steadyhand.redis.acl_rules#filter).
    type: str
  sentinel_login_password:
    description:
      - Password of O(sentinel_login_user), or of the user V(default).
    type: str
  sentinel_tls:
    description:
      - Whether to connect to Sentinels with TLS.
    type: bool
    default: false
  sentinel_validate_certs:
    description:
      - Whether the certificates of Sentinels must be signed by an authority in O(sentinel_ca_certs) or in the host's store.
    type: bool
    default: true
  sentinel_check_hostname:
    description:
      - Whether the certificate must name the host that was connected to.
      - The engines themselves do not check it. Switch it off where nodes are addressed by IP addresses that their certificates do not hold.
    type: bool
    default: true
  sentinel_ca_certs:
    description:
      - Path of a file with the certificates of the authorities to trust, on the host that runs the module.
    type: path
  sentinel_client_cert_file:
    description:
      - Path of the client certificate, on the host that runs the module.
    type: path
  sentinel_client_key_file:
    description:
      - Path of the client certificate's key, on the host that runs the module.
    type: path
"""

#!/usr/bin/python
# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: tls_files
short_description: Check the certificate of a Redis or Valkey node, and have the running node present it
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - Checks that certificate, key and authorities belong together and that the certificate has not expired, by a handshake in memory.
  - Compares the certificate with the one that the running node presents, and has the node read its files again where they differ. Nothing
    is restarted and no connection is closed.
  - It must run on the host of the node.
extends_documentation_fragment:
  - steadyhand.redis.attributes
  - steadyhand.redis.login
  - steadyhand.redis.login.node
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
options:
  certificate:
    description:
      - Path of the certificate, which is the node's C(tls-cert-file).
    type: path
    required: true
  key:
    description:
      - Path of its key, which is the node's C(tls-key-file).
    type: path
    required: true
  authorities:
    description:
      - Path of the certificates of the authorities, which is the node's C(tls-ca-cert-file).
    type: path
    required: true
  replaces:
    description:
      - The files whose place the others are to take. Servers that have the one set of files and servers that have the other must accept one
        another, because a group does not change all at once.
      - Nothing is compared where one of them does not exist, or where they cannot be used any more themselves.
    type: dict
    suboptions:
      certificate:
        description:
          - Path of the certificate.
        type: path
        required: true
      key:
        description:
          - Path of its key.
        type: path
        required: true
      authorities:
        description:
          - Path of the certificates of the authorities.
        type: path
        required: true
  server:
    description:
      - What is asked for the certificate that it presents.
      - A V(node) is made to read its files again where it presents another one than O(certificate).
      - Of a V(sentinel) RV(outdated) says whether it must be restarted, because it has no command for it.
      - With V(none) the files are checked, and that is all.
    type: str
    choices: [node, sentinel, none]
    default: node
  reload:
    description:
      - Whether the node is to read its files again also where it presents the right certificate. A changed O(authorities) does not show otherwise.
    type: bool
    default: false
notes:
  - Needs the rights C(+config|get) and C(+config|set) on the server.
  - A node that presents a certificate that is not accepted any more can be asked only with O(validate_certs=false).
seealso:
  - module: steadyhand.redis.config
"""

EXAMPLES = r"""
- name: Have the node present its renewed certificate
  steadyhand.redis.tls_files:
    login_host: 10.0.1.11
    tls: true
    ca_certs: /etc/redis/tls/ca.crt
    certificate: /etc/redis/tls/server.crt
    key: /etc/redis/tls/server.key
    authorities: /etc/redis/tls/ca.crt
"""

RETURN = r"""
fingerprint:
  description: SHA-256 of the certificate in the file; empty when it could not be read.
  returned: always
  type: str
outdated:
  description: Whether the server presented another certificate at the beginning than the one in the file.
  returned: always
  type: bool
presented:
  description: SHA-256 of the certificate that the node presented at the beginning; V(none) where it was not asked.
  returned: always
  type: str
"""

from typing import Any

from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.login import node_address_options
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.module import Task, run_module
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.certificates import (
    CertificateFiles,
    presented_by,
    read_again,
    require_configured,
    require_exchangeable,
    require_usable,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.node import Node, NodeTarget
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.targets import login_from
from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.errors import OutcomeUnknown

FILES: dict[str, dict[str, Any]] = {
    "certificate": {"type": "path", "required": True},
    "key": {"type": "path", "required": True, "no_log": False},
    "authorities": {"type": "path", "required": True},
}
NODE = "node"
SENTINEL = "sentinel"
NONE = "none"


def renew(task: Task) -> None:
    """Check the files, compare, have them read, and look again."""
    params = task.params
    files = CertificateFiles(params["certificate"], params["key"], params["authorities"])
    wanted = task.result["fingerprint"] = files.fingerprint()
    require_usable(files)
    if params["replaces"] is not None:
        old = params["replaces"]
        require_exchangeable(files, CertificateFiles(old["certificate"], old["key"], old["authorities"]))
    if params["server"] == NONE:
        return
    address = Address.of(params["login_host"], params["login_port"])
    target = NodeTarget(str(address), address, login_from(params))
    with Node(target, params["connect_timeout"]) as node:
        presented = task.result["presented"] = presented_by(node)
        outdated = task.result["outdated"] = presented != wanted
        if params["server"] == SENTINEL:
            return
        require_configured(node, files)
        task.result["changed"] = params["reload"] or outdated
        if task.diff_mode:
            task.result["diff"] = {"before": {"presented": presented}, "after": {"presented": wanted}}
        if not task.result["changed"] or task.check_mode:
            return
        read_again(node, files)
    with Node(target, params["connect_timeout"]) as node:
        if presented_by(node) != wanted:
            raise OutcomeUnknown(
                f"{address} took the files and does not present the certificate in {files.certificate}"
            )


def main() -> None:
    """Run the module."""
    run_module(
        {
            **node_address_options(),
            **FILES,
            "replaces": {"type": "dict", "options": FILES},
            "server": {"type": "str", "choices": [NODE, SENTINEL, NONE], "default": NODE},
            "reload": {"type": "bool", "default": False},
        },
        {"fingerprint": "", "outdated": False, "presented": None},
        renew,
    )


if __name__ == "__main__":
    main()

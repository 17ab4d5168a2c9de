# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings that must not be pushed to a serving group like any other, each with what would break and what to do instead."""

from __future__ import annotations

from collections.abc import Mapping

from .forms import normal
from .names import is_secret

_WIRING = "it decides who copies whom, which Sentinel and the engine write themselves: use steadyhand.redis.failover"
_ENDPOINT = "clients, replicas and Sentinels know the node by it and would lose it: replace the node instead"
_DATA_FILE = "the node would start without its data: move the files while it is stopped, and edit the file then"
_PASSWORD = (
    "every client, replica and Sentinel must change together with it, and it would appear in logs: rotate ACL users"
)
_ANNOUNCED = "every node has its own, and Sentinel takes a changed one for another replica: edit the node's file"
_SERVICE = (
    "it is agreed with the service manager, which would lose track of the server: change it together with the unit"
)
_GUARD = (
    "it opens commands with which a client owns the host; it is decided per host, not pushed: edit the file by hand"
)
_ACL = "it is not a setting but access control: use ACL SETUSER and ACL SAVE, or edit the file"
_NO_SETTING = "it is a directive of the file that no CONFIG command knows: edit the file by hand and restart"
_LOG = "a file that the server's user cannot open keeps it from starting: prepare it, edit the file and restart by hand"

_NAMES: Mapping[str, str] = {
    "aclfile": _ACL,
    "appenddirname": _DATA_FILE,
    "appendfilename": _DATA_FILE,
    "bind": _ENDPOINT,
    "bind-source-addr": "every node has its own; with a wrong one replication cannot connect: edit the node's file",
    "daemonize": _SERVICE,
    "dbfilename": _DATA_FILE,
    "dir": _DATA_FILE,
    "enable-debug-command": _GUARD,
    "enable-module-command": _GUARD,
    "enable-protected-configs": _GUARD,
    "include": _NO_SETTING,
    "loadmodule": "a node that cannot load it does not start, and data of its types cannot be read without it: "
    + _NO_SETTING,
    "logfile": _LOG,
    "pidfile": _SERVICE,
    "port": _ENDPOINT,
    "rename-command": "Sentinel and this collection need the commands by their names: use ACL rules",
    "replica-announced": "Sentinel would forget the replica, or never promote it: use replica-priority 0 on a single node, by hand",
    "replicaof": _WIRING,
    "supervised": _SERVICE,
    "unixsocket": _ENDPOINT,
    "unixsocketgroup": _ENDPOINT,
    "user": _ACL,
}
_PREFIXES: Mapping[str, str] = {
    "cluster-": "it belongs to Redis Cluster, whose nodes this collection does not manage",
    "rdma-": _ENDPOINT,
    "replica-announce-": _ANNOUNCED,
    "sentinel": "it is a directive of Sentinels, not of nodes",
    "tls-": "both sides of every link (clients, replicas, Sentinels) must change together: renew certificates under their present "
    "paths, and edit the file for anything else",
}
# Only this value of the setting; compared by normal form.
_VALUES: Mapping[str, Mapping[str, str]] = {
    "replica-ignore-maxmemory": {
        "no": "a replica that evicts on its own no longer holds its primary's data, and loses it for good when promoted"
    },
    "replica-priority": {
        "0": "pushed to a whole group it leaves no replica that may lead, so no failover is possible: set it on a single node by hand"
    },
    "replica-read-only": {"no": "writes that a replica takes are lost, and a hand-over cannot hold them back"},
}


def why_forbidden(name: str, value: str) -> str | None:
    """Why this must not be pushed, or None. ``name`` is canonical; ``value`` is the engine's text of it."""
    if is_secret(name):
        return _PASSWORD
    if name in _NAMES:
        return _NAMES[name]
    for prefix, reason in _PREFIXES.items():
        if name.startswith(prefix):
            return reason
    return _VALUES.get(name, {}).get(normal(name, value))

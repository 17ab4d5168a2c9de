# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What servers have refused to the users whose rights the collection documents, by their own record of it (ACL LOG)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.state import Credentials, SentinelCredentials

if TYPE_CHECKING:
    from lab.asked import AskedServer
    from lab.lab import Lab

DOCUMENTED = (Credentials.MAINTENANCE, Credentials.REPLICATION, Credentials.SENTINEL, SentinelCredentials.PEER)
_ENTRIES = 1000
"""More than a server keeps (acllog-max-len)."""


def denied(server: AskedServer) -> set[tuple[str, str]]:
    """Users, each with a command, a key or a channel that was refused since the server started or was last told to forget.

    Redis 6.2 names no subcommands.
    """
    with server.client() as client:
        return {
            (str(entry["username"]), str(entry["object"]).lower())
            for entry in client.acl_log(_ENTRIES)
            if entry["username"] in DOCUMENTED
        }


def denied_anywhere(lab: Lab) -> dict[str, set[tuple[str, str]]]:
    """The same of every server that has refused something."""
    refusals = {server.name: denied(server) for server in (*lab.nodes, *lab.sentinels)}
    return {name: refused for name, refused in refusals.items() if refused}

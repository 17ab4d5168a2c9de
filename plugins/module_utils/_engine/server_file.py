# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server's own file beside the running server, read on the server's host. Nothing is written."""

from __future__ import annotations

from .._model import sentinel_file
from .._model.audit.host_look import HostLook
from .._model.errors import BadInput
from .._model.replies import is_sentinel, parse_info
from .._model.settings.file import overrides
from .._model.settings.kept import differing
from .connection import Connection
from .node import Node, NodeTarget
from .sentinel import Sentinel, SentinelTarget
from .settings import NodeSettings
from .settings_file import why_not_rewritable


def look_at_file(target: NodeTarget, service: str | None, timeout: float) -> HostLook:
    """What its host says of a node or a Sentinel, whichever answers. Raises Unreachable or AccessDenied.

    Where the file cannot be read, or the server is on another host, that is in the result.
    """
    with Connection(target.address, target.login, timeout) as connection:
        info = parse_info(connection.call("INFO"))
    path = info.get("config_file", "")
    try:
        first, second = (_once(target, info, service, timeout) for _look in range(2))
    except BadInput as error:
        return HostLook(path, error=str(error))
    # Between the question and the reading of the file the server may have written it.
    lasting = tuple(sentence for sentence in second.differing if sentence in first.differing)
    return HostLook(path, lasting, second.unwritable, second.error)


def _once(target: NodeTarget, info: dict[str, str], service: str | None, timeout: float) -> HostLook:
    if not is_sentinel(info):
        return _node(target, service, timeout)
    path, process_id = info.get("config_file", ""), int(info.get("process_id", "0"))
    with Sentinel(SentinelTarget(target.name, target.address, target.login), timeout) as sentinel:
        lines = sentinel.file_lines()
        return HostLook(
            path, tuple(sentinel_file.differing(lines, sentinel.table())), why_not_rewritable(path, process_id) or ""
        )


def _node(target: NodeTarget, service: str | None, timeout: float) -> HostLook:
    with Node(target, timeout) as node:
        settings = NodeSettings(node, service)
        facts = settings.facts()
        file = settings.config_file(facts)
        if file.error:
            return HostLook(file.path, error=file.error)
        elsewhere = overrides(file, settings.start_arguments(facts))
        return HostLook(
            file.path,
            tuple(differing(file.text, settings.running(["*"]), elsewhere)),
            settings.why_not_rewritable(facts) or "",
        )

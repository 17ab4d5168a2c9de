# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order the nodes of a group are restarted."""

from __future__ import annotations

from .group import GroupView, Member, lag_bytes
from .health import MEBIBYTE


def restart_order(view: GroupView) -> list[str]:
    """Names of the answering nodes in the order of least harm: sick replicas, replicas, the primary last."""
    primary = view.primary

    def rank(member: Member) -> tuple[bool, bool, int, str]:
        upstream = member.facts.upstream
        sound = upstream is not None and upstream.up and not upstream.syncing
        behind = lag_bytes(primary.facts, member.facts) if primary is not None and upstream is not None else 0
        # In whole MiB: the few bytes between two accounts of a healthy group are no reason for another order.
        return (member.facts.is_primary, sound, -(behind // MEBIBYTE), member.name)

    return [member.name for member in sorted(view.members, key=rank)]

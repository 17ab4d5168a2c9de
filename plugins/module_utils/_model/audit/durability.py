# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What would be on disk after a crash: a primary that comes back empty has its replicas copy the emptiness."""

from __future__ import annotations

from collections.abc import Iterator

from ..group import GroupView, Member
from ..problems import Problem


def durability_problems(view: GroupView) -> Iterator[Problem]:
    """Nodes that may lead and would come back from a crash with nothing, though they hold keys."""
    yield from _keep_nothing(view)
    for member in view.members:
        if _keeps(member) and _has_saved_nothing(member):
            yield Problem(
                "never_saved",
                member.name,
                f"{member.facts.keys} keys are in memory; since its start {member.facts.uptime_seconds} s ago it has saved nothing, "
                f"and it started with none (save {member.facts.settings.get('save')})",
                "Have it save once (BGSAVE)",
            )


def _has_saved_nothing(member: Member) -> bool:
    """Whether its file, if it has one, is empty. By the server's account: the last save is its start where there was none."""
    facts, kept = member.facts, member.facts.persistence
    started_at = facts.clock - facts.uptime_seconds
    return not kept.aof and facts.keys > 0 and kept.loaded_keys == 0 and kept.last_save_at <= started_at + 1


def _keep_nothing(view: GroupView) -> Iterator[Problem]:
    bare = [member for member in view.members if member.facts.priority > 0 or member.facts.is_primary]
    bare = [member for member in bare if not _keeps(member)]
    if not bare:
        return
    every = len(bare) == len(view.members)
    down_after = [entry.down_after_ms for _account, _facts, entry in view.watching]
    wait = f"; the Sentinels wait {min(down_after) / 1000:g} s before they act" if down_after else ""
    yield Problem(
        "restarts_empty",
        view.name if every else ", ".join(member.name for member in bare),
        "appendonly is no and save is empty"
        + (" on every node" if every else "")
        + f"; {max(member.facts.keys for member in bare)} keys are in memory{wait}",
        "Set save points or appendonly (push_config), or keep the service manager from restarting it by itself "
        "(Restart=no); accept it for a cache that may be lost",
    )


def _keeps(member: Member) -> bool:
    return member.facts.persistence.aof or bool(member.facts.settings.get("save", "").strip())

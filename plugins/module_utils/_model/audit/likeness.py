# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the nodes of a group are alike, so that it is the same group when another one leads."""

from __future__ import annotations

from collections.abc import Iterator

from ..group import GroupView, Member
from ..problems import Problem

# Not among them: what may differ with reason (replica-priority, dir, announced addresses), what a hand-over borrows, and what
# has a code of its own (maxmemory, users).
COMPARED = (
    "appendonly",
    "client-output-buffer-limit",
    "maxclients",
    "min-replicas-max-lag",
    "min-replicas-to-write",
    "repl-backlog-size",
    "repl-diskless-load",
    "repl-diskless-sync",
    "repl-timeout",
    "save",
    "shutdown-on-sigterm",
    "tls-replication",
)


def likeness_problems(view: GroupView) -> Iterator[Problem]:
    """All of it."""
    for name in COMPARED:
        said = {member.name: member.facts.settings.get(name, "not known to it") for member in view.members}
        if len(set(said.values())) > 1:
            yield Problem(
                "node_settings_differ",
                view.name,
                "{}: {}".format(name, ", ".join(f"{node} {value or '(empty)'}" for node, value in said.items())),
                "Give every node the same (push_config), where it is not meant so",
            )
    yield from _logins(view)
    yield from _users(view)
    versions = {member.name: f"{member.facts.engine} {member.facts.version}" for member in view.members}
    if len(set(versions.values())) > 1:
        yield Problem(
            "versions_differ",
            view.name,
            ", ".join(f"{name} {version}" for name, version in versions.items()),
            "Upgrade the others, replicas first; an older node must not lead before",
        )


def _logins(view: GroupView) -> Iterator[Problem]:
    """Where nodes ask for a password, one that has none for its primary cannot follow a new one."""
    having = [member.name for member in view.members if "masterauth" in member.facts.secrets_set]
    lacking = [member.name for member in view.members if "masterauth" not in member.facts.secrets_set]
    if having and lacking:
        yield Problem(
            "node_settings_differ",
            view.name,
            f"masterauth is set on {', '.join(having)} and not on {', '.join(lacking)}",
            f"Set it on {', '.join(lacking)} before another node leads",
            outlook=f"Once another node leads, {', '.join(lacking)} cannot log in to it and is no replica",
        )


def _users(view: GroupView) -> Iterator[Problem]:
    known = [(member, member.facts.acl) for member in view.members if member.facts.acl is not None]
    names = sorted({name for _member, acl in known for name in acl})
    differing = [name for name in names if len({acl.get(name) for _member, acl in known}) > 1]
    if differing:
        yield Problem(
            "users_differ",
            view.name,
            "on {} these ACL users are not alike: {}".format(
                ", ".join(member.name for member, _acl in known), ", ".join(differing)
            ),
            "Give every node the same users and rules; CONFIG and replication do not carry them",
        )


def unknown_users(view: GroupView) -> Iterator[str]:
    """What could not be compared."""
    blind: list[Member] = [member for member in view.members if member.facts.acl is None]
    if blind:
        yield "ACL users of {}: our user lacks +acl|list".format(", ".join(member.name for member in blind))

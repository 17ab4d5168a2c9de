# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a replica is fit to lead: what clients would lose that moved from the primary to it.

Seen on real servers: a caught-up replica with a smaller maxmemory dropped 33,958 of 50,001 keys once promoted; one with a
failed BGSAVE answered MISCONF to every write.
"""

from __future__ import annotations

from .group import GroupView, Member, attached_replicas
from .health import Limits, leader_obstacles, why_cannot_copy
from .node import NodeFacts
from .replies import whole

# Valkey 9.1 lists what runs scripts as a module. Every server runs them, listed or not.
_LUA = "lua"


def unfit_because(view: GroupView, primary: Member, replica: Member, limits: Limits) -> list[str]:
    """Every reason why this replica must not become the primary; an empty list when it may."""
    reasons = leader_obstacles(view, primary, replica, limits) + _differences(primary.facts, replica.facts)
    reasons += _left_behind(view, replica)
    wanted = whole(replica.facts.settings, "min-replicas-to-write")
    replicas = len(attached_replicas(view, primary))
    if wanted > replicas:
        reasons.append(
            f"its min-replicas-to-write is {wanted}, it would have {replicas} replicas: no write would succeed"
        )
    return reasons


def _left_behind(view: GroupView, replica: Member) -> list[str]:
    """The other replicas that could not copy this one, once a full synchronisation is needed, because they are too old.

    Not the primary: it is the last to be upgraded, so it may copy a newer node for a while, by partial synchronisation.
    """
    reasons = []
    for other in view.replicas:
        why = why_cannot_copy(replica, other)
        if other is not replica and why is not None:
            reasons.append(f"{other.name} could not copy it: {why}; upgrade {other.name} first")
    return reasons


def _differences(primary: NodeFacts, replica: NodeFacts) -> list[str]:
    reasons = []
    here, there = replica.memory, primary.memory
    if here.limit and here.limit < there.used:
        reasons.append(f"its maxmemory is {here.limit}, the primary uses {there.used}: it would evict keys")
    elif here.limit and (not there.limit or here.limit < there.limit):
        reasons.append("its maxmemory is {}, the primary's {}".format(here.limit, there.limit or "unlimited"))
    if here.policy != there.policy:
        reasons.append(f"its maxmemory-policy is {here.policy}, the primary's {there.policy}")
    if whole(replica.settings, "maxclients") < whole(primary.settings, "maxclients"):
        reasons.append(
            "its maxclients is {}, the primary's {}".format(
                replica.settings.get("maxclients"), primary.settings.get("maxclients")
            )
        )
    if any(module not in replica.modules and module.partition(" ")[0] != _LUA for module in primary.modules):
        reasons.append(
            "its modules are {}, the primary's {}".format(
                ", ".join(replica.modules) or "none", ", ".join(primary.modules) or "none"
            )
        )
    if not replica.persistence.last_save_ok:
        reasons.append("its last BGSAVE failed: it may refuse every write with MISCONF")
    if not replica.persistence.aof_write_ok:
        reasons.append("its last write to the append-only file failed: it would refuse writes")
    if replica.settings.get("replica-read-only") != "yes":
        reasons.append("its replica-read-only is {}".format(replica.settings.get("replica-read-only", "unknown")))
    if replica.shutting_down:
        reasons.append("it is shutting down")
    return reasons + _acl_differences(primary, replica)


def _acl_differences(primary: NodeFacts, replica: NodeFacts) -> list[str]:
    if primary.acl is None or replica.acl is None:
        return ["its ACL users cannot be compared with the primary's: our user needs +acl|list on both"]
    named = sorted(set(primary.acl) | set(replica.acl))
    differing = [name for name in named if primary.acl.get(name) != replica.acl.get(name)]
    return ["its ACL users differ from the primary's: {}".format(", ".join(differing))] if differing else []

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the nodes of a group stand before a deployment: who leads, who is to join, and why nothing may be begun.

A primary is chosen from the inventory only where it is certain that no group exists. What is not known is a refusal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.steadyhand.redis.plugins.module_utils._model.settings.forms import normal

# What a machine tells of a server that may not answer, beside the process that has its port.
DEPLOYED = "deployed"
SEEDED = "seeded"
BLANK = ""

# Problems of a running group in which it cannot be said for sure who leads and who belongs to it, or will lead in a moment.
_UNCERTAIN = frozenset(
    {
        "failover_in_progress",
        "foreign_member",
        "node_denied",
        "node_loading",
        "replica_of_stranger",
        "routing_unfinished",
        "sentinel_denied",
        "sentinel_disagrees",
        "sentinel_wrong_primary",
        "shutting_down",
        "two_primaries",
        "unlisted_member",
    }
)


@dataclass(frozen=True)
class Standing:
    """Where a group stands. ``new``: it does not exist yet. ``joining``: nodes that are not part of it yet."""

    new: bool
    primary: str
    primary_address: str
    joining: tuple[str, ...]
    refusals: tuple[str, ...]

    def as_data(self) -> dict[str, Any]:
        """Plain data for roles."""
        return {**asdict(self), "joining": list(self.joining), "refusals": list(self.refusals)}


def standing(
    view: Mapping[str, Any],
    nodes: Mapping[str, Mapping[str, str]],
    sentinels: Mapping[str, str],
    initial: str,
) -> Standing:
    """Judge what group_info saw of a group, beside what its machines tell.

    ``nodes``: by inventory name, ``state`` (DEPLOYED, SEEDED or BLANK), ``listener`` (the process that has its port, or
    nothing) and ``address`` by which the others shall know it. ``sentinels``: by address, their state. ``initial``: who is
    to lead where no group exists.
    """
    answering = {member["name"]: member for member in view["members"]}
    joining = tuple(name for name in nodes if name not in answering)
    refusals = [
        *_silent_nodes(view, nodes, joining),
        *_silent_sentinels(view, sentinels),
        *_uncertain(view),
    ]
    if view["maintenance"] is not None:
        refusals.append(
            "{owner} is at work on it ({purpose}), since {since}: wait for its end".format(**view["maintenance"])
        )
    new = not answering and not any(sentinel["primary"] for sentinel in view["sentinels"])
    # Who does not let us in may well lead; that is told already.
    denied = any(problem["code"] == "node_denied" for problem in view["problems"])
    if not new and not denied and not any(member["role"] == "primary" for member in answering.values()):
        refusals.append(_no_primary(view, answering))
    if new and initial not in nodes:
        refusals.append(f"{initial}, which is to lead at first, is none of its nodes ({', '.join(nodes)})")
    primary = initial if new else view["primary"] or ""
    announced = answering.get(primary, {}).get("announced")
    address = announced or nodes.get(primary, {}).get("address", "")
    return Standing(new, primary, address, joining, tuple(refusals))


def _silent_nodes(
    view: Mapping[str, Any], nodes: Mapping[str, Mapping[str, str]], joining: tuple[str, ...]
) -> Iterator[str]:
    said = {problem["subject"]: problem for problem in view["problems"] if problem["code"].startswith("node_")}
    for name in joining:
        problem = said.get(name, {"code": "", "evidence": "it does not answer"})
        if problem["code"] == "node_denied":
            continue  # told with its remedy among the uncertain ones
        if nodes[name]["state"] == DEPLOYED:
            yield (
                f"{name} was deployed before and does not answer ({problem['evidence']}): start it, and repair what keeps it from "
                "starting; it may hold the only copy of the data"
            )
        elif nodes[name]["listener"]:
            yield (
                f"the port of {name} is in use by {nodes[name]['listener']}, which does not answer there as a node of this group "
                f"({problem['evidence']}): stop it, or set redis_port"
            )


def _silent_sentinels(view: Mapping[str, Any], sentinels: Mapping[str, str]) -> Iterator[str]:
    for seen in view["sentinels"]:
        if seen["error"] and sentinels.get(seen["address"]) == DEPLOYED:
            yield f"a Sentinel was deployed before and does not answer here ({seen['error']}): it may know another primary"


def _uncertain(view: Mapping[str, Any]) -> Iterator[str]:
    for problem in view["problems"]:
        if problem["code"] in _UNCERTAIN:
            yield "{subject}: {evidence}. {remedy}".format(**problem)


def _no_primary(view: Mapping[str, Any], answering: Mapping[str, Any]) -> str:
    named = sorted({sentinel["primary"] for sentinel in view["sentinels"] if sentinel["primary"]})
    said = f"Sentinels name {', '.join(named)}" if named else "no Sentinel names one"
    replicas = f"; {', '.join(answering)} answer as replicas" if answering else ""
    return f"the group exists and no primary of it answers ({said}{replicas}): wait for a failover, or repair the group"


def lacks(settings: Mapping[str, Any], memory: int, disk: int, data_set: int) -> list[str]:
    """What a machine lacks for a new node, in bytes: its ``memory``, the free ``disk``, and the primary's ``data_set``."""
    reasons = []
    limit = int(normal("maxmemory", str(settings.get("maxmemory", "0"))))
    if limit > memory:
        reasons.append(f"maxmemory is {limit} bytes and the machine has {memory}: lower it, or take a larger machine")
    if data_set > memory:
        reasons.append(f"the primary holds {data_set} bytes and the machine has {memory} bytes of memory")
    # A replica writes what it is sent into a file before it loads it, unless it is told otherwise (repl-diskless-load).
    if data_set > disk:
        reasons.append(
            f"a full synchronisation writes up to {data_set} bytes, and {disk} are free beside the data: make room"
        )
    return reasons

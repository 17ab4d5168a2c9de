# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turning views, judgements and predictions into the plain data that modules return. No secret is in any of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from .._model.group import GroupView, Member, lag_bytes
from .._model.health import good_replicas
from .._model.order import restart_order
from .._model.problems import NEVER_ACCEPTABLE, UNKNOWN, Judgement, Problem
from .._model.restart import RestartForecast, certain_full_sync
from .._model.routing import unfinished_routing

# Every key that describes a group, with the value it has before anything was seen.
UNSEEN_GROUP: dict[str, Any] = {
    "group": "",
    "verdict": UNKNOWN,
    "problems": [],
    "accepted": [],
    "primary": None,
    "replicas": [],
    "good_replicas": None,
    "restart_order": [],
    "members": [],
    "sentinels": [],
    "last_handover": None,
    "maintenance": None,
    "routing": None,
}


def group_result(view: GroupView, judgement: Judgement) -> dict[str, Any]:
    """The keys of UNSEEN_GROUP, filled."""
    primary = view.primary
    return {
        "group": view.name,
        "verdict": judgement.verdict,
        "problems": [problem_result(problem) for problem in judgement.problems],
        "accepted": [problem_result(problem) for problem in judgement.accepted],
        "primary": primary.name if primary is not None else None,
        "replicas": [member.name for member in view.replicas],
        "good_replicas": good_replicas(primary.facts) if primary is not None else None,
        "restart_order": restart_order(view),
        "members": [member_result(view, member) for member in view.members],
        "sentinels": sentinel_results(view),
        "last_handover": last_handover_result(primary),
        "maintenance": maintenance_result(primary),
        "routing": routing_result(view),
    }


def problem_result(problem: Problem) -> dict[str, Any]:
    """One problem as data."""
    outlook, when = problem.foreseen
    return {
        **asdict(problem),
        "outlook": outlook,
        "when": when,
        "severity": problem.severity,
        "verdict": problem.verdict,
        "acceptable": problem.code not in NEVER_ACCEPTABLE,
    }


def member_result(view: GroupView, member: Member) -> dict[str, Any]:
    """One answering node as data."""
    facts, upstream, primary = member.facts, member.facts.upstream, view.primary
    return {
        "name": member.name,
        "address": str(member.account.address),
        "announced": str(member.announced) if member.announced is not None else None,
        "role": facts.role,
        "engine": facts.engine,
        "version": facts.version,
        "run_id": facts.run_id,
        "uptime_seconds": facts.uptime_seconds,
        "link_up": upstream.up if upstream is not None else None,
        "lag_bytes": lag_bytes(primary.facts, facts) if primary is not None and upstream is not None else None,
        "offset": upstream.applied_offset if upstream is not None else facts.offset,
        "priority": facts.priority,
        "used_memory": facts.memory.used,
        "number_of_keys": facts.keys,
        "full_syncs": facts.full_syncs,
        "certain_full_sync": certain_full_sync(facts),
    }


def sentinel_results(view: GroupView) -> list[dict[str, Any]]:
    """What each Sentinel says, as data."""
    found = []
    for account in view.sentinels:
        entry = account.facts.primary if account.facts is not None else None
        found.append(
            {
                "name": account.name,
                "address": str(account.address),
                "primary": str(entry.address) if entry is not None else None,
                "config_epoch": entry.config_epoch if entry is not None else None,
                "quorum_ok": account.facts.quorum_ok if account.facts is not None else None,
                "tilt": account.facts.tilt if account.facts is not None else None,
                "error": account.error or None,
            }
        )
    return found


def last_handover_result(primary: Member | None) -> dict[str, Any] | None:
    """How the last hand-over ended, as data; None where no primary answers or none is on record."""
    record = primary.facts.last_handover if primary is not None else None
    return None if record is None else {**asdict(record), "reasons": list(record.reasons)}


def maintenance_result(primary: Member | None) -> dict[str, Any] | None:
    """Who holds the maintenance lock, as data; None where no primary answers or nobody does."""
    held = primary.facts.lock if primary is not None else None
    return None if held is None else {**asdict(held.record), "ends_in_seconds": held.ends_in_seconds}


def routing_result(view: GroupView) -> dict[str, Any] | None:
    """From where to where traffic must move, when somebody began to and did not end it; None otherwise."""
    primary = view.primary
    found = unfinished_routing(primary.facts.borrowed) if primary is not None else None
    if primary is None or found is None:
        return None
    direction = found.towards(primary.name)
    return {"old": routed_node(view, direction.old), "new": routed_node(view, direction.new)}


def routed_node(view: GroupView, name: str) -> dict[str, Any]:
    """One end of a routing: the inventory's name, and the address by which the engine knows the node, where that is known."""
    member = view.member(name)
    address = member.announced if member is not None else None
    return {
        "name": name,
        "host": address.host if address is not None else None,
        "port": address.port if address is not None else None,
    }


def forecast_result(prediction: RestartForecast | None) -> dict[str, Any] | None:
    """A restart's prediction as data; None where none was asked for."""
    if prediction is None:
        return None
    return {
        "node": prediction.node,
        "resync": prediction.resync,
        "why": prediction.why,
        "unseen": list(prediction.unseen),
    }

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module sentinel_monitor does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._engine.group import GroupConnections, GroupTargets
from .._engine.sentinel import Sentinel
from .._engine.targets import targets_from
from .._model.address import Address
from .._model.errors import BadInput, Refused
from .._model.monitoring import AUTH_PASSWORD, AUTH_USER, QUORUM, MonitorPlan, MonitorWish, described, monitor_plan
from .._operations.logins import require_let_in
from .._operations.monitoring import carry_out, seen_after
from .module import Task
from .sentinel_options import quorum_from, watching_from, watching_options

EMPTY_RESULT: dict[str, Any] = {"primary": None, "changes": []}


def monitor_options() -> dict[str, dict[str, Any]]:
    """Argument spec of the options that the module has beside those of every group module."""
    return {
        "sentinel": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        **watching_options(),
        "peer_password": {"type": "str", "no_log": True},
    }


def body(task: Task) -> None:
    """Observe the whole group, judge, change the one Sentinel, and read it back."""
    targets = targets_from(task.params)
    name = _sentinel_name(targets, task.params["sentinel"])
    wish = _wish(task.params, len(targets.sentinels))
    with GroupConnections(targets, task.params["connect_timeout"]) as connections:
        view = connections.observe()
        account = next(account for account in view.sentinels if account.name == name)
        sentinel = connections.sentinel(name)
        watched = sentinel.watched()
        kept = _kept(sentinel, targets.name, wish)
        plan = monitor_plan(view, name, wish, kept, watched)
        entry = account.facts.primary if account.facts is not None else None
        task.result.update(
            changed=plan.changes,
            primary=str(entry.address) if entry is not None else None,
            changes=_changes(plan),
        )
        before = described(entry, kept)
        after = _foreseen(before, plan, wish)
        _require_let_in(connections, name, wish, plan)
        if wish.present and task.params["peer_password"] is not None:
            _require_peer_password(sentinel, task.params["peer_password"])
        if not task.check_mode and plan.changes:
            carry_out(sentinel, targets.name, wish, plan)
            seen = seen_after(sentinel, targets.name, wish)
            after = described(seen, _kept(sentinel, targets.name, wish) if seen is not None else {})
        task.result["primary"] = after.get("address")
        if task.diff_mode:
            task.result["diff"] = {"before": before, "after": after}


def _require_let_in(connections: GroupConnections, name: str, wish: MonitorWish, plan: MonitorPlan) -> None:
    """A Sentinel that nodes do not let in holds them for down. Raises Refused."""
    if AUTH_PASSWORD in wish.options and {AUTH_USER, AUTH_PASSWORD}.intersection(plan.options):
        login = wish.options.get(AUTH_USER), wish.options[AUTH_PASSWORD]
        require_let_in(connections, f"{name} keeps how it logs in to {connections.targets.name}", [login])


def _require_peer_password(sentinel: Sentinel, wanted: str) -> None:
    """It is the same on all Sentinels of a set, so one of them alone is not changed. Raises Refused."""
    if sentinel.peer_password() != wanted:
        raise Refused(
            f"{sentinel.target.name} logs in to the other Sentinels by another password than peer_password",
            ["see that every Sentinel takes both, and send SENTINEL CONFIG SET sentinel-pass to each; then run again"],
        )


def _sentinel_name(targets: GroupTargets, text: str) -> str:
    address = Address.parse(text)
    for target in targets.sentinels:
        if target.address == address:
            return target.name
    raise BadInput(f"sentinel: {address} is not among the sentinels of group {targets.name}")


def _wish(params: Mapping[str, Any], sentinels: int) -> MonitorWish:
    return MonitorWish(params["state"] == "present", quorum_from(params, sentinels), watching_from(params))


def _kept(sentinel: Sentinel, group: str, wish: MonitorWish) -> dict[str, str]:
    """What must be compared with the file, because no command shows it."""
    names = {AUTH_USER, AUTH_PASSWORD}.intersection(wish.options)
    return sentinel.kept(group, names) if wish.present and names else {}


def _changes(plan: MonitorPlan) -> list[str]:
    """Names only: a value may be a secret."""
    return [
        *(["remove"] if plan.remove else []),
        *(["monitor", QUORUM] if plan.monitor is not None else []),
        *plan.options,
    ]


def _foreseen(before: Mapping[str, str], plan: MonitorPlan, wish: MonitorWish) -> dict[str, str]:
    if plan.remove:
        return {}
    monitored = {"address": str(plan.monitor), QUORUM: str(wish.quorum)} if plan.monitor is not None else {}
    shown = {name: value for name, value in plan.options.items() if name != AUTH_PASSWORD}
    return {**before, **monitored, **shown}

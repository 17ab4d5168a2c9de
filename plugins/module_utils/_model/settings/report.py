# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run did to the settings of a node, or would do, as plain data; one list of differences gives all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, Callable, Optional

from .forms import expected, normal
from .plan import IN_EFFECT, LIVE, PENDING, Setting

EMPTY: dict[str, Any] = {
    "changed": False,
    "settings": [],
    "live": [],
    "pending": [],
    "unsaved": [],
    "previous": {},
    "written": [],
    "unseen": [],
    "diff": {"before": {"running": {}, "file": {}}, "after": {"running": {}, "file": {}}},
}

Value = Callable[[Setting], Optional[str]]


def foreseen(settings: Sequence[Setting], write_pending: bool) -> tuple[Setting, ...]:
    """The settings as they will be after a run that succeeds."""
    return tuple(_foreseen(setting, write_pending) for setting in settings)


def report(before: Sequence[Setting], after: Sequence[Setting], unseen: Sequence[str] = ()) -> dict[str, Any]:
    """The difference between two looks at the same settings. Keys: those of EMPTY."""
    old = {setting.name: setting for setting in before}
    running = [setting for setting in after if _differs(setting, old[setting.name], _running)]
    file = [setting for setting in after if _differs(setting, old[setting.name], _persisted)]
    written = [setting for setting in file if setting.state == PENDING]
    return {
        "changed": bool(running or file),
        "settings": [asdict(setting) for setting in after],
        "live": [setting.name for setting in after if setting.state == LIVE],
        "pending": [setting.name for setting in after if setting.state == PENDING],
        "unsaved": [setting.name for setting in before if setting.unkept],
        "previous": {setting.name: old[setting.name].running for setting in [*running, *written]},
        "written": [setting.name for setting in written],
        "unseen": list(unseen),
        "diff": {
            "before": {
                "running": {setting.name: old[setting.name].running for setting in running},
                "file": {setting.name: old[setting.name].persisted for setting in file},
            },
            "after": {
                "running": {setting.name: setting.running for setting in running},
                "file": {setting.name: setting.persisted for setting in file},
            },
        },
    }


def _foreseen(setting: Setting, write_pending: bool) -> Setting:
    if setting.state == LIVE:
        value = expected(setting.name, setting.desired or "", setting.running)
        return replace(setting, running=value, persisted=value)
    if setting.state == PENDING and write_pending:
        return replace(setting, persisted=setting.desired)
    if setting.state == IN_EFFECT and setting.unsaved:
        return replace(setting, persisted=setting.running)
    return setting


def _differs(one: Setting, other: Setting, value: Value) -> bool:
    texts = [value(one), value(other)]
    return len({None if text is None else normal(one.name, text) for text in texts}) > 1


def _running(setting: Setting) -> str | None:
    return setting.running


def _persisted(setting: Setting) -> str | None:
    return setting.persisted

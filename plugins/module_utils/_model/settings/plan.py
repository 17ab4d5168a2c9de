# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judgement on a set of wanted settings: what is in effect, what can be set live, what waits, what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import BadInput, SteadyhandError
from .file import edited
from .forbidden import why_forbidden
from .forms import BUFFER_DEFAULTS, OUTPUT_BUFFERS, engine_text, same
from .names import canonical, is_secret, well_formed

IN_EFFECT = "in_effect"
LIVE = "live"
PENDING = "pending"
REFUSED = "refused"


class PushFailed(SteadyhandError):
    """Setting began and did not end well; ``restored`` says whether the values from before are in force again."""

    def __init__(self, message: str, restored: bool) -> None:
        super().__init__(message)
        self.restored = restored


@dataclass(frozen=True)
class Setting:
    """One wanted setting. ``desired`` is what was asked for, ``running`` what the server has, ``persisted`` what the file says.

    None where it is not known or, for secrets, not shown. ``state`` is IN_EFFECT, LIVE (can be set without a restart),
    PENDING (needs one) or REFUSED.
    """

    name: str
    desired: str | None
    running: str | None = None
    persisted: str | None = None
    state: str = REFUSED
    reason: str = ""

    @property
    def unsaved(self) -> bool:
        """The file says something else than what runs: a restart would undo it."""
        return (
            self.state in (IN_EFFECT, LIVE)
            and self.persisted is not None
            and not same(self.name, self.persisted, self.running)
        )

    @property
    def unsettled(self) -> bool:
        """In effect, and the file is silent: right for a default, lost at the restart otherwise. CONFIG REWRITE settles it."""
        if self.name == OUTPUT_BUFFERS and same(self.name, BUFFER_DEFAULTS, self.running):
            return False
        return self.state == IN_EFFECT and self.persisted is None

    @property
    def unkept(self) -> bool:
        """In effect, and the next start would find another value in the file, or none: the server is to rewrite its file."""
        return self.state == IN_EFFECT and (self.unsaved or self.unsettled)

    @property
    def unwritten(self) -> bool:
        """Waits for a restart, and the file does not have it yet."""
        return self.state == PENDING and not same(self.name, self.desired or "", self.persisted)


@dataclass(frozen=True)
class Inspection:
    """What was found on one node before any change. ``obstacles`` refuse the whole; ``unseen`` could not be checked."""

    settings: tuple[Setting, ...]
    obstacles: tuple[str, ...]
    unseen: tuple[str, ...]

    def named(self, state: str) -> tuple[Setting, ...]:
        """The settings in one state."""
        return tuple(setting for setting in self.settings if setting.state == state)

    @property
    def refusals(self) -> tuple[str, ...]:
        """Every reason not to begin."""
        return (*self.obstacles, *(f"{one.name}: {one.reason}" for one in self.named(REFUSED)))

    @property
    def unsaved(self) -> bool:
        return any(setting.unsaved for setting in self.settings)

    @property
    def unsettled(self) -> bool:
        return any(setting.unsettled for setting in self.settings)


def read_wishes(settings: Mapping[str, Any]) -> tuple[dict[str, str], list[Setting]]:
    """The wanted values by canonical name, and those that are refused by their looks alone."""
    wishes: dict[str, str] = {}
    refused: list[Setting] = []
    asked: dict[str, str] = {}
    for given, value in settings.items():
        spelled, name = str(given), canonical(str(given))
        reason: str | None
        text: str | None = None
        try:
            text = engine_text(name, value)
            reason = why_forbidden(name, text) if well_formed(name) else "this cannot be the name of a setting"
        except BadInput as error:
            reason = why_forbidden(name, "") or str(error)
        if name in asked:
            reason = f"it is the same setting as {asked[name]}: name it once"
        asked.setdefault(name, spelled)
        if reason is None and text is not None:
            wishes[name] = text
        else:
            refused.append(Setting(spelled, None if is_secret(name) else text, reason=reason or ""))
    return wishes, refused


def new_file_text(text: str, settings: tuple[Setting, ...]) -> str:
    """The file with the settings that wait for a restart."""
    return edited(text, {setting.name: setting.desired or "" for setting in settings})

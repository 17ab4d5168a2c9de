# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making a fault happen at one exact step of a hand-over, by wrapping what takes part in it."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.errors import Unreachable
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover import (
    alignment,
    coordinated_driver,
    sentinel_driver,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.passage import Passage

Fault = Callable[[], object]


class Injection:
    """Faults that happen once each; `pending` names those that have not happened yet."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.pending: list[str] = []

    def after_phase(self, name: str, fault: Fault) -> None:
        """At the end of that phase of a passage."""
        original, step = Passage.phase, f"after the phase {name}"
        self.pending.append(step)

        def phase(passage: Passage, ended: str, started: float) -> float:
            now = original(passage, ended, started)
            if ended == name and step in self.pending:
                self.pending.remove(step)
                fault()
            return now

        self._monkeypatch.setattr(Passage, "phase", phase)

    def before_call(self, owner: ModuleType | type, name: str, fault: Fault) -> None:
        """Right before a function is called by the name that *owner* knows it by."""
        self._around(owner, name, fault, before=True)

    def after_call(self, owner: ModuleType | type, name: str, fault: Fault) -> None:
        """Right after a function has returned."""
        self._around(owner, name, fault, before=False)

    def lost_reply(self, owner: type, name: str, *words: str, silence: float = 0.0, times: int = 1) -> None:
        """A command is carried out, and its reply does not arrive: Unreachable, after ``silence`` seconds.

        *owner* is a connection to a server; the command is the first with all these words in it.
        """
        original, step = getattr(owner, name), f"the lost reply to {' '.join(words)}"
        self.pending += [step] * times

        def wrapped(server: Any, *arguments: Any) -> Any:
            reply = original(server, *arguments)
            said = " ".join(map(str, arguments))
            if step in self.pending and all(word in said for word in words):
                self.pending.remove(step)
                time.sleep(silence)
                raise Unreachable(step)
            return reply

        self._monkeypatch.setattr(owner, name, wrapped)

    def cut_off(self, owner: type, name: str, address: str, *words: str, silence: float) -> None:
        """From now on the server at that address never answers such a command in time: Unreachable, after ``silence`` s."""
        original = getattr(owner, name)

        def wrapped(server: Any, *arguments: Any) -> Any:
            said = " ".join(map(str, arguments))
            if str(server.target.address) == address and all(word in said for word in words):
                time.sleep(silence)
                raise Unreachable(f"{address} is cut off")
            return original(server, *arguments)

        self._monkeypatch.setattr(owner, name, wrapped)

    def _around(self, owner: ModuleType | type, name: str, fault: Fault, before: bool) -> None:
        original, step = getattr(owner, name), f"{'before' if before else 'after'} {name}"
        self.pending.append(step)

        def wrapped(*arguments: Any, **named: Any) -> Any:
            due = step in self.pending
            if due:
                self.pending.remove(step)
            if due and before:
                fault()
            result = original(*arguments, **named)
            if due and not before:
                fault()
            return result

        self._monkeypatch.setattr(owner, name, wrapped)

    def at_once(self, leader: str = "sentinel-a") -> None:
        """Do not wait for the best moment, and ask that Sentinel: seconds are saved, nothing else depends on it."""
        for driver in (sentinel_driver, coordinated_driver):
            self._monkeypatch.setattr(driver, "align", lambda *_: (leader, False))

    def noticed_late(self) -> None:
        """Begin at the worst moment instead of the best: the Sentinel notices the promotion some 0.6 s after it.

        The Sentinels of these labs ask each second (`trial.hurry`).
        """
        self._monkeypatch.setattr(alignment, "PERIOD", 1000)
        self._monkeypatch.setattr(sentinel_driver, "BEST_AGE", (20, 120))

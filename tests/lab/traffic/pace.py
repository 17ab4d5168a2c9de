# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeping to a rate without ever bursting to make up for a pause."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading


class Pace:
    """So many units per second; None: no limit."""

    def __init__(self, per_second: float | None) -> None:
        self._per_second = per_second
        self._next = time.monotonic()

    def wait(self, units: int, stop: threading.Event) -> None:
        """Called after *units* were done: returns when the next may begin, or at once when told to stop."""
        if self._per_second is None:
            return
        now = time.monotonic()
        self._next = max(self._next + units / self._per_second, now)
        if self._next > now:
            stop.wait(self._next - now)

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable

from lab.errors import WaitTimeoutError

POLL_INTERVAL = 0.02
"""Seconds between two looks. Short, because loopback servers change state within milliseconds."""


def wait_until(
    reason_why_not: Callable[[], str | None], timeout: float, what: str, interval: float = POLL_INTERVAL
) -> None:
    """Look until *reason_why_not* returns None.

    :arg reason_why_not: asks afresh at every call; returns what is still missing, or None when the condition holds.
    :arg timeout: seconds until `WaitTimeoutError`, whose message names *what* and the last reason.
    """
    deadline = time.monotonic() + timeout
    while True:
        reason = reason_why_not()
        if reason is None:
            return
        if time.monotonic() >= deadline:
            raise WaitTimeoutError(f"{what}: not within {timeout:g} s: {reason}")
        time.sleep(interval)

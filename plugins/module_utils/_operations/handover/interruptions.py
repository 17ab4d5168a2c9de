# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Not being stopped half way: a dropped SSH connection or a cancelled job must not end a hand-over in its middle."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

HELD_BACK = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ignore the signals that ask this process to end, in its main thread, until the block is left.

    What remains is SIGKILL and a power loss: then the pause ends by itself, and the ledger names what is left.
    """

    def ignore(_number: int, _frame: FrameType | None) -> None:
        """The work that is under way ends in bounded time, and the process with it."""

    before = {number: signal.signal(number, ignore) for number in HELD_BACK}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

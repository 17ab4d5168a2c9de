# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading what the engine says of one setting without changing it.

``CONFIG SET name value hz not-a-number`` is all or nothing since Redis 7.0 (configSetCommand in config.c): names that are
unknown, immutable or protected are refused before anything is set, then values are set in order and all restored at the
first that is wrong, and what a change sets in motion (eviction, an append-only file, a listening socket) begins only after
the last. The second value is always wrong, so the first is judged and never takes effect.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LIVE = "live"
RESTART = "restart"
UNKNOWN = "unknown"
REFUSED = "refused"

_NEVER_A_NUMBER = "not-a-number"
_FAILED = re.compile(r"possibly related to argument '(?P<name>[^']*)'\) - (?P<why>.*)", re.DOTALL)


@dataclass(frozen=True)
class Answer:
    """How a setting would be applied: LIVE, RESTART, UNKNOWN or REFUSED with the engine's reason."""

    kind: str
    reason: str = ""


def question(name: str, value: str) -> tuple[str, ...]:
    """The command that asks."""
    return ("CONFIG", "SET", name, value, _bait(name), _NEVER_A_NUMBER)


def answer(name: str, reply: str) -> Answer:
    """What the error reply to the question says."""
    if reply.lower().startswith("unknown option"):
        return Answer(UNKNOWN)
    found = _FAILED.search(reply)
    if found is None:
        return Answer(REFUSED, reply)
    if found.group("name").lower() == _bait(name):
        return Answer(LIVE)
    why = found.group("why").strip()
    if "immutable" in why:
        return Answer(RESTART)
    if "protected" in why:
        return Answer(REFUSED, "the server protects it (enable-protected-configs): edit the file by hand")
    return Answer(REFUSED, why)


def _bait(name: str) -> str:
    # Two numbers that every version has; a name may not appear twice in one command.
    return "timeout" if name == "hz" else "hz"

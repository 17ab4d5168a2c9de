# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An operator's word that a node may be stopped although its guard would hold it. It is used up by one stop.

It lies in a folder that a boot empties, so it may count by the monotonic clock, which all processes of the machine share
(man clock_gettime): somebody sets the other one, and a word would count for hours more or not at all.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Override:
    """Who said so, why, and until when (seconds of the monotonic clock)."""

    by: str
    reason: str
    until: float

    def is_behind(self, why: str) -> bool:
        """Whether that is what it says, and nothing else has let a stop go."""
        return why.startswith(f"{self.by} has overridden the guard ")

    def __str__(self) -> str:
        end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + self.until - time.monotonic()))
        return f"{self.by} has overridden the guard until {end}: {self.reason}"


def write_override(path: str, override: Override) -> None:
    """Leave it where the guard looks. Raises OSError."""
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    draft = path + ".new"
    with open(draft, "w", encoding="utf-8") as stream:
        json.dump(asdict(override), stream)
    os.replace(draft, path)


def read_override(path: str) -> Override | None:
    """The override that counts now; None where there is none or its time is over, or it cannot be read."""
    try:
        with open(path, encoding="utf-8") as stream:
            fields = json.load(stream)
        found = Override(str(fields["by"]), str(fields["reason"]), float(fields["until"]))
    except (OSError, ValueError, KeyError, TypeError):
        # What cannot be read overrides nothing.
        return None
    return found if time.monotonic() < found.until else None


def use_up(path: str) -> None:
    """Remove it: the next stop is held again."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)

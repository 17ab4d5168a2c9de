# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The waves of a run: how many groups are treated at the same time, by the rules of Ansible's keyword ``serial``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

_WAVE = re.compile(r"[1-9][0-9]*%?")


class WaveError(Exception):
    """What should be a list of waves is none."""


def waves(value: Any) -> list[str]:
    """Normal form of what people write: a list, one number, or (in a survey) numbers with commas. Raises WaveError."""
    words = re.split(r"[\s,]+", value.strip(" \t\n[],")) if isinstance(value, str) else value
    if isinstance(words, int):
        words = [words]
    found = [str(word).strip("\"' ") for word in words or ()]
    wrong = [word for word in found if not _WAVE.fullmatch(word) or (word.endswith("%") and int(word[:-1]) > 100)]
    if wrong or not found:
        raise WaveError(
            f"redis_serial is {value!r}: it must list how many groups are treated at the same time, wave by wave, each as a "
            "number above 0 or a percentage, for example [1, '25%', '100%']"
        )
    return found


def widest(serial: Sequence[str], groups: int) -> int:
    """How many groups the widest wave of ``groups`` groups has. The last entry of ``serial`` repeats."""
    left, width, position = groups, 0, 0
    while left > 0:
        entry = serial[min(position, len(serial) - 1)]
        # Ansible rounds percentages down, but a wave has at least one host.
        size = max(1, groups * int(entry[:-1]) // 100) if entry.endswith("%") else int(entry)
        width = max(width, min(size, left))
        left -= size
        position += 1
    return width

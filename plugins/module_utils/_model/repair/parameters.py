# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parameters by which every Sentinel shall watch a group: what the user says, else what most of them have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from ..monitoring import DEFAULTS, QUORUM, shown_options
from ..sentinel import PrimaryEntry


def wanted_parameters(
    given: Mapping[str, str], right: Sequence[PrimaryEntry], every: Sequence[PrimaryEntry], sentinels: int
) -> tuple[dict[str, str], list[str]]:
    """The parameters, and the names of those in which the Sentinels differ with no majority for any value.

    Those that name the primary tell first; where they are divided, all that watch the group do. A quorum that nobody tells is the
    majority. The rest nobody tells where no Sentinel watches the group: ``untold``.
    """
    wanted = {**_of_most(every), **_of_most(right), **given}
    open_ = [name for name in (shown_options(every[0]) if every else ()) if name not in wanted and name != QUORUM]
    if not 0 < int(wanted.get(QUORUM, "0")) <= sentinels:
        wanted[QUORUM] = str(sentinels // 2 + 1)
    return wanted, open_


def untold(wanted: Mapping[str, str]) -> list[str]:
    """The parameters that a Sentinel which gets the group now would have the engine's defaults for."""
    return [name for name in DEFAULTS if name not in wanted]


def _of_most(entries: Sequence[PrimaryEntry]) -> dict[str, str]:
    """What more than half of them have."""
    found = {}
    for name in shown_options(entries[0]) if entries else ():
        value, number = Counter(shown_options(entry)[name] for entry in entries).most_common(1)[0]
        if number * 2 > len(entries):
            found[name] = value
    return found


def differing(entry: PrimaryEntry, wanted: Mapping[str, str]) -> dict[str, str]:
    """What of the parameters this Sentinel has otherwise."""
    has = shown_options(entry)
    return {name: value for name, value in wanted.items() if has.get(name) != value}

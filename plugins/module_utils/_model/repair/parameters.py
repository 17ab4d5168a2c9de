# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parameters by which every Sentinel shall watch a group: what the user says, else what most of them have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from ..monitoring import QUORUM, shown_options
from ..sentinel import PrimaryEntry


def wanted_parameters(
    given: Mapping[str, str], entries: Sequence[PrimaryEntry], sentinels: int
) -> tuple[dict[str, str], list[str]]:
    """The parameters, and the names of those in which the Sentinels differ with no majority for any value.

    Where no Sentinel watches the group, only the quorum is known (the majority); the engine has defaults for the rest.
    """
    wanted, open_ = dict(given), []
    for name in shown_options(entries[0]) if entries else ():
        if name not in wanted:
            ranked = Counter(shown_options(entry)[name] for entry in entries).most_common()
            if ranked[0][1] * 2 > len(entries):
                wanted[name] = ranked[0][0]
            else:
                open_.append(name)
    if QUORUM not in wanted and QUORUM not in open_:
        wanted[QUORUM] = str(sentinels // 2 + 1)
    if not 0 < int(wanted.get(QUORUM, "1")) <= sentinels:
        wanted[QUORUM] = str(sentinels // 2 + 1)
    return wanted, open_


def differing(entry: PrimaryEntry, wanted: Mapping[str, str]) -> dict[str, str]:
    """What of the parameters this Sentinel has otherwise."""
    has = shown_options(entry)
    return {name: value for name, value in wanted.items() if has.get(name) != value}

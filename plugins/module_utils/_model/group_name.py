# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which names of groups can be used without harm."""

from __future__ import annotations

# SENTINEL RESET takes a pattern (sentinel.c, stringmatchlen), so a name with these would reset other groups with its own.
_PATTERN = "*?[]\\"
# They separate the fields of a hello between Sentinels, and the words of sentinel.conf.
_SEPARATORS = ",\"'"


def why_not_a_name(name: str) -> str | None:
    """What is wrong with the name of a group; None where nothing is."""
    if not name:
        return "'' cannot be the name of a group: a group needs one"
    wrong = sorted(
        {one for one in name if one in _PATTERN or one in _SEPARATORS or one.isspace() or not one.isprintable()}
    )
    if not wrong:
        return None
    return (
        f"{name!r} cannot be the name of a group: {' '.join(map(repr, wrong))} is a pattern to SENTINEL RESET, which would reset other "
        "groups too, or separates words between Sentinels. Use letters, digits, '.', '-' and '_'"
    )

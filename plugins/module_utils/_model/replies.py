# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the engines' reply forms: INFO text, flat lists of pairs, ``slaveN`` lines, numbers that may be absent."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

Fields = Mapping[str, str]

_WHOLE = re.compile(r"\A-?[0-9]+\Z")


def parse_info(text: str) -> dict[str, str]:
    """Turn the text of INFO into a flat mapping. A repeated field (``module``) keeps all its values, one per line."""
    fields: dict[str, str] = {}
    for line in text.splitlines():
        if ":" in line and not line.startswith("#"):
            name, value = line.split(":", 1)
            fields[name] = fields[name] + "\n" + value if name in fields else value
    return fields


def parse_pairs(reply: Sequence[Any]) -> dict[str, str]:
    """Turn a flat ``[name, value, name, value]`` reply (CONFIG GET, SENTINEL MASTER) into a mapping."""
    return {str(reply[index]): str(reply[index + 1]) for index in range(0, len(reply) - 1, 2)}


def parse_line(text: str) -> dict[str, str]:
    """Read a ``key=value,key=value`` line as INFO uses it for replicas, databases and modules."""
    return dict(part.split("=", 1) for part in text.split(",") if "=" in part)


def is_sentinel(info: Fields) -> bool:
    """Whether the reply to INFO is a Sentinel's. Redis says redis_mode; Valkey from 8.0 on server_mode, unless it is told to
    look like Redis.
    """
    return "sentinel" in (info.get("redis_mode"), info.get("server_mode"))


def whole(fields: Fields, name: str, default: int = 0) -> int:
    """A whole number, or the default when the field is absent or empty (fields differ between versions)."""
    value = maybe_whole(fields, name)
    return default if value is None else value


def maybe_whole(fields: Fields, name: str) -> int | None:
    """A whole number, or None when the server does not report the field."""
    value = fields.get(name, "")
    return int(value) if _WHOLE.match(value) else None


def yes(fields: Fields, name: str) -> bool:
    """Whether a 0/1 or yes/no field is set."""
    return fields.get(name, "") in ("1", "yes")

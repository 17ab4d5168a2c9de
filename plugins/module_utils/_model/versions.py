# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which server can load the data set that another sends it in a full synchronisation.

Formats are the RDB versions of rdb.h (RDB_VERSION). Seen on real servers, every pair of Redis 7.0, 8.0, Valkey 8.1, 9.1: a
replica that is sent a newer format says "Can't handle RDB format version 12", and begins the next attempt at once, for ever.
"""

from __future__ import annotations

import re
from typing import NamedTuple

REDIS = "redis"
VALKEY = "valkey"

# Redis' own formats, which Valkey refuses (rdb.h: RDB_FOREIGN_VERSION_MIN and _MAX).
_FOREIGN_TO_VALKEY = range(12, 80)
# From this release on, a Valkey primary sends older replicas the last common format (replication.c: replicaRdbVersion). That
# cannot express hash fields with an expiry of their own: the save fails ("Can't store key"), and with it every attempt.
_ADAPTS_SINCE = (9, 0)
_LAST_COMMON = 11

# The format that releases write, each with the first release that writes it. Nothing is taken for granted of later ones.
_WRITTEN = {
    REDIS: (((5, 0), 9), ((7, 0), 10), ((7, 2), 11), ((7, 4), 12)),
    VALKEY: (((7, 2), 11), ((9, 0), 80)),
}
_NEWEST_KNOWN = {REDIS: (8, 0), VALKEY: (9, 1)}


class Software(NamedTuple):
    """What a server is: ``redis`` or ``valkey``, and its version as INFO gives it."""

    engine: str
    version: str

    def __str__(self) -> str:
        return f"{self.engine} {self.version}"

    @property
    def release(self) -> tuple[int, ...]:
        """Major and minor number; empty where the version holds none."""
        found = re.match(r"(\d+)\.(\d+)", self.version)
        return tuple(int(number) for number in found.groups()) if found else ()


def why_not_loadable(writer: Software, reader: Software, expiring_fields: bool = False) -> str | None:
    """Why ``reader`` could not load what ``writer`` would send it in a full synchronisation; None when it can.

    ``expiring_fields``: the data set has hashes whose fields have an expiry of their own (Valkey 9, counted in INFO).
    """
    if writer.engine == reader.engine and writer.release <= reader.release:
        return None
    sent = _format_sent(writer, reader)
    if sent is None:
        return f"it is not known whether {reader} loads what {writer} writes"
    if not _loads(reader, sent):
        return f"{reader} cannot load what {writer} writes (RDB format {sent})"
    if expiring_fields and sent == _LAST_COMMON:
        return f"{reader} does not know of hash fields that expire, and the data set has some"
    return None


def _format_sent(writer: Software, reader: Software) -> int | None:
    if writer.release > _NEWEST_KNOWN.get(writer.engine, ()):
        return None
    adapts = writer.engine == VALKEY and writer.release >= _ADAPTS_SINCE
    if adapts and not (reader.engine == VALKEY and reader.release >= _ADAPTS_SINCE):
        return _LAST_COMMON
    return _format_written(writer)


def _format_written(software: Software) -> int | None:
    """The format of that release, or of the newest known one before it; None where there is none."""
    formats = [number for since, number in _WRITTEN.get(software.engine, ()) if since <= software.release]
    return formats[-1] if formats else None


def _loads(reader: Software, sent: int) -> bool:
    own = _format_written(reader)
    foreign = reader.engine == VALKEY and sent in _FOREIGN_TO_VALKEY
    return own is not None and sent <= own and not foreign

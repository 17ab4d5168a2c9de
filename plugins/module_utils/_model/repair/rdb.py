# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an RDB file is whole: its head, its end, and the checksum over all of it (rdb.c, crc64.c of the engines)."""

from __future__ import annotations

from ..errors import OutcomeUnknown

_POLYNOMIAL = 0x95AC9329AC4BC9B5  # CRC-64 of Jones, reflected
_HEADS = (b"REDIS", b"VALKEY")
_END = 0xFF
TRAILER = 8
"""Bytes of the checksum, which follows the last opcode; all zero where rdbchecksum is no."""


def _table() -> tuple[int, ...]:
    found = []
    for byte in range(256):
        value = byte
        for _bit in range(8):
            value = (value >> 1) ^ (_POLYNOMIAL if value & 1 else 0)
        found.append(value)
    return tuple(found)


_TABLE = _table()


def crc64(data: bytes, crc: int = 0) -> int:
    """The checksum of the engines, continued from ``crc``."""
    table = _TABLE
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc


class RdbCheck:
    """Takes a file piece by piece, as it comes, and judges it at its end."""

    def __init__(self) -> None:
        self._crc = 0
        self._head = b""
        self._tail = b""
        self._last_opcode = -1
        self.size = 0

    def add(self, piece: bytes) -> None:
        """The next bytes."""
        self.size += len(piece)
        self._head = (self._head + piece[:8])[:8]
        # The last bytes are not part of what the checksum covers.
        pending = self._tail + piece
        self._crc = crc64(pending[:-TRAILER], self._crc)
        self._tail = pending[-TRAILER:]
        if len(pending) > TRAILER:
            self._last_opcode = pending[-TRAILER - 1]

    def verdict(self) -> str:
        """How it was checked, for people. Raises OutcomeUnknown for what is no whole file."""
        if not self._head.startswith(_HEADS):
            raise OutcomeUnknown(f"it begins with {self._head!r}, so it is no RDB file")
        if len(self._tail) < TRAILER or self._last_opcode != _END:
            raise OutcomeUnknown(f"it ends after {self.size} bytes without the mark of its end")
        kept = int.from_bytes(self._tail, "little")
        if kept == 0:
            return "complete by its length and the mark of its end; the node writes no checksum (rdbchecksum no)"
        if kept != self._crc:
            raise OutcomeUnknown(f"its checksum is {kept:016x}, and {self._crc:016x} by its content")
        return f"complete, checksum {kept:016x} is right"

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file is whole or it is not. That the checksum is the engines' own is proven on real servers (tests/engine)."""

from __future__ import annotations

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.errors import OutcomeUnknown
from ansible_collections.steadyhand.redis.plugins.module_utils._model.repair.rdb import RdbCheck, crc64

BODY = b"REDIS0011" + bytes(range(200)) * 5 + b"\xff"
WHOLE = BODY + crc64(BODY).to_bytes(8, "little")
UNCHECKED = BODY + bytes(8)


def verdict(data: bytes, piece: int = 7) -> str:
    """Of a file that comes in pieces of that length."""
    check = RdbCheck()
    for at in range(0, len(data), piece):
        check.add(data[at : at + piece])
    assert check.size == len(data)
    return check.verdict()


def test_the_checksum_is_that_of_the_engines() -> None:
    # The value in the engines' own test (crc64.c, crc64Test).
    assert crc64(b"123456789") == 0xE9C6D914C4B8D9CA


@pytest.mark.parametrize("piece", [1, 7, 8, 9, 4096])
def test_a_whole_file_is_found_whole_in_whatever_pieces_it_comes(piece: int) -> None:
    assert "is right" in verdict(WHOLE, piece)


def test_a_file_without_a_checksum_is_told_apart() -> None:
    assert "rdbchecksum no" in verdict(UNCHECKED)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no RDB file"),
        (b"-LOADING wait", "no RDB file"),
        (WHOLE[:-9], "without the mark of its end"),
        (WHOLE[:-1], "without the mark of its end"),
        (b"REDIS", "without the mark of its end"),
        (WHOLE[:50] + b"X" + WHOLE[51:], "its checksum is"),
        (WHOLE[:-1] + b"\x01", "its checksum is"),
    ],
)
def test_what_is_not_whole_is_no_copy(data: bytes, said: str) -> None:
    with pytest.raises(OutcomeUnknown, match=said):
        verdict(data)

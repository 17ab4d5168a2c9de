# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of the last hand-over: what is written is read again, and what is not ours is no record."""

from __future__ import annotations

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import DONE
from ansible_collections.steadyhand.redis.plugins.module_utils._model.last_handover import BEGUN, LastHandOver
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.handover.record import cut_off

BEGINNING = LastHandOver(BEGUN, "me", "a roll", "2026-11-24T10:00:00Z", old_primary="a")
END = LastHandOver(
    DONE, "me", "a roll", "2026-11-24T10:00:00Z", "2026-11-24T10:00:20Z", "a", "b", ("a note", "another")
)


@pytest.mark.parametrize("record", [BEGINNING, END])
def test_what_is_written_is_read_again(record: LastHandOver) -> None:
    assert LastHandOver.decode(record.encode()) == record


@pytest.mark.parametrize("text", [None, "", "null", "17", "[]", "not JSON", '{"reasons": 3}'])
def test_what_is_not_ours_is_no_record(text: str | None) -> None:
    assert LastHandOver.decode(text) is None


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (None, ()),
        (END, ()),
        (
            BEGINNING,
            (
                "the hand-over away from a that me began at 2026-11-24T10:00:00Z left no result:"
                " its process ended in the middle",
            ),
        ),
    ],
)
def test_only_a_beginning_without_an_end_is_spoken_of(record: LastHandOver | None, said: tuple[str, ...]) -> None:
    assert cut_off(record) == said

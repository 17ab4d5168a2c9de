# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The content of the maintenance lock."""

from __future__ import annotations

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.lock import (
    HeldLock,
    LockRecord,
    lock_key,
    way_out,
)
from hypothesis import given
from hypothesis import strategies as st


@given(st.builds(LockRecord, st.text(), st.text(), st.text()))
def test_a_record_is_read_as_it_was_written(record: LockRecord) -> None:
    assert LockRecord.decode(record.encode()) == record


def test_no_value_is_a_free_lock() -> None:
    assert LockRecord.decode(None) is None


@pytest.mark.parametrize("text", ["", "1", "[]", "null", '"text"', "{}", '{"owner": "me"}', "not json", "{"])
def test_a_foreign_value_is_held_by_somebody_unknown(text: str) -> None:
    record = LockRecord.decode(text)
    assert record == LockRecord("unknown", "unknown", "unknown")


def test_a_record_says_who_since_when_and_for_what() -> None:
    assert (
        str(LockRecord("awx-17", "push_config", "2026-11-23T10:00:00Z"))
        == "awx-17 since 2026-11-23T10:00:00Z for push_config"
    )


RECORD = LockRecord("awx-17", "push_config", "2026-11-23T10:00:00Z")


@pytest.mark.parametrize(
    ("milliseconds", "seconds"), [(1, 1), (1000, 1), (1001, 2), (0, 0), (-1, None), (-2, None), (None, None)]
)
def test_the_end_of_a_held_lock_is_rounded_up_and_may_be_unknown(milliseconds: int | None, seconds: int | None) -> None:
    held = HeldLock.read(RECORD.encode(), milliseconds)
    assert held == HeldLock(RECORD, seconds)
    assert (f"which ends in {seconds} s" in str(held)) is (seconds is not None)


def test_a_free_lock_is_held_by_nobody() -> None:
    assert HeldLock.read(None, -2) is None


@pytest.mark.parametrize(
    ("reply", "way"),
    [
        ("NOREPLICAS Not enough good replicas to write.", "CONFIG SET min-replicas-to-write 0 on a"),
        ("MISCONF Redis is configured to save RDB snapshots, but it's currently unable", "have it save (BGSAVE)"),
        ("command not allowed when used memory > 'maxmemory'.", "raise that (CONFIG SET maxmemory)"),
    ],
)
def test_a_primary_that_takes_no_write_for_the_lock_has_a_way_out(reply: str, way: str) -> None:
    assert way in str(way_out(reply, "a"))


def test_another_answer_to_the_lock_has_none() -> None:
    assert way_out("READONLY You can't write against a read only replica.", "a") is None


def test_who_meets_a_held_lock_is_told_every_way_on() -> None:
    text = str(HeldLock(RECORD, 871))
    assert text.startswith(
        "awx-17 since 2026-11-23T10:00:00Z for push_config holds the lock, which ends in 871 s unless"
    )
    assert "redis_run_continues=awx-17" in text
    assert "maintenance_lock with state=absent and force=true" in text


def test_every_group_has_a_lock_of_its_own() -> None:
    assert lock_key("presence-1") == "steadyhand:lock:presence-1" != lock_key("presence-2")

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading reply forms, also those that only some versions give."""

from __future__ import annotations

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.replies import (
    maybe_whole,
    parse_info,
    parse_line,
    parse_pairs,
    whole,
    yes,
)
from hypothesis import given
from hypothesis import strategies as st


def test_info_is_read_without_its_headings() -> None:
    text = "# Server\r\nredis_version:7.0.15\r\nexecutable:/opt/a:b/redis-server\r\n\r\n# Keyspace\r\n"
    assert parse_info(text) == {"redis_version": "7.0.15", "executable": "/opt/a:b/redis-server"}


def test_every_module_of_info_is_kept() -> None:
    text = "# Modules\r\nmodule:name=search,ver=21005\r\nmodule:name=ReJSON,ver=20609\r\nio_threads_active:0\r\n"
    assert parse_info(text)["module"].split("\n") == ["name=search,ver=21005", "name=ReJSON,ver=20609"]


def test_an_empty_field_is_kept_as_empty() -> None:
    assert parse_info("config_file:\r\n") == {"config_file": ""}


@given(st.text())
def test_no_text_breaks_the_reading_of_info(text: str) -> None:
    assert all(isinstance(value, str) for value in parse_info(text).values())


def test_pairs_become_a_mapping() -> None:
    assert parse_pairs(["save", "3600 1", "maxclients", 10000]) == {"save": "3600 1", "maxclients": "10000"}
    assert parse_pairs([]) == {}


def test_a_line_of_fields_is_read_and_foreign_parts_are_left_out() -> None:
    line = "ip=10.0.0.2,port=6379,state=online,offset=1000,lag=0,strange"
    assert parse_line(line) == {
        "ip": "10.0.0.2",
        "port": "6379",
        "state": "online",
        "offset": "1000",
        "lag": "0",
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", 0),
        ("12", 12),
        ("-1", -1),
        ("", None),
        ("none", None),
        ("1.5", None),
        ("12kb", None),
        ("--1", None),
        ("-", None),
    ],
)
def test_a_number_is_a_whole_one_or_none(value: str, expected: int | None) -> None:
    assert maybe_whole({"field": value}, "field") == expected
    assert whole({"field": value}, "field", 99) == (99 if expected is None else expected)


def test_an_absent_number_is_the_default() -> None:
    assert whole({}, "field") == 0
    assert whole({}, "field", -1) == -1
    assert maybe_whole({}, "field") is None


@given(st.text(max_size=4))
def test_no_value_breaks_the_reading_of_a_number(value: str) -> None:
    assert isinstance(whole({"field": value}, "field"), int)


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("yes", True), ("0", False), ("no", False), ("", False)])
def test_a_flag_is_set_by_one_and_yes(value: str, expected: bool) -> None:
    assert yes({"field": value}, "field") is expected
    assert yes({}, "field") is False

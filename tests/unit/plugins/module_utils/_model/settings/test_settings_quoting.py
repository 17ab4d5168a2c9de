# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engines' quoting, both ways."""

from __future__ import annotations

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.settings.quoting import (
    quoted,
    split_arguments,
    unquoted,
)


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("", []),
        ("save 900 1", ["save", "900", "1"]),
        ("  save\t900   1 \r", ["save", "900", "1"]),
        ('dir "/a b"', ["dir", "/a b"]),
        ('save ""', ["save", ""]),
        (r'x "a\"b\\c\x41\n"', ["x", 'a"b\\cA\n']),
        (r"x 'a\'b\n'", ["x", r"a'b\n"]),
    ],
)
def test_split(line: str, arguments: list[str]) -> None:
    assert split_arguments(line) == arguments


@pytest.mark.parametrize("line", ['x "open', "x 'open", 'x "a"b'])
def test_what_the_engine_cannot_split_is_an_error(line: str) -> None:
    with pytest.raises(ValueError, match="quote"):
        split_arguments(line)


@pytest.mark.parametrize("text", ["", "a b", "plain", 'a"b', "a\\b", "tab\there", "\x01", "ä", "it's"])
def test_what_is_quoted_reads_back(text: str) -> None:
    assert split_arguments("name " + quoted(text)) == ["name", text]


@pytest.mark.parametrize(
    ("text", "inside"),
    [('""', ""), ('"a b"', "a b"), ("plain", "plain"), ('"a" "b"', '"a" "b"'), ('"', '"'), ("\"a'", "\"a'")],
)
def test_unquoted(text: str, inside: str) -> None:
    assert unquoted(text) == inside

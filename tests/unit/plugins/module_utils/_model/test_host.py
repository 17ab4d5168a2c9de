# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading configuration files and command lines as the servers do."""

from __future__ import annotations

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.host import (
    ConfigFile,
    command_line_settings,
    directives,
)


def test_directives_are_names_in_lower_case_with_their_values() -> None:
    text = "\n".join(
        [
            "# a comment",
            "  # another",
            "",
            "   ",
            "Port 6379",
            "  save 3600 1 ",
            "dir\t/var/lib",
            "appendonly",
            'requirepass "a b # c"',
        ]
    )
    assert list(directives(text)) == [
        ("port", "6379"),
        ("save", "3600 1"),
        ("dir", "/var/lib"),
        ("appendonly", ""),
        ("requirepass", '"a b # c"'),
    ]


def test_a_setting_that_stands_twice_has_both_values_in_order() -> None:
    assert ConfigFile("/f", "save 3600 1\nport 1\nsave 300 100\n").values("save") == ["3600 1", "300 100"]
    assert ConfigFile("/f", "port 1\n").values("save") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("replicaof 10.0.0.1 6379", Address("10.0.0.1", 6379)),
        ("slaveof 10.0.0.1 6379", Address("10.0.0.1", 6379)),
        ("REPLICAOF Redis-A.example.org 6379", Address("redis-a.example.org", 6379)),
        ("replicaof\tfd00::1   6379", Address("fd00::1", 6379)),
        ("replicaof 10.0.0.1 6379\nslaveof 10.0.0.2 6380", Address("10.0.0.2", 6380)),
        ("replicaof no one", None),
        ("replicaof  6379", None),
        ("# replicaof 10.0.0.1 6379", None),
        ("replica-announce-ip 10.0.0.1", None),
        ("", None),
    ],
)
def test_the_primary_that_a_file_names(text: str, expected: Address | None) -> None:
    assert ConfigFile("/f", text).replica_of == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("/usr/bin/redis-server", "127.0.0.1:6379"), []),
        (("redis-server", "/etc/redis.conf", "--port", "6379", "--save", ""), ["port", "save"]),
        (("redis-server", "--MaxMemory", "1gb"), ["maxmemory"]),
        (("redis-server", "--bind 127.0.0.1 -::1"), ["bind"]),
        (("redis-server", "--bind", "127.0.0.1", "-::1"), ["bind"]),
        (("redis-server", "-"), []),
    ],
)
def test_settings_of_a_command_line(arguments: tuple[str, ...], expected: list[str]) -> None:
    assert command_line_settings(arguments) == expected

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses: what may be written, and what it means."""

from __future__ import annotations

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.errors import BadInput


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("10.0.0.1:6379", "10.0.0.1", 6379),
        ("redis-1.example.org:26379", "redis-1.example.org", 26379),
        ("Redis_1.Example.ORG:1", "redis_1.example.org", 1),
        ("[fd00::1]:6379", "fd00::1", 6379),
        ("[FE80::1%eth0]:65535", "fe80::1%eth0", 65535),
        ("[::ffff:10.0.0.1]:6379", "::ffff:10.0.0.1", 6379),
        (" localhost:6379\n", "localhost", 6379),
    ],
)
def test_an_address_is_a_host_and_a_port(text: str, host: str, port: int) -> None:
    assert Address.parse(text) == Address(host, port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10.0.0.1",
        ":6379",
        "10.0.0.1:",
        "10.0.0.1:0",
        "10.0.0.1:65536",
        "10.0.0.1:-1",
        "10.0.0.1:63a",
        "fd00::1:6379",
        "[fd00::1]",
        "[fd00::1]6379",
        "[]:6379",
        "two words:6379",
        "10.0.0.1:6379,10.0.0.2:6379",
        "redis://10.0.0.1:6379",
    ],
)
def test_what_is_no_address_is_named_with_the_right_form(text: str) -> None:
    with pytest.raises(BadInput, match="write host:port") as caught:
        Address.parse(text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize("text", ["10.0.0.1:6379", "[fd00::1]:6379"])
def test_an_address_is_written_as_it_is_read(text: str) -> None:
    assert str(Address.parse(text)) == text


def test_hosts_differ_by_more_than_case() -> None:
    assert Address.of("Redis-1", "6379") == Address("redis-1", 6379) != Address("redis-2", 6379)

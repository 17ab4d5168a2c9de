# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two ways to write a value, and whether they mean the same."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.errors import BadInput
from ansible_collections.steadyhand.redis.plugins.module_utils._model.settings.forms import (
    engine_text,
    expected,
    normal,
    same,
)

BUFFERS = "client-output-buffer-limit"
RUNNING_BUFFERS = "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"


@pytest.mark.parametrize(
    ("name", "desired", "running"),
    [
        ("maxmemory", "256mb", "268435456"),
        ("maxmemory", "256MB", "268435456"),
        ("maxmemory", "1k", "1000"),
        ("maxmemory", "1kb", "1024"),
        ("maxmemory", "3g", "3000000000"),
        ("maxmemory", "100b", "100"),
        ("maxmemory-clients", "5%", "5%"),
        ("maxmemory-clients", "05%", "5%"),
        ("maxmemory-clients", "1gb", "1073741824"),
        ("hash-max-listpack-value", "64b", "64"),
        (BUFFERS, "replica 256mb 64mb 60", RUNNING_BUFFERS),
        (BUFFERS, "slave 256mb 64mb 60", RUNNING_BUFFERS),
        (BUFFERS, "pubsub 32mb 8mb 60 normal 0 0 0", RUNNING_BUFFERS),
        ("save", "900 1 300 10", "900 1 300 10"),
        ("save", "300 10 900 1", "900 1 300 10"),
        ("save", "", ""),
        ("save", '""', ""),
        ("notify-keyspace-events", "KEA", "AKE"),
        ("notify-keyspace-events", "Eg$lshzxetdK", "AKE"),
        ("notify-keyspace-events", "xE", "xE"),
        ("appendonly", "YES", "yes"),
        ("maxmemory-policy", "NoEviction", "noeviction"),
        ("oom-score-adj", "yes", "relative"),
        ("shutdown-on-sigterm", "now  nosave", "nosave now"),
        ("unixsocketperm", "0770", "770"),
        ("bind", "127.0.0.1   -::1", "127.0.0.1 -::1"),
        ("latency-tracking-info-percentiles", "50.0 99 99.90", "50 99 99.9"),
        ("syslog-ident", "  redis ", "redis"),
    ],
)
def test_the_same(name: str, desired: str, running: str) -> None:
    assert same(name, desired, running)


@pytest.mark.parametrize(
    ("name", "desired", "running"),
    [
        ("maxmemory", "256m", "268435456"),
        ("maxmemory", "5%", "5"),
        ("maxmemory", "256mib", "268435456"),
        (BUFFERS, "replica 512mb 64mb 60", RUNNING_BUFFERS),
        (BUFFERS, "replica 256mb 64mb", RUNNING_BUFFERS),
        ("save", "900 1", "900 1 300 10"),
        ("save", "", "900 1"),
        ("notify-keyspace-events", "KEAm", "AKE"),
        ("bind", "-::1 127.0.0.1", "127.0.0.1 -::1"),
        ("syslog-ident", "007", "7"),
        ("syslog-ident", "Redis", "redis"),
        ("no-such-setting", "", None),
    ],
)
def test_not_the_same(name: str, desired: str, running: str | None) -> None:
    assert not same(name, desired, running)


def test_buffer_classes_that_are_not_named_keep_theirs() -> None:
    assert expected(BUFFERS, "replica 1gb 256mb 60", RUNNING_BUFFERS) == (
        "normal 0 0 0 replica 1073741824 268435456 60 pubsub 33554432 8388608 60"
    )


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("appendonly", True, "yes"),
        ("appendfsync", False, "no"),
        ("hz", 20, "20"),
        ("active-defrag-threshold-lower", 10.5, "10.5"),
        ("maxmemory", " 1gb ", "1gb"),
        ("save", '""', ""),
        ("save", [[900, 1], [300, 10]], "900 1 300 10"),
        ("save", ["900 1", "300 10"], "900 1 300 10"),
        ("save", [], ""),
        ("bind", ["127.0.0.1", "-::1"], "127.0.0.1 -::1"),
        (BUFFERS, {"replica": "1gb 256mb 60", "pubsub": [0, 0, 0]}, "replica 1gb 256mb 60 pubsub 0 0 0"),
        ("proc-title-template", "'{title} x'", "{title} x"),
        ("unixsocketperm", "0770", "0770"),
    ],
)
def test_yaml_becomes_engine_text(name: str, value: Any, text: str) -> None:
    assert engine_text(name, value) == text


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("hz", None, 'write ""'),
        ("hz", {"a": 1}, "a text, a number"),
        ("loglevel", "notice\nrequirepass x", "one line"),
        ("loglevel", '"notice\\nrequirepass x"', "one line"),
        ("loglevel", "notice\0", "one line"),
        ("unixsocketperm", 0o770, "leading zero"),
    ],
)
def test_what_is_no_value_is_refused(name: str, value: Any, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        engine_text(name, value)


def test_values_from_an_unknown_engine_are_never_an_error() -> None:
    for name in ("maxmemory", BUFFERS, "save", "unixsocketperm", "latency-tracking-info-percentiles"):
        assert normal(name, "something new") == "something new"

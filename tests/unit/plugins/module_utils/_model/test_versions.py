# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who can load whose data set. What is said here of engines that the tests have is proved in tests/engine."""

from __future__ import annotations

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.versions import Software, why_not_loadable


def software(text: str) -> Software:
    """From "redis 7.0.15"."""
    engine, _space, version = text.partition(" ")
    return Software(engine, version)


@pytest.mark.parametrize(
    ("writer", "reader"),
    [
        ("redis 7.0.15", "redis 7.0.15"),
        ("redis 7.0.15", "redis 7.0.4"),
        ("redis 7.0.4", "redis 8.0.2"),
        ("redis 7.4.1", "redis 7.4.0"),
        ("redis 8.0.2", "redis 7.4.1"),  # a newer release, the same format
        ("redis 8.0.2", "redis 8.10.0"),
        ("redis 9.0.0", "redis 9.0.1"),
        ("redis 7.0.15", "valkey 8.1.1"),
        ("redis 7.2.6", "valkey 7.2.7"),
        ("valkey 8.1.1", "redis 8.0.2"),
        ("valkey 8.1.1", "valkey 8.0.1"),
        ("valkey 8.1.1", "valkey 9.1.2"),
        ("valkey 9.1.2", "valkey 9.0.0"),
        ("valkey 9.1.2", "valkey 8.1.1"),  # it adapts
        ("valkey 9.1.2", "redis 8.0.2"),
    ],
)
def test_a_data_set_is_loadable(writer: str, reader: str) -> None:
    assert why_not_loadable(software(writer), software(reader)) is None


@pytest.mark.parametrize(
    ("writer", "reader", "loadable"),
    [
        ("valkey 9.1.2", "valkey 9.1.2", True),
        ("valkey 9.0.0", "valkey 9.1.2", True),
        ("valkey 9.1.2", "valkey 9.0.0", True),
        ("valkey 9.1.2", "valkey 8.1.1", False),
        ("valkey 9.1.2", "redis 8.0.2", False),
    ],
)
def test_hash_fields_that_expire_are_loaded_by_those_that_know_them(writer: str, reader: str, loadable: bool) -> None:
    why = why_not_loadable(software(writer), software(reader), expiring_fields=True)
    assert (why is None) == loadable
    assert loadable or "hash fields that expire" in (why or "")


@pytest.mark.parametrize(
    ("writer", "reader", "why"),
    [
        ("redis 8.0.2", "redis 7.0.15", "redis 7.0.15 cannot load what redis 8.0.2 writes (RDB format 12)"),
        ("redis 7.2.6", "redis 7.0.15", "RDB format 11"),
        ("redis 8.0.2", "redis 6.2.16", "RDB format 12"),
        ("redis 8.0.2", "valkey 8.1.1", "RDB format 12"),
        ("redis 8.0.2", "valkey 9.1.2", "RDB format 12"),  # smaller than Valkey's own 80, and yet foreign
        ("valkey 8.1.1", "redis 7.0.15", "RDB format 11"),
        ("valkey 9.1.2", "redis 7.0.15", "RDB format 11"),
        ("redis 8.10.0", "redis 8.0.2", "it is not known whether redis 8.0.2 loads what redis 8.10.0 writes"),
        ("redis 8.10.0", "valkey 9.1.2", "not known"),
        ("valkey 9.2.0", "valkey 9.1.2", "not known"),
        ("valkey 10.0.0", "redis 8.0.2", "not known"),
        ("redis 4.0.14", "valkey 8.1.1", "not known"),
        ("dragonfly 1.2.3", "redis 7.0.15", "not known"),
        ("redis 7.0.15", "dragonfly 1.2.3", "RDB format 10"),
    ],
)
def test_a_data_set_is_not_loadable(writer: str, reader: str, why: str) -> None:
    assert why in (why_not_loadable(software(writer), software(reader)) or "")

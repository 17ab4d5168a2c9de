# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What APT tells its hooks."""

from __future__ import annotations

from ansible_collections.steadyhand.redis.plugins.module_utils._guard.packages import touched_packages

TOLD = """\
VERSION 3
APT::Architecture=amd64
Dir::State::extended_states=extended_states

redis-server 5:7.0.15-1~deb12u1 amd64 none < 5:7.0.15-1~deb12u5 amd64 none /var/cache/apt/archives/redis-server.deb
redis-tools 5:7.0.15-1~deb12u1 amd64 none > - - none **REMOVE**
libc6 2.36-9 amd64 same = 2.36-9 amd64 same **CONFIGURE**
"""
"""By the format in apt.conf(5)."""


def test_packages_that_are_unpacked_or_removed_are_named() -> None:
    assert touched_packages(TOLD.splitlines()) == ["redis-server", "redis-tools"]


def test_nothing_is_touched_where_nothing_is_listed() -> None:
    assert touched_packages([]) == []
    assert touched_packages(TOLD.split("\n\n", 1)[0].splitlines()) == []

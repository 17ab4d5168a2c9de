# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engines that `./dev test` provides, and the mark of tests that must pass on every one of them.

A test usually runs on the machine's own redis-server, or on the engine that `--engine` chose. One marked `every_engine`
runs on each engine in turn, or on the chosen one alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _pytest.mark.structures import ParameterSet

# The program that we have of Redis 6.2 was built without it.
WITHOUT_TLS = ("redis-6.2",)
# Its Sentinels cannot be told to look more often (SENTINEL DEBUG): only what needs none of them is tried on it under faults.
NOT_HURRIED = ("redis-6.2",)
# Valkey copies over two channels where it is told to; Redis 8.0 does so by itself.
WITHOUT_DUAL_CHANNEL = ("redis-6.2", "redis-7.0", "redis-8.0")
DUAL_CHANNEL = {"dual-channel-replication-enabled": "yes", "repl-diskless-sync": "yes"}
every_engine = pytest.mark.every_engine


def not_on(*engines: str) -> pytest.MarkDecorator:
    """A test that is not about these engines: it is left out of a run that is about them alone."""
    return pytest.mark.not_on(*engines)


@cache
def programs() -> dict[str, str]:
    """The server program of each engine, by names like `valkey-9.1`."""
    if "LAB_ENGINES" not in os.environ:
        raise pytest.UsageError("no engines given: start these tests with `./dev test engine`, which unpacks them")
    found: dict[str, str] = json.loads(os.environ["LAB_ENGINES"])
    return found


def chosen() -> list[str]:
    """The engines that this run is about: all of them, or the one that `--engine` chose."""
    only = os.environ.get("LAB_ENGINE")
    return list(programs()) if only is None else [only]


def between(pairs: Iterable[tuple[str, str]]) -> list[ParameterSet]:
    """Parameters for a test that lets two engines meet; those without the chosen engine are left out of the run."""
    return [pytest.param(one, other, marks=pytest.mark.between(one, other)) for one, other in pairs]

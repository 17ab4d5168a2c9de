# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load, faults, hand-overs and restarts in any order (orders.py) on the usual engine."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.drivers import SENTINEL
from engine.engines import NOT_HURRIED, not_on
from engine.faults.orders import run_orders
from lab.lab import Lab

pytestmark = [pytest.mark.long, not_on(*NOT_HURRIED)]


def test_nothing_is_lost_unsaid_and_nothing_is_left_in_any_order(
    lab_factory: Callable[..., Lab], request: pytest.FixtureRequest
) -> None:
    run_orders(request, lab_factory(groups=1, failover_timeout_ms=10000), (SENTINEL,))

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a deployment refuses before it asks a node for anything."""

from __future__ import annotations

import pytest
from lab.lab import Lab

from .run import play

PASSWORD = "two words"


@pytest.mark.parametrize("named", ["redis_login_password", "redis_node_sentinel_password"])
def test_a_password_that_cannot_be_one_is_refused_by_its_name_and_shown_nowhere(lab: Lab, named: str) -> None:
    usable = {
        "redis_login_password": "one",
        "redis_node_replica_password": "one",
        "redis_node_sentinel_password": "one",
    }
    run = play(lab, "deploy", {**usable, named: PASSWORD}, "-vv")
    assert run.code != 0
    assert f"Set {named} (from a vault)" in run.output
    assert PASSWORD not in run.output
    assert run.changes == []

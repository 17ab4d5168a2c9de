# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users saw of a scenario that has started some (start_users.yml)."""

from __future__ import annotations

from hosts.deployed import Deployed
from lab.traffic.traffic import Traffic


def test_no_acknowledged_write_is_lost(deployed: Deployed) -> None:
    traffic = Traffic.found(deployed)
    for group in deployed.groups:
        traffic.wait_for_writes(group, 10)  # by way of the primary of now
    report = traffic.stop()
    print("\n".join(report.lines()))
    assert all(effect.acknowledged > 0 for effect in report.effects)
    assert report.check(deployed) == []

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks on the inventory that the Sentinels give."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from lab.discovered import SENTINEL_FILE
from lab.lab import Lab

from .run import play


@dataclass(frozen=True)
class Discovered:
    """A lab of which nobody has written an inventory."""

    lab: Lab

    @property
    def inventory_file(self) -> Path:
        """The plugin's."""
        return self.lab.directory / SENTINEL_FILE

    @property
    def ansible_config_file(self) -> Path:
        """The lab's."""
        return self.lab.ansible_config_file

    @property
    def secrets(self) -> AbstractSet[str]:
        """The lab's."""
        return self.lab.secrets


def test_audit_and_failover_run_unchanged_on_what_the_sentinels_tell(lab: Lab) -> None:
    audit = play(Discovered(lab), "audit")
    assert audit.code == 0, audit.failure()
    assert audit.said("All 2 groups are healthy.")

    target = lab.replicas_of("group-1")[0].name
    moved = play(Discovered(lab), "failover", {"redis_target": target}, "--limit", "group_1")
    assert moved.code == 0, moved.failure()
    assert lab.primary_of("group-1").name == target

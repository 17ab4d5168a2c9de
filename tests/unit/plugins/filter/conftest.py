# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories as Ansible itself reads them: with its precedence, its templates and its own `hostvars`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager


@dataclass(frozen=True)
class Inventory:
    """The two variables that the filters get."""

    groups: dict[str, list[str]]
    hostvars: Any

    @property
    def hosts(self) -> list[str]:
        """Every host."""
        return self.groups["all"]


InventoryFactory = Callable[[str], Inventory]


@pytest.fixture
def inventory(tmp_path: Path) -> InventoryFactory:
    """`inventory(yaml_text)`."""

    def make(text: str) -> Inventory:
        file = tmp_path / "inventory.yml"
        file.write_text(text, encoding="utf-8")
        loader = DataLoader()
        manager = InventoryManager(loader=loader, sources=[str(file)])
        hostvars = HostVars(manager, VariableManager(loader=loader, inventory=manager), loader)
        return Inventory(manager.get_groups_dict(), hostvars)

    return make

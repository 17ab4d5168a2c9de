# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of all scenarios know: the inventory, and by it the group and each machine's own variables."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hosts.deployed import Deployed
from hosts.distribution import Distribution
from testinfra.host import Host
from testinfra.utils.ansible_runner import AnsibleRunner


@pytest.fixture(scope="session")
def deployed(request: pytest.FixtureRequest) -> Deployed:
    """The group of the scenario."""
    inventory = AnsibleRunner.get_runner(request.config.getoption("ansible_inventory")).inventory
    return Deployed(inventory, Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "machines"))


@pytest.fixture
def variables(host: Host) -> dict[str, Any]:
    """The inventory's, of the machine."""
    known: dict[str, Any] = host.ansible.get_variables()
    return known


@pytest.fixture
def distribution(variables: dict[str, Any]) -> Distribution:
    """How the machine's distribution calls the engine's files and services."""
    return Distribution(variables["machine_image"], variables["redis_node_engine"])

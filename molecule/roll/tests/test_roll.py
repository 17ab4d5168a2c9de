# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a configuration that was pushed has left behind."""

from __future__ import annotations

from typing import Any

from hosts.deployed import Deployed
from hosts.distribution import Distribution
from testinfra.host import Host


def test_settings_are_in_force_and_in_the_file(
    host: Host, deployed: Deployed, distribution: Distribution, variables: dict[str, Any]
) -> None:
    (node,) = (one for one in deployed.nodes if one.name == variables["inventory_hostname"])
    assert (node.config("databases"), node.config("repl-backlog-size")) == ("20", str(3 * 1024**2))
    file = host.file(distribution.conf_file).content_string.splitlines()
    assert {"databases 20", "repl-backlog-size 3mb"} <= set(file)

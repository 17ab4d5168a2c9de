# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The group as its nodes and its Sentinels see it, and for whom they answer."""

from __future__ import annotations

from dataclasses import replace

import pytest
import redis
from hosts.deployed import Deployed
from lab.client import connected


def test_one_node_leads_the_others_follow_and_every_sentinel_sees_it_so(deployed: Deployed) -> None:
    deployed.wait_converged()
    assert len(deployed.nodes) == len(deployed.sentinels) == 3
    assert [node.role() for node in deployed.nodes].count("slave") == 2


def test_every_sentinel_has_an_identity_of_its_own(deployed: Deployed) -> None:
    identities = set()
    for sentinel in deployed.sentinels:
        with sentinel.client() as client:
            identities.add(client.execute_command("SENTINEL", "MYID"))
    assert len(identities) == len(deployed.sentinels)


def test_nobody_is_answered_without_a_password(deployed: Deployed) -> None:
    for server in (*deployed.nodes, *deployed.sentinels):
        stranger = replace(server.endpoint, username=None, password=None)
        with connected(stranger) as client, pytest.raises(redis.AuthenticationError):
            client.ping()

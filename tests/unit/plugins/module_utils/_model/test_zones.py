# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which zone a host is in."""

from __future__ import annotations

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.errors import BadInput
from ansible_collections.steadyhand.redis.plugins.module_utils._model.zones import Zones

TABLE = {
    "10.0.0.0/8": "wide",
    "10.0.1.0/24": "a",
    "10.0.1.7": "special",
    "fd00:1::/64": "six",
    "*.b.example.org": "b",
    "*.Example.org": "elsewhere",
    "192.0.2.1*": "by pattern",
}


@pytest.mark.parametrize(
    ("host", "zone"),
    [
        ("10.9.9.9", "wide"),
        ("10.0.1.8", "a"),
        ("10.0.1.7", "special"),
        ("fd00:1::5", "six"),
        ("fd00:1::5%eth0", "six"),
        ("fd00:2::5", None),
        ("node.b.example.org", "b"),
        ("Node.B.example.org", "b"),
        ("node.example.org", "elsewhere"),
        ("node.example.com", None),
        ("192.0.2.17", "by pattern"),
        ("192.0.2.7", None),
    ],
)
def test_the_smallest_network_and_the_first_pattern_tell(host: str, zone: str | None) -> None:
    assert Zones.read(TABLE).of(host) == zone


@pytest.mark.parametrize("where", ["10.0.1.5/24", "10.0.0.0/33", "a/b", ""])
def test_what_is_neither_is_refused_by_its_name(where: str) -> None:
    with pytest.raises(BadInput, match="zones: "):
        Zones.read({where: "a"})

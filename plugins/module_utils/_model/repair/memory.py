# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of a group's addresses before its Sentinels forget it: behind NAT they alone tell how nodes are announced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..address import Address
from ..group import GroupView


def announced_addresses(view: GroupView) -> dict[str, Address]:
    """By the names of the nodes."""
    found = {account.name: view.announced(account) for account in view.nodes}
    return {name: address for name, address in found.items() if address is not None}


def remembering(view: GroupView, known: Mapping[str, Address]) -> GroupView:
    """The view, as if the user had declared the addresses that were seen before."""
    nodes = tuple(replace(one, declared=one.declared or known.get(one.name)) for one in view.nodes)
    return replace(view, nodes=nodes)

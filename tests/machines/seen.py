# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of this suite see of a group: its units, and whether they were left alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hosts.hosts import Hosts
    from hosts.machine import Unit
    from hosts.node import HostedNode


def units(hosts: Hosts) -> dict[str, Unit]:
    """The service of every node."""
    return {node.name: node.unit() for node in hosts.nodes}


@contextmanager
def nothing_restarts(hosts: Hosts) -> Iterator[None]:
    """No service is started or stopped within the block, and nobody else becomes primary."""
    before, primary = units(hosts), hosts.primary.name
    yield
    assert units(hosts) == before
    assert hosts.primary.name == primary


@contextmanager
def changed_unit(node: HostedNode, *lines: str) -> Iterator[None]:
    """The node's unit has these lines more within the block."""
    node.set_unit(*lines)
    try:
        yield
    finally:
        node.set_unit()


def assert_restarted_once(before: dict[str, Unit], after: dict[str, Unit]) -> None:
    """Every service was started once more, as it was told to, and at no other time."""
    for name, unit in after.items():
        assert unit.invocation != before[name].invocation, name
        # What a service manager starts again by itself is counted; a start that was asked for resets the count.
        assert (unit.restarts, before[name].restarts) == (0, 0), name


def starts_of(node: HostedNode) -> int:
    """How often the service manager has begun to start the service since the machine booted."""
    unit = f"{node.distribution.unit}.service"
    # 7d4958e842da4a758f6c1cdc7b36dcc5 is systemd's own SD_MESSAGE_UNIT_STARTING (sd-messages(3)).
    query = f"UNIT={unit} MESSAGE_ID=7d4958e842da4a758f6c1cdc7b36dcc5"
    return len(node.machine.run(f"journalctl --quiet --no-pager --output=cat {query}").splitlines())

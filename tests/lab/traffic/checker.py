# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looking up every acknowledged write on every node of its group."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from lab.errors import LabError
from lab.traffic.journal import Outcome, key_of, read_journal, value_of
from lab.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from lab.asked import AskedNode

CATCH_UP_TIMEOUT = 120.0
"""Seconds for the replicas to reach the primary's offset; a full sync may be under way."""
BATCH_BYTES = 4_000_000
MAX_BATCH_KEYS = 2000


@dataclass(frozen=True)
class LostWrite:
    """An acknowledged write that a node does not have."""

    group: str
    node: str
    role: Literal["primary", "replica"]
    key: str
    problem: Literal["missing", "another value"]
    acknowledged_at: int
    """Nanoseconds (monotonic): when its user was told that it was written."""

    def __str__(self) -> str:
        return f"{self.key}: {self.problem} on {self.role} {self.node}"


def find_lost_writes(
    group: str, nodes: Sequence[AskedNode], journals: Mapping[str, Path], value_size: int
) -> list[LostWrite]:
    """Compare what was acknowledged with what the nodes hold, once the replicas have all that the primary has.

    :arg journals: by key prefix.
    """
    primaries = [node for node in nodes if node.role() == "master"]
    if len(primaries) != 1:
        names = ", ".join(node.name for node in primaries) or "none"
        raise LabError(f"{group}: primaries: {names}: there is no one truth to look up")
    wait_until_caught_up(primaries[0], [node for node in nodes if node is not primaries[0]])
    lost = []
    for node in nodes:
        role: Literal["primary", "replica"] = "primary" if node is primaries[0] else "replica"
        for key, told_at, problem in _problems(node, _acknowledged(journals), value_size):
            lost.append(LostWrite(group, node.name, role, key, problem, told_at))
    return lost


def wait_until_caught_up(primary: AskedNode, replicas: Iterable[AskedNode], timeout: float = CATCH_UP_TIMEOUT) -> None:
    """Wait until each replica has applied everything that the primary has now."""
    replication = primary.info("replication")

    def reason() -> str | None:
        for replica in replicas:
            seen = replica.info("replication")
            if seen["role"] != "slave" or seen["master_link_status"] != "up":
                return f"{replica.name}: {seen['role']}, link {seen.get('master_link_status', 'none')}"
            if seen["master_replid"] != replication["master_replid"]:
                return f"{replica.name}: another history ({seen['master_replid']})"
            behind = replication["master_repl_offset"] - seen["slave_repl_offset"]
            if behind > 0:
                return f"{replica.name}: {behind} bytes behind"
        return None

    wait_until(reason, timeout, f"replicas of {primary.name}")


def summary_of(lost: Sequence[LostWrite], examples: int = 3) -> list[str]:
    """Lines for people: how many on which node, with examples."""
    lines = []
    for (group, node, role), count in Counter((one.group, one.node, one.role) for one in lost).items():
        here = [one for one in lost if one.node == node]
        lines.append(f"{group}: {count} acknowledged writes are not on {role} {node}, for example")
        lines += [f"    {one.key} ({one.problem})" for one in here[:examples]]
    return lines


def _acknowledged(journals: Mapping[str, Path]) -> Iterator[tuple[str, int]]:
    for prefix, journal in journals.items():
        for record in read_journal(journal):
            if record.outcome is Outcome.ACKNOWLEDGED:
                yield key_of(prefix, record.number), record.done_at


def _problems(
    node: AskedNode, written: Iterator[tuple[str, int]], value_size: int
) -> Iterator[tuple[str, int, Literal["missing", "another value"]]]:
    batch_size = max(1, min(MAX_BATCH_KEYS, BATCH_BYTES // value_size))
    with node.client(timeout=30.0) as client:
        while batch := list(islice(written, batch_size)):
            held: list[Any] = client.mget([key for key, _told_at in batch])
            for (key, told_at), value in zip(batch, held, strict=True):
                if value is None:
                    yield key, told_at, "missing"
                elif value != value_of(key, value_size).decode():
                    yield key, told_at, "another value"

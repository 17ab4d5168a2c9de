# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a full synchronisation needs on both sides, and whether it is there.

The side that serves it forks: pages that clients change meanwhile are copied, and what they write gathers in the output
buffer of the replica. The side that takes it writes an RDB file to its disk first, empties itself and loads it; only with
``repl-diskless-load swapdb`` it holds both data sets at once (rdb.c and replication.c of Redis 7.0 and 8.0, Valkey 8.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .group import Member
from .host import HostFacts
from .problems import Problem

# A fork copies pages while writes go on, and a backlog estimate is an estimate: room for both.
HEADROOM = 1.5
# A slow but usual rate for saving, sending and loading a data set; only the order of magnitude matters.
SYNC_BYTES_PER_SECOND = 50 * 1024 * 1024


@dataclass(frozen=True)
class Needs:
    """What is lacking for sure, each with its numbers, and what could not be seen from here."""

    lacking: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()

    def __add__(self, other: Needs) -> Needs:
        return Needs(self.lacking + other.lacking, self.unseen + other.unseen)


def serving(source: Member, data: int, write_rate: float, neighbours: Sequence[Member] = ()) -> Needs:
    """What ``source`` needs to serve its ``data`` bytes while clients write ``write_rate`` bytes per second.

    ``neighbours``: other nodes of the group on its machine, whose memory is not free either.
    """
    memory = source.facts.memory
    lacking, unseen = [], []
    room = memory.machine - memory.resident - sum(one.facts.memory.resident for one in neighbours)
    if memory.machine and room < data // 2:
        lacking.append(
            f"the machine of {source.name} has at most {max(0, room)} bytes of memory left, its fork may need {data // 2}"
        )
    if source.facts.settings.get("repl-diskless-sync") != "yes":
        unseen.append(f"the free disk space of {source.name}, which writes the RDB file to disk first")
    unseen.append(f"other processes' use of memory on the machine of {source.name}")
    return Needs((*lacking, *_output_buffer(source, data, write_rate)), tuple(unseen))


def loading(primary: Member, host: HostFacts) -> Needs:
    """What the node on this machine needs to come back by a full synchronisation with ``primary`` after its restart."""
    data = primary.facts.memory.used
    lacking = []
    if host.memory_available is not None and host.memory_available < data // 2:
        lacking.append(f"{host.memory_available} bytes of memory are available here, the sync needs about {data // 2}")
    if host.disk_free is not None and host.disk_free < data:
        lacking.append(f"{host.disk_free} bytes of disk are free here, the data set has {data}")
    return Needs(tuple(lacking), () if host.disk_free is not None else ("the free disk space of the node",))


def replacing(target: Member, data: int, disk_free: int | None) -> Needs:
    """What a running node needs to replace its data set by one of ``data`` bytes. ``disk_free`` where its host tells it."""
    lacking: list[str] = []
    load = target.facts.settings.get("repl-diskless-load", "disabled")
    room = target.facts.memory.machine - target.facts.memory.resident
    if load == "swapdb" and target.facts.memory.machine and room < data:
        lacking.append(
            f"the machine of {target.name} has at most {max(0, room)} bytes of memory left, with repl-diskless-load swapdb "
            f"it needs {data} beside its own data"
        )
    on_disk = load in ("disabled", "on-empty-db")  # it is not empty
    if on_disk and disk_free is not None and disk_free < data:
        lacking.append(f"{disk_free} bytes of disk are free for {target.name}, the data set has {data}")
    blind = on_disk and disk_free is None
    return Needs(tuple(lacking), (f"the free disk space of {target.name}",) if blind else ())


def full_sync_problems(subject: str, needs: Needs) -> Iterator[Problem]:
    """What is lacking, as problems of a hand-over, after which a fault may make a full synchronisation necessary."""
    for evidence in needs.lacking:
        yield Problem(
            "no_room_for_full_sync",
            subject,
            evidence,
            "A fault during the hand-over can make a full synchronisation necessary: make room, or accept the risk",
        )


def _output_buffer(source: Member, data: int, write_rate: float) -> list[str]:
    hard, soft, soft_seconds = replica_buffer_limit(source.facts.settings.get("client-output-buffer-limit", ""))
    # The engine takes a hard limit below the backlog for one of the backlog's size (checkClientOutputBufferLimits).
    hard = max(hard, source.facts.backlog_size) if hard else 0
    seconds = data / SYNC_BYTES_PER_SECOND
    needed = int(write_rate * seconds * HEADROOM)
    gathering = f"the sync takes about {seconds:.0f} s, in which {needed} bytes gather on {source.name};"
    if hard and needed > hard:
        return [f"{gathering} client-output-buffer-limit cuts replicas off at {hard}"]
    if soft and needed > soft and seconds > soft_seconds:
        return [f"{gathering} the soft client-output-buffer-limit is {soft} for {soft_seconds} s"]
    return []


def replica_buffer_limit(value: str) -> tuple[int, int, int]:
    """The replica class of client-output-buffer-limit: hard bytes, soft bytes, soft seconds; zeros mean no limit."""
    words = value.split()
    for index in range(0, len(words) - 3, 4):
        if words[index] in ("slave", "replica"):
            return int(words[index + 1]), int(words[index + 2]), int(words[index + 3])
    return 0, 0, 0

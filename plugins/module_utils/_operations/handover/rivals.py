# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failovers that other Sentinels begin while ours is under way: two at once can promote two replicas.

Who promotes a replica sends all its clients away, other Sentinels among them. One that chooses in this moment has lost its
link to that replica and takes the next one (sentinelSelectSlave). Both have the same epoch, so that neither gives way (seen
on Redis 7.0: the two named different primaries until one replica was demoted ten seconds later).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from types import TracebackType

from ..._engine.group import GroupConnections
from ..._model.errors import SteadyhandError, Unreachable
from ..._model.replies import parse_pairs
from ..._model.sentinel import PrimaryEntry, parse_primary
from .passage import Passage

PROBE_TIMEOUT = 0.25
# Seconds between two looks: nothing is promoted before the second step of a Sentinel's timer, 0.1 s after its beginning.
LOOK_EVERY = 0.02


def failing_over(probe: GroupConnections, group: str, names: list[str]) -> dict[str, PrimaryEntry | SteadyhandError]:
    """What each Sentinel says of the group's primary and of its own failover, or the error that took its place."""

    def entry(name: str) -> PrimaryEntry:
        try:
            return parse_primary(parse_pairs(probe.sentinel(name).call("MASTER", group)))
        except Unreachable:
            probe.forget(name)
            raise

    return dict(zip(names, probe.side_by_side([partial(entry, name) for name in names])))


class Rivals:
    """The Sentinels at the time of a promotion, on connections of their own; a context manager.

    One that does not answer in a quarter of a second is asked no more.
    """

    def __init__(self, passage: Passage) -> None:
        self._passage = passage
        self._probe = GroupConnections(passage.urgent.targets, PROBE_TIMEOUT)
        self._names = [target.name for target in passage.urgent.targets.sentinels]
        self._looked = 0.0
        self.called_off: list[str] = []

    def __enter__(self) -> Rivals:
        # Their logins would fall into the time in which clients wait.
        self._probe.side_by_side([partial(self._probe.sentinel, name) for name in self._names])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._probe.close()

    def ahead(self) -> str | None:
        """A Sentinel that is about to promote somebody by itself. One that is not elected yet is called off."""
        under_way = self._under_way()
        chosen = [name for name, state in under_way.items() if state != "wait_start"]
        self._call_off(name for name in under_way if name not in chosen[:1])
        return chosen[0] if chosen else None

    def call_off_beside(self, leader: str, silent: list[str]) -> None:
        """Call off what others have begun beside the one that was asked, as long as nobody has been told of it.

        Those that are *silent* are not waited for.
        """
        self._names = [name for name in self._names if name not in silent]
        now = self._passage.clock.now()
        if now - self._looked < LOOK_EVERY:
            return
        self._looked = now
        under_way = self._under_way()
        if leader in under_way:
            self._call_off(name for name in under_way if name != leader)

    def _under_way(self) -> dict[str, str]:
        """The states of failovers that have not come to the announcement, by Sentinel."""
        said = failing_over(self._probe, self._passage.group, self._names)
        self._names = [name for name, entry in said.items() if isinstance(entry, PrimaryEntry)]
        states = {
            name: e.failover_state for name, e in said.items() if isinstance(e, PrimaryEntry) if e.failover_in_progress
        }
        return {name: state for name, state in states.items() if not state.startswith(("reconf", "update"))}

    def _call_off(self, names: Iterable[str]) -> None:
        for name in list(names):
            try:
                self._probe.sentinel(name).call("RESET", self._passage.group)
            except SteadyhandError:
                # It goes on: what it does is seen afterwards, by whom the Sentinels name.
                self._probe.forget(name)
            else:
                self.called_off.append(name)

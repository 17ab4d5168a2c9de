# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The groups that one lane works on, and how each is made whole again between two rounds."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from engine.subjects import GROUP, conducting, wait_healthy
from lab.lab import Lab
from lab.traffic.checker import wait_until_caught_up
from lab.waiting import wait_until

from benchmarks.failover.doors import ASKS, LISTENS, POINTED, PROXY
from benchmarks.failover.proxy import Proxy, pointer_script
from benchmarks.failover.sequences import SentinelSettings

WHOLE_TIMEOUT = 180.0
"""Seconds. The slowest of the others needs a time-out of the Sentinels and then its rounds of ten seconds."""
SETTINGS = {"repl-backlog-size": "64mb"}
"""Enough for the load, as whoever has such a load would set it; a full sync would only add noise."""


@dataclass(frozen=True)
class Programs:
    """Paths of what is started. *haproxy* is None where it is not to be had."""

    server: str
    haproxy: str | None


class Stage:
    """One group, with three Sentinels or without any, and its proxy. As a context manager it ends itself."""

    def __init__(self, programs: Programs, has_sentinels: bool) -> None:
        self._base = Path(tempfile.mkdtemp(prefix="lab-bench-"))
        self._has_sentinels = has_sentinels
        self.lab = Lab.create(
            self._base / "lab",
            groups=1,
            sentinels=3 if has_sentinels else 0,
            binary=programs.server,
            settings=SETTINGS,
        )
        self.proxy = Proxy(programs.haproxy, self.lab, GROUP) if programs.haproxy else None
        self._pointer = self.lab.directory / "pointer"
        self.route = self.lab.directory / "route"
        self._rounds = 0

    def __enter__(self) -> Stage:
        try:
            self.route.write_text(pointer_script(self._pointer), encoding="utf-8")
            self.route.chmod(0o755)
            self.lab.start()
            if self.proxy is not None:
                self.proxy.start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()

    @property
    def doors(self) -> Mapping[str, str]:
        """How clients find the primary here, with what each needs to know."""
        found = {ASKS: "", LISTENS: ""} if self._has_sentinels else {POINTED: str(self._pointer)}
        return {**found, **({PROXY: str(self.proxy.port)} if self.proxy is not None else {})}

    def next_directory(self) -> Path:
        """Of the users of the next round."""
        self._rounds += 1
        return self.lab.directory / "users" / str(self._rounds)

    def prepare(self, settings: SentinelSettings) -> None:
        """Empty, healthy by the collection's own judgement, nothing against a hand-over, and the usual settings."""
        self.wait_until_whole()
        primary = self.lab.primary_of(GROUP)
        with primary.client(timeout=60.0) as client:
            client.flushall()
        wait_until_caught_up(primary, self.lab.replicas_of(GROUP))
        self._pointer.write_text(f"{primary.state.host} {primary.state.port}\n", encoding="utf-8")
        for sentinel in self.lab.sentinels:
            with sentinel.client() as client:
                for name, value in settings.by_name.items():
                    client.execute_command("SENTINEL", "SET", GROUP, name, value)
        wait_healthy(self.lab, GROUP, WHOLE_TIMEOUT)
        self._wait_until_nothing_is_against_a_hand_over()
        if self.proxy is not None:
            self.proxy.wait_until_right(primary)

    def wait_until_whole(self) -> None:
        """One primary, all others its replicas, every Sentinel of one opinion."""
        self.lab.wait_converged(WHOLE_TIMEOUT)

    def bring_back_what_was_stopped(self) -> None:
        """Start a stopped node as a replica of the new primary, once every other Sentinel names that; and Sentinels.

        This is kind to the sequences that stop a process: a node that came back as the primary that it was would go on
        to take the writes of whoever finds it.
        """
        stopped = [node for node in self.lab.nodes_of(GROUP) if not node.process.is_running()]
        for node in stopped:
            named = self._wait_until_another_is_named(node.state.announced)
            _follow(node.state.conf_file, named)
            node.start()
        for sentinel in self.lab.sentinels:
            if not sentinel.process.is_running():
                sentinel.start()

    def _wait_until_another_is_named(self, old: tuple[str, int]) -> tuple[str, int]:
        running = [sentinel for sentinel in self.lab.sentinels if sentinel.process.is_running()]

        def reason() -> str | None:
            named = {sentinel.primary_address(GROUP) for sentinel in running}
            return f"named: {named}" if old in named or len(named) != 1 else None

        wait_until(reason, WHOLE_TIMEOUT, f"Sentinels naming another primary than {old}")
        return running[0].primary_address(GROUP)

    def _wait_until_nothing_is_against_a_hand_over(self) -> None:
        """Sentinels that have not read a restarted node yet, and the like. The route is never called here."""

        def reason() -> str | None:
            with conducting(self.lab, GROUP, route=lambda _old, _new: None) as conductor:
                return "; ".join(conductor.plan()[2]) or None

        wait_until(reason, WHOLE_TIMEOUT, "a group that may be handed over", interval=0.2)

    def _remove(self) -> None:
        self.lab.destroy()
        shutil.rmtree(self._base)


def _follow(file: Path, primary: tuple[str, int]) -> None:
    """Write the primary into a node's file, in place of another."""
    lines = file.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(("replicaof ", "slaveof "))]
    file.write_text("\n".join([*kept, "replicaof {} {}".format(*primary)]) + "\n", encoding="utf-8")

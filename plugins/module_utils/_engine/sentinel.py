# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Sentinel on the wire: one round trip gives its account of one group."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from .._model.address import Address
from .._model.errors import BadInput, CommandRefused, SteadyhandError, WrongKind
from .._model.monitoring import Watched
from .._model.replies import Fields, is_sentinel, parse_info, parse_pairs, yes
from .._model.sentinel import PrimaryEntry, SentinelFacts, parse_peer, parse_primaries, parse_primary, parse_replica
from .._model.settings.quoting import split_arguments
from .connection import Command, Connection, Login
from .settings_file import read_text


@dataclass(frozen=True)
class SentinelTarget:
    """A Sentinel to talk to: its inventory name, where it is reached, and how."""

    name: str
    address: Address
    login: Login


class Sentinel:
    """One connection to a Sentinel; a context manager that opens and closes it."""

    def __init__(self, target: SentinelTarget, timeout: float = 3.0) -> None:
        self.target = target
        self.connection = Connection(target.address, target.login, timeout)

    def __enter__(self) -> Sentinel:
        self.connection.open()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.connection.close()

    def call(self, *words: Any) -> Any:
        """Run ``SENTINEL <words>``."""
        return self.connection.call("SENTINEL", *words)

    def facts(self, group: str) -> SentinelFacts:
        """Read all that this Sentinel knows about a group, in one round trip. Raises like Connection.call, and WrongKind."""
        return self.facts_of([group])[group]

    def facts_of(self, groups: Sequence[str]) -> dict[str, SentinelFacts]:
        """The same for many groups, still in one round trip."""
        questions = [command for group in groups for command in _questions(group)]
        info, my_id, *replies = self.connection.pipeline([("INFO",), ("SENTINEL", "MYID"), *questions])
        if isinstance(info, SteadyhandError):
            raise info
        fields = parse_info(info)
        if not is_sentinel(fields):
            raise WrongKind(
                f"{self.target.address} answers, but it is not a Sentinel: name it among the nodes, or not at all"
            )
        if isinstance(my_id, SteadyhandError):
            raise my_id
        asked = len(questions) // len(groups)
        return {
            group: _facts(fields, str(my_id), replies[asked * index : asked * (index + 1)])
            for index, group in enumerate(groups)
        }

    def table(self) -> dict[str, PrimaryEntry]:
        """Its entry of the primary of every group that it watches, by the group's name."""
        found = [parse_pairs(entry) for entry in self.call("MASTERS")]
        return {one["name"]: parse_primary(one) for one in found}

    def watched(self) -> list[Watched]:
        """Every group that it watches."""
        found = [parse_pairs(entry) for entry in self.call("MASTERS")]
        return [Watched(one["name"], Address.of(one["ip"], one["port"]), one.get("runid", "")) for one in found]

    def kept(self, group: str, names: Collection[str]) -> dict[str, str]:
        """What its file says of a group's options that no command shows. Must run on its host. Raises BadInput."""
        lines = self.file_lines()
        found = {line[1]: line[3] for line in lines if len(line) == 4 and line[0] == "sentinel" and line[2] == group}
        return {name: value for name, value in found.items() if name in names}

    def peer_password(self) -> str:
        """The one by which it logs in to other Sentinels, as in its file, like `kept`; empty where there is none."""
        return next(
            (line[2] for line in self.file_lines() if len(line) == 3 and line[:2] == ["sentinel", "sentinel-pass"]), ""
        )

    def file_lines(self) -> list[list[str]]:
        """The lines of its file as words. Must run on its host. Raises BadInput."""
        path = parse_info(self.connection.call("INFO", "server")).get("config_file", "")
        where = f"the file {path} of the Sentinel {self.target.address}"
        try:
            lines = [_words(line) for line in read_text(path).splitlines()]
        except OSError as error:
            raise BadInput(f"{where} cannot be read ({error.strerror}): run this on its host, as root") from error
        if ["sentinel", "myid", str(self.call("MYID"))] not in lines:
            raise BadInput(f"{where} is another Sentinel's on this host: run this on the Sentinel's own host")
        return lines


def _questions(group: str) -> list[Command]:
    """What is asked about one group; `_facts` reads the replies."""
    return [
        ("SENTINEL", "MASTER", group),
        ("SENTINEL", "REPLICAS", group),
        ("SENTINEL", "SENTINELS", group),
        ("SENTINEL", "CKQUORUM", group),
    ]


def _facts(info: Fields, my_id: str, replies: Sequence[Any]) -> SentinelFacts:
    """What the four replies about a group say. Raises the error of one that must not be one."""
    primary, replicas, peers, quorum = replies
    unknown = isinstance(primary, CommandRefused) and "No such master" in primary.reply
    for reply in [] if unknown else [primary, replicas, peers]:
        if isinstance(reply, SteadyhandError):
            raise reply
    return SentinelFacts(
        my_id=my_id,
        engine="valkey" if "valkey_version" in info else "redis",
        version=info.get("valkey_version", info.get("redis_version", "")),
        tilt=yes(info, "sentinel_tilt"),
        primary=None if unknown else parse_primary(parse_pairs(primary)),
        replicas=() if unknown else tuple(parse_replica(parse_pairs(entry)) for entry in replicas),
        peers=() if unknown else tuple(parse_peer(parse_pairs(entry)) for entry in peers),
        quorum_ok=not isinstance(quorum, SteadyhandError) and str(quorum).startswith("OK"),
        quorum_says=quorum.reply if isinstance(quorum, CommandRefused) else str(quorum),
        primaries=parse_primaries(info),
        run_id=info.get("run_id", ""),
    )


def _words(line: str) -> list[str]:
    try:
        words = split_arguments(line)
    except ValueError:  # the server has read this file; such a line was added since, and says nothing
        return []
    return [words[0].lower(), *words[1:]] if words else []

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Four ways to write, and what of the replies acknowledges which key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import redis

if TYPE_CHECKING:
    from lab.traffic.load import Kind

Item = tuple[str, bytes]
Command = tuple["str | bytes", ...]
SCRIPT = "return redis.call('SET', KEYS[1], ARGV[1])"


@dataclass(frozen=True)
class Shape:
    """How a kind of request is made and read."""

    keys: int
    """Keys per request."""
    commands: Callable[[Sequence[Item]], list[Command]]
    """All of them are sent before the first reply is read."""
    acknowledged: Callable[[Sequence[Any], int], list[bool]]
    """By key, from as many replies as came before the connection broke (errors are exception objects)."""


def _sets(items: Sequence[Item]) -> list[Command]:
    return [("SET", key, value) for key, value in items]


def _one_reply_each(replies: Sequence[Any], keys: int) -> list[bool]:
    return [number < len(replies) and replies[number] == b"OK" for number in range(keys)]


def _transaction(items: Sequence[Item]) -> list[Command]:
    return [("MULTI",), *_sets(items), ("EXEC",)]


def _exec_reply(replies: Sequence[Any], keys: int) -> list[bool]:
    """Only EXEC's reply acknowledges; QUEUED promises nothing."""
    result = replies[keys + 1] if len(replies) == keys + 2 else None
    return _one_reply_each(result if isinstance(result, list) else [], keys)


def _scripts(items: Sequence[Item]) -> list[Command]:
    return [("EVAL", SCRIPT, "1", key, value) for key, value in items]


SHAPES: Mapping[Kind, Shape] = {
    "set": Shape(1, _sets, _one_reply_each),
    "pipeline": Shape(10, _sets, _one_reply_each),
    "multi": Shape(3, _transaction, _exec_reply),
    "eval": Shape(1, _scripts, _one_reply_each),
}


def first_error(replies: Sequence[Any]) -> redis.ResponseError | None:
    """The first error reply, also inside EXEC's."""
    for reply in replies:
        if isinstance(reply, redis.ResponseError):
            return reply
        if isinstance(reply, list) and (inner := first_error(reply)) is not None:
            return inner
    return None

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Normal forms: when two ways to write a value mean the same to the engine.

Source: the kinds of options in the tables of config.c (MEMORY_CONFIG, PERCENT_CONFIG, OCTAL_CONFIG, enums, special options)
of Redis 7.0 to 8.0 and Valkey 7.2 to 9.1, and memtoull() in util.c for the units. An option that no table names is compared
as trimmed text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..errors import BadInput
from .quoting import unquoted

OUTPUT_BUFFERS = "client-output-buffer-limit"
# clientBufferLimitsDefaults in config.c, the same in every version; CONFIG REWRITE writes no line for a class that has it.
BUFFER_DEFAULTS = "normal 0 0 0 replica 268435456 67108864 60 pubsub 33554432 8388608 60"

MEMORY = frozenset(
    {
        "active-defrag-ignore-bytes",
        "auto-aof-rewrite-min-size",
        "client-query-buffer-limit",
        "hash-max-listpack-value",
        "hll-sparse-max-bytes",
        "maxmemory",
        "maxmemory-clients",
        "proto-max-bulk-len",
        "repl-backlog-size",
        "replica-full-sync-buffer-limit",
        "stream-node-max-bytes",
        "zset-max-listpack-value",
    }
)
WORDS = frozenset(
    {
        "acl-pubsub-default",
        "appendfsync",
        "log-format",
        "log-timestamp-format",
        "loglevel",
        "maxmemory-policy",
        "oom-score-adj",
        "propagation-error-behavior",
        "rdb-version-check",
        "repl-diskless-load",
        "sanitize-dump-payload",
        "syslog-facility",
    }
)
SETS_OF_WORDS = frozenset({"shutdown-on-sigint", "shutdown-on-sigterm"})
OCTAL = frozenset({"unixsocketperm"})
# One setting, several arguments on its line of the file (MULTI_ARG_CONFIG): never quoted as a whole.
SEVERAL_ARGUMENTS = frozenset(
    {"bind", OUTPUT_BUFFERS, "latency-tracking-info-percentiles", "oom-score-adj-values", "save", *SETS_OF_WORDS}
)

_MEMORY = re.compile(r"\A(\d+)(b|k|kb|m|mb|g|gb)?\Z", re.IGNORECASE)
_PERCENT = re.compile(r"\A(\d+)%\Z")
_UNITS = {"": 1, "b": 1, "k": 1000, "kb": 1024, "m": 1000**2, "mb": 1024**2, "g": 1000**3, "gb": 1024**3}
_CLASSES = {"normal": "normal", "replica": "replica", "slave": "replica", "pubsub": "pubsub"}
# What "A" stands for in notify-keyspace-events (NOTIFY_ALL in server.h): not K, E, m, n and what came later.
_ALL_EVENTS = frozenset("g$lshzxetd")

BufferLimits = dict[str, tuple[int, int, int]]


def engine_text(name: str, value: Any) -> str:
    """A value from YAML as the text that CONFIG SET takes. Raises BadInput for what cannot be one.

    ``name`` is the canonical name. YAML's booleans are the engine's ``yes`` and ``no``.
    """
    if isinstance(value, Mapping) and name == OUTPUT_BUFFERS:
        return " ".join(f"{kind} {_scalar(name, limits)}" for kind, limits in value.items())
    text = _scalar(name, value)
    if re.search(r"[\0\r\n]", text):
        raise BadInput("a value is one line of text")
    return text


def _scalar(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and name in OCTAL:
        raise BadInput(
            'write file permissions as text, as in "770": YAML reads a number with a leading zero differently'
        )
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return unquoted(value.strip())
    if isinstance(value, (list, tuple)):
        return " ".join(_scalar(name, part) for part in value)
    if value is None:
        raise BadInput('it has no value; write "" for an empty one')
    raise BadInput("a value is a text, a number, a boolean or a list of these")


def normal(name: str, text: str) -> str:
    """The one form of all texts that mean the same. Text that cannot be read stays as it is, for the engine to refuse."""
    trimmed = " ".join(text.split()) if name in SEVERAL_ARGUMENTS else text.strip()
    if name in MEMORY:
        return _memory(trimmed)
    if name == OUTPUT_BUFFERS:
        limits = buffer_limits(trimmed)
        return trimmed if limits is None else _join_limits(limits)
    if name == "save":
        return _save(trimmed)
    if name == "notify-keyspace-events":
        return _events(trimmed)
    if name == "latency-tracking-info-percentiles":
        return " ".join(_number(word) for word in trimmed.split())
    if name in OCTAL and re.fullmatch(r"(0o)?[0-7]+", trimmed):
        return f"{int(trimmed, 8):o}"
    if name in SETS_OF_WORDS:
        return " ".join(sorted(set(trimmed.lower().split())))
    if name == "oom-score-adj" and trimmed.lower() == "yes":  # another word for the same value in config.c
        return "relative"
    if name in WORDS or trimmed.lower() in ("yes", "no"):
        return trimmed.lower()
    return trimmed


def expected(name: str, desired: str, running: str | None) -> str:
    """The normal form that the server has once ``desired`` is set: buffer classes that it does not name keep theirs."""
    if name == OUTPUT_BUFFERS and running is not None:
        old, new = buffer_limits(running), buffer_limits(desired)
        if old is not None and new is not None:
            return _join_limits({**old, **new})
    return normal(name, desired)


def same(name: str, desired: str, running: str | None) -> bool:
    """Whether setting ``desired`` on a server that has ``running`` would change nothing."""
    return running is not None and expected(name, desired, running) == normal(name, running)


def buffer_limits(text: str) -> BufferLimits | None:
    """The classes of client-output-buffer-limit: hard bytes, soft bytes, soft seconds; None when it cannot be read."""
    words, limits = text.split(), {}
    if len(words) % 4 or not words:
        return None
    for index in range(0, len(words), 4):
        kind = _CLASSES.get(words[index].lower())
        numbers = [_memory(words[index + 1]), _memory(words[index + 2]), words[index + 3]]
        if kind is None or not all(number.isdigit() for number in numbers):
            return None
        limits[kind] = (int(numbers[0]), int(numbers[1]), int(numbers[2]))
    return limits


def _join_limits(limits: BufferLimits) -> str:
    ordered = [kind for kind in ("normal", "replica", "pubsub") if kind in limits]
    return " ".join("{} {} {} {}".format(kind, *limits[kind]) for kind in ordered)


def _memory(text: str) -> str:
    percent = _PERCENT.match(text)
    if percent is not None:
        return f"{int(percent.group(1))}%"
    found = _MEMORY.match(text)
    return text if found is None else str(int(found.group(1)) * _UNITS[(found.group(2) or "").lower()])


def _save(text: str) -> str:
    words = [word for word in text.split() if word not in ('""', "''")]
    if len(words) % 2 or not all(word.isdigit() for word in words):
        return text
    pairs: list[tuple[int, int]] = [(int(words[i]), int(words[i + 1])) for i in range(0, len(words), 2)]
    return " ".join("{} {}".format(*pair) for pair in sorted(set(pairs)))


def _events(text: str) -> str:
    flags = set(text)
    if "A" in flags:
        flags = flags - {"A"} | _ALL_EVENTS
    return "".join(sorted(flags))


def _number(text: str) -> str:
    return f"{float(text):g}" if re.fullmatch(r"\d+(\.\d*)?", text) else text

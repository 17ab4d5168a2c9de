# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pushing settings when the node does not play along: what is restored, what is said, what is never done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.errors import (
    BadInput,
    CommandRefused,
    OutcomeUnknown,
    SteadyhandError,
    Unreachable,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._model.host import ConfigFile
from ansible_collections.steadyhand.redis.plugins.module_utils._model.node import NodeFacts, parse_node
from ansible_collections.steadyhand.redis.plugins.module_utils._model.settings.file import edited
from ansible_collections.steadyhand.redis.plugins.module_utils._model.settings.plan import PushFailed
from ansible_collections.steadyhand.redis.plugins.module_utils._model.settings.probe import (
    LIVE,
    RESTART,
    UNKNOWN,
    Answer,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._model.settings.report import EMPTY, foreseen, report
from ansible_collections.steadyhand.redis.plugins.module_utils._operations.settings import apply, inspect, write_pending

NEEDS_RESTART = {"databases", "io-threads"}


class Node:
    """A node that keeps its settings and its file in memory. ``trouble`` maps a method to the errors of its calls."""

    def __init__(self, **running: str) -> None:
        self.values = {"maxmemory": "0", "repl-timeout": "60", "repl-ping-replica-period": "10", **running}
        self.text = "port 6379\n"
        self.file_error = ""
        self.writable = True
        self.includes: tuple[tuple[str, str], ...] = ()
        self.arguments: tuple[str, ...] | None = ("redis-server", "/etc/redis.conf")
        self.version = "7.0.15"
        self.role = "master"
        self.calls: list[str] = []
        self.trouble: dict[str, list[SteadyhandError | None]] = {}
        self.keeps: dict[str, str] = {}
        """What it makes of a value: the next time, or always when ``sticky``."""
        self.sticky = False
        self.unwritable_by_server: str | None = None
        self.append_file_polls = 0
        self.append_file_good = True
        self.forgets_writes = False
        self.rewrites_before_write = 0

    def __str__(self) -> str:
        return "node:6379"

    def _called(self, name: str) -> None:
        self.calls.append(name)
        errors = self.trouble.get(name, [])
        error = errors.pop(0) if errors else None
        if error is not None:
            raise error

    def facts(self) -> NodeFacts:
        info = {"role": self.role, "redis_version": self.version, "config_file": "/etc/redis.conf"}
        return parse_node(info, {}, None, "default")

    def running(self, names: Sequence[str]) -> dict[str, str]:
        self._called("running")
        return {name: self.values[name] for name in names if name in self.values}

    def known_names(self) -> list[str]:
        return sorted(self.values)

    def judged(self, wishes: Mapping[str, str]) -> dict[str, Answer]:
        return {
            name: Answer(UNKNOWN if name not in self.values else RESTART if name in NEEDS_RESTART else LIVE)
            for name in wishes
        }

    def set_live(self, values: Mapping[str, str]) -> None:
        self._called("set")
        take = self.keeps.get if self.sticky else self.keeps.pop
        self.values.update({name: take(name, value) for name, value in values.items()})

    def rewrite(self) -> None:
        self._called("rewrite")
        self.text = edited(self.text, {name: value for name, value in self.values.items() if value != "0"})

    def rewriting_append_file(self) -> bool:
        self.append_file_polls -= 1
        return self.append_file_polls >= 0

    def append_file_ok(self) -> bool:
        return self.append_file_good

    def config_file(self, facts: NodeFacts) -> ConfigFile:
        text = "" if self.file_error else self.text
        return ConfigFile(facts.config_file, text, self.file_error, self.writable, self.includes)

    def why_not_rewritable(self, facts: NodeFacts) -> str | None:  # noqa: ARG002  # the port's shape
        return self.unwritable_by_server

    def write_file(self, path: str, before: str, after: str) -> bool:
        assert path == "/etc/redis.conf"
        self._called("write")
        if self.rewrites_before_write > 0:
            self.rewrites_before_write -= 1
            self.text += "# rewritten\n"
        if self.text != before:
            return False
        self.text = before if self.forgets_writes else after
        return True

    def start_arguments(self, facts: NodeFacts) -> tuple[str, ...] | None:  # noqa: ARG002  # the port's shape
        return self.arguments

    def most_open_files(self, facts: NodeFacts) -> int | None:  # noqa: ARG002  # the port's shape
        return 20000

    def why_not_startable(self, facts: NodeFacts, lines: Sequence[str]) -> str | None:  # noqa: ARG002  # the port's shape
        return "it would not start" if lines == ["io-threads 999"] else None


class Clock:
    """Time passes only by sleeping."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def refused() -> CommandRefused:
    return CommandRefused("node:6379 refused CONFIG SET: no", "no")


def test_inspection_changes_nothing_and_names_everything_wrong() -> None:
    node = Node(hz="10", databases="16")
    node.includes = (("/etc/more.conf", "hz 5\n"),)
    found = inspect(node, {"hz": 20, "nosuch": 1, "port": 1, "repl-timeout": 5, "io-threads": 999, "maxmemory": "1gb"})
    assert set(node.calls) == {"running"}
    text = "\n".join(found.refusals)
    for name in ("hz: the included file", "nosuch: the server has no such", "port: ", "repl-timeout: ", "io-threads: "):
        assert name in text
    assert "maxmemory" not in text


@pytest.mark.parametrize(
    ("attribute", "value", "reason"),
    [
        ("file_error", "the server was started without a configuration file", "without a configuration file"),
        ("writable", False, "use become"),
        ("unwritable_by_server", "the server's user cannot", "the server's user cannot"),
    ],
)
def test_a_file_that_cannot_be_written_is_an_obstacle(attribute: str, value: Any, reason: str) -> None:
    node = Node(hz="10")
    setattr(node, attribute, value)
    assert reason in "; ".join(inspect(node, {"hz": 20}).refusals)


def test_more_clients_than_files_are_refused() -> None:
    node = Node(maxclients="10000")
    assert not inspect(node, {"maxclients": 19968}).refusals
    assert "enough for 19968 clients" in inspect(node, {"maxclients": 19969}).refusals[0]


def test_an_engine_without_all_or_nothing_is_refused() -> None:
    node = Node(hz="10")
    node.version = "6.2.16"
    with pytest.raises(BadInput, match=r"6\.2\.16"):
        inspect(node, {"hz": 20})


def test_what_cannot_be_seen_is_said() -> None:
    node = Node(**{"min-replicas-to-write": "0"})
    node.arguments, node.role = None, "slave"
    assert len(inspect(node, {"min-replicas-to-write": 1}).unseen) == 2


def test_live_settings_are_set_persisted_and_read_back() -> None:
    node = Node(hz="10", maxmemory="1000000")
    before = inspect(node, {"hz": 20, "maxmemory": "256mb"})
    after = apply(node, before, Clock(), 1.0)
    found = report(before.settings, after)
    assert found["changed"]
    assert found["live"] == ["hz", "maxmemory"]
    assert found["previous"] == {"hz": "10", "maxmemory": "1000000"}
    assert found["diff"]["after"]["file"] == {"hz": "20", "maxmemory": "256mb"}


def test_the_prediction_is_what_happens() -> None:
    node = Node(hz="10", databases="16", appendonly="no")
    before = inspect(node, {"hz": 20, "databases": 32, "appendonly": False})
    predicted = report(before.settings, foreseen(before.settings, write_pending=True))
    after = report(before.settings, write_pending(node, apply(node, before, Clock(), 1.0)))
    silent = {"settings", "diff", "changed"}  # "appendonly no" was in no line of the file, and CONFIG REWRITE decides
    assert {key: predicted[key] for key in predicted.keys() - silent} == {
        key: after[key] for key in after.keys() - silent
    }
    assert set(predicted) == set(EMPTY)


def test_a_second_run_changes_nothing() -> None:
    node = Node(hz="10", databases="16")
    wishes = {"hz": 20, "databases": 32}
    write_pending(node, apply(node, inspect(node, wishes), Clock(), 1.0))
    node.calls.clear()
    before = inspect(node, wishes)
    after = write_pending(node, apply(node, before, Clock(), 1.0))
    assert not report(before.settings, after)["changed"]
    assert not {"set", "rewrite", "write"} & set(node.calls)


def test_previous_values_restore() -> None:
    node = Node(hz="10", maxmemory="7")
    before = inspect(node, {"hz": 20, "maxmemory": "1gb"})
    previous = report(before.settings, apply(node, before, Clock(), 1.0))["previous"]
    apply(node, inspect(node, previous), Clock(), 1.0)
    assert (node.values["hz"], node.values["maxmemory"]) == ("10", "7")


def test_what_is_in_effect_but_not_in_the_file_is_persisted() -> None:
    node = Node(hz="20")
    node.text = "hz 10\n"
    before = inspect(node, {"hz": 20})
    after = apply(node, before, Clock(), 1.0)
    assert node.text.startswith("hz 20\n")
    assert report(before.settings, after)["changed"]
    assert "set" not in node.calls


@pytest.mark.parametrize(
    ("text", "wishes", "unsaved"),
    [
        pytest.param("hz 10\n", {"hz": 20}, ["hz"], id="another value in the file"),
        pytest.param("port 1\n", {"hz": 20}, ["hz"], id="none in the file"),
        pytest.param("hz 20\n", {"hz": 20}, [], id="the same"),
        pytest.param(
            "databases 32\n", {"databases": 16}, ["databases"], id="only a start reads it, and would read another"
        ),
        pytest.param("hz 10\n", {"hz": 30}, [], id="to be set live"),
        pytest.param("databases 16\n", {"databases": 32}, [], id="pending"),
    ],
)
def test_what_runs_and_is_not_in_the_file_is_named_before_and_after(
    text: str, wishes: dict[str, Any], unsaved: list[str]
) -> None:
    node = Node(hz="20", databases="16")
    node.text = text
    before = inspect(node, wishes)
    assert report(before.settings, before.settings)["unsaved"] == unsaved
    assert report(before.settings, apply(node, before, Clock(), 1.0))["unsaved"] == unsaved
    again = inspect(node, wishes)
    assert report(again.settings, again.settings)["unsaved"] == []


@pytest.mark.parametrize(
    ("role", "given", "refused"),
    [
        pytest.param("master", 2, True, id="the primary counts fewer than were seen"),
        pytest.param("master", None, True, id="the primary counts for itself"),
        pytest.param("slave", 2, False, id="a replica has only what it is told"),
        pytest.param("slave", 0, True, id="a replica is told of none"),
    ],
)
def test_the_smaller_number_of_good_replicas_counts(role: str, given: int | None, refused: bool) -> None:
    node = Node(**{"min-replicas-to-write": "0"})
    node.role = role
    assert bool(inspect(node, {"min-replicas-to-write": 1}, given).refusals) is refused


def test_a_refusal_of_the_engine_leaves_everything() -> None:
    node = Node(hz="10")
    node.trouble["set"] = [refused()]
    with pytest.raises(PushFailed, match="took none of hz") as caught:
        apply(node, inspect(node, {"hz": 20}), Clock(), 1.0)
    assert caught.value.restored
    assert "rewrite" not in node.calls


def test_a_lost_reply_is_not_known_to_be_restored() -> None:
    node = Node(hz="10")
    node.trouble["set"] = [Unreachable("node:6379 did not answer")]
    with pytest.raises(PushFailed, match="not known") as caught:
        apply(node, inspect(node, {"hz": 20}), Clock(), 1.0)
    assert not caught.value.restored


def test_a_failed_rewrite_restores_the_running_values() -> None:
    node = Node(hz="10")
    node.trouble["rewrite"] = [refused()]
    with pytest.raises(PushFailed, match="in force again") as caught:
        apply(node, inspect(node, {"hz": 20}), Clock(), 1.0)
    assert caught.value.restored
    assert node.values["hz"] == "10"
    assert node.calls.count("rewrite") == 1


def test_a_value_that_reads_back_differently_is_restored_before_the_file_is_touched() -> None:
    node = Node(maxmemory="5")
    text = node.text
    node.keeps["maxmemory"] = "6"
    before = inspect(node, {"maxmemory": "1gb"})
    with pytest.raises(PushFailed, match=r"reads back as '6'.* in force again") as caught:
        apply(node, before, Clock(), 1.0)
    assert caught.value.restored
    assert node.text == text
    assert node.calls.count("rewrite") == 0


def test_a_value_that_cannot_be_put_back_is_named() -> None:
    node = Node(hz="10")
    node.trouble["rewrite"] = [refused()]
    before = inspect(node, {"hz": 20})
    node.keeps = {"hz": "20"}
    node.sticky = True
    with pytest.raises(PushFailed, match="Not restored: hz = '10'") as caught:
        apply(node, before, Clock(), 1.0)
    assert not caught.value.restored


def test_a_restoration_that_fails_lists_what_is_lost() -> None:
    node = Node(hz="10")
    node.trouble = {"rewrite": [refused()], "set": [None, Unreachable("node:6379 did not answer")]}
    with pytest.raises(PushFailed, match="Restoring hz = '10' failed") as caught:
        apply(node, inspect(node, {"hz": 20}), Clock(), 1.0)
    assert not caught.value.restored


@pytest.mark.parametrize("running", ["10", "500"])
def test_a_value_that_the_engine_caps_is_restored_and_said_whatever_ran_before(running: str) -> None:
    node = Node(hz=running)
    node.keeps["hz"] = "500"
    with pytest.raises(PushFailed, match="hz was set to '1000' and reads back as '500': ask for that") as caught:
        apply(node, inspect(node, {"hz": 1000}), Clock(), 1.0)
    assert caught.value.restored
    assert node.values["hz"] == running


def test_the_file_says_appendonly_only_once_there_is_an_append_file() -> None:
    node, clock = Node(appendonly="no"), Clock()
    node.append_file_polls = 3
    apply(node, inspect(node, {"appendonly": True}), clock, 10.0)
    assert "appendonly yes" in node.text
    assert clock.seconds == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("polls", "good", "message"), [(1000, True, "no append-only file after"), (1, False, "could not")]
)
def test_without_an_append_file_appendonly_is_taken_back(polls: int, good: bool, message: str) -> None:
    node = Node(appendonly="no")
    node.append_file_polls, node.append_file_good = polls, good
    with pytest.raises(PushFailed, match=message) as caught:
        apply(node, inspect(node, {"appendonly": True}), Clock(), 1.0)
    assert caught.value.restored
    assert node.values["appendonly"] == "no"
    assert "appendonly" not in node.text


def test_a_rewrite_in_between_is_not_lost() -> None:
    node = Node(databases="16")
    node.rewrites_before_write = 2
    write_pending(node, inspect(node, {"databases": 32}).settings)
    assert node.text.endswith("# rewritten\n# rewritten\ndatabases 32\n")


@pytest.mark.parametrize(
    ("rewrites", "forgets", "message"), [(99, False, "at every attempt"), (0, True, "not found there")]
)
def test_a_write_that_cannot_be_seen_is_an_error(rewrites: int, forgets: bool, message: str) -> None:
    node = Node(databases="16")
    node.rewrites_before_write, node.forgets_writes = rewrites, forgets
    with pytest.raises(OutcomeUnknown, match=message):
        write_pending(node, inspect(node, {"databases": 32}).settings)

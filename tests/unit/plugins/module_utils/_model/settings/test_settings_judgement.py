# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which settings may be pushed, which values would destroy, and how the engine's answers are read."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.node import NodeFacts, parse_node
from ansible_collections.steadyhand.redis.plugins.module_utils._model.settings import probe
from ansible_collections.steadyhand.redis.plugins.module_utils._model.settings.danger import Proposal, dangers, unseen
from ansible_collections.steadyhand.redis.plugins.module_utils._model.settings.forbidden import why_forbidden
from ansible_collections.steadyhand.redis.plugins.module_utils._model.settings.names import (
    canonical,
    is_secret,
    similar,
    well_formed,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._model.settings.plan import read_wishes

RUNNING = {
    "maxmemory": "2000",
    "maxmemory-policy": "noeviction",
    "min-replicas-max-lag": "10",
    "min-replicas-to-write": "0",
    "repl-ping-replica-period": "10",
    "repl-timeout": "60",
}


def facts(**info: str) -> NodeFacts:
    return parse_node({"role": "master", "used_memory": "1500", **info}, {}, None, "default")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("aclfile", "/x"),
        ("appenddirname", "x"),
        ("bind", "::1"),
        ("cluster-enabled", "yes"),
        ("daemonize", "yes"),
        ("dbfilename", "x"),
        ("dir", "/"),
        ("enable-protected-configs", "yes"),
        ("include", "/x"),
        ("loadmodule", "/x"),
        ("logfile", "/x"),
        ("masterauth", "x"),
        ("masteruser", "x"),
        ("pidfile", "/x"),
        ("port", "1"),
        ("primaryauth", "x"),
        ("primaryuser", "x"),
        ("rename-command", "CONFIG x"),
        ("replica-announce-ip", "x"),
        ("replica-ignore-maxmemory", "no"),
        ("replica-priority", "0"),
        ("replica-read-only", "No"),
        ("replicaof", "a 1"),
        ("requirepass", "x"),
        ("supervised", "systemd"),
        ("tls-cert-file", "/x"),
        ("tls-key-file-pass", "x"),
        ("tls-port", "1"),
        ("unixsocket", "/x"),
        ("user", "x on"),
    ],
)
def test_must_not_be_pushed(name: str, value: str) -> None:
    assert why_forbidden(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("databases", "32"),
        ("lazyfree-lazy-user-del", "yes"),
        ("maxmemory", "1gb"),
        ("replica-priority", "10"),
        ("replica-read-only", "yes"),
        ("save", ""),
        ("unixsocketperm", "770"),
    ],
)
def test_may_be_pushed(name: str, value: str) -> None:
    assert why_forbidden(name, value) is None


@pytest.mark.parametrize(
    ("changing", "info", "good", "refused"),
    [
        ({"maxmemory": "1kb"}, {}, None, {"maxmemory"}),
        ({"maxmemory": "1500"}, {}, None, set()),
        ({"maxmemory": "0"}, {}, None, set()),
        ({"maxmemory-policy": "allkeys-lru"}, {"used_memory": "3000"}, None, {"maxmemory-policy"}),
        ({"maxmemory-policy": "allkeys-lru"}, {}, None, set()),
        ({"maxmemory-policy": "allkeys-lru", "maxmemory": "4000"}, {"used_memory": "3000"}, None, set()),
        ({"min-replicas-to-write": "2"}, {}, 1, {"min-replicas-to-write"}),
        ({"min-replicas-to-write": "1"}, {}, 1, set()),
        ({"min-replicas-to-write": "2", "min-replicas-max-lag": "0"}, {}, 1, set()),
        ({"repl-timeout": "10"}, {}, None, {"repl-timeout"}),
        ({"repl-ping-replica-period": "60"}, {}, None, {"repl-ping-replica-period"}),
        ({"repl-timeout": "100", "repl-ping-replica-period": "60"}, {}, None, set()),
        (
            {"repl-timeout": "5", "repl-ping-replica-period": "5"},
            {},
            None,
            {"repl-timeout", "repl-ping-replica-period"},
        ),
        ({"databases": "4"}, {"db4": "keys=1,expires=0"}, None, {"databases"}),
        ({"databases": "5"}, {"db4": "keys=1,expires=0"}, None, set()),
        ({"maxclients": "7"}, {"connected_clients": "6", "slave0": "ip=a,port=1"}, None, {"maxclients"}),
        ({"maxclients": "8"}, {"connected_clients": "6", "slave0": "ip=a,port=1"}, None, set()),
        ({"hz": "20"}, {"used_memory": "3000"}, 0, set()),
    ],
)
def test_values_that_would_destroy(
    changing: dict[str, str], info: dict[str, str], good: int | None, refused: set[str]
) -> None:
    found = dict(dangers(Proposal(changing, RUNNING, facts(**info), good)))
    assert set(found) == refused
    assert all(found.values())


def test_unknown_good_replicas_are_said() -> None:
    assert list(unseen(Proposal({"min-replicas-to-write": "1"}, RUNNING, facts(), None)))
    assert not list(unseen(Proposal({"min-replicas-to-write": "1"}, RUNNING, facts(), 1)))


@pytest.mark.parametrize(
    ("name", "reply", "kind", "reason"),
    [
        ("nosuch", "Unknown option or number of arguments for CONFIG SET - 'nosuch'", probe.UNKNOWN, ""),
        ("a", "CONFIG SET failed (possibly related to argument 'hz') - argument couldn't be parsed", probe.LIVE, ""),
        (
            "hz",
            "CONFIG SET failed (possibly related to argument 'timeout') - argument couldn't be parsed",
            probe.LIVE,
            "",
        ),
        ("hz", "CONFIG SET failed (possibly related to argument 'hz') - too big", probe.REFUSED, "too big"),
        ("a", "CONFIG SET failed (possibly related to argument 'a') - can't set immutable config", probe.RESTART, ""),
        (
            "a",
            "CONFIG SET failed (possibly related to argument 'a') - can't set protected config",
            probe.REFUSED,
            "protects",
        ),
        (
            "save",
            "CONFIG SET failed (possibly related to argument 'save') - Invalid save",
            probe.REFUSED,
            "Invalid save",
        ),
        ("dir", "LOADING Redis is loading the dataset in memory", probe.REFUSED, "LOADING"),
    ],
)
def test_answers_of_the_engine(name: str, reply: str, kind: str, reason: str) -> None:
    answer = probe.answer(name, reply)
    assert answer.kind == kind
    assert reason in answer.reason


def test_a_setting_is_never_asked_beside_itself() -> None:
    assert probe.question("hz", "1")[2:] == ("hz", "1", "timeout", "not-a-number")
    assert probe.question("timeout", "1")[2:] == ("timeout", "1", "hz", "not-a-number")


def test_names() -> None:
    assert canonical(" Slave-Priority ") == "replica-priority"
    assert well_formed("search.timeout")
    assert not well_formed("max*")
    assert not well_formed("")
    assert similar("repl-backlog-sise", ["hz", "repl-backlog-size"]) == ["repl-backlog-size"]
    assert is_secret("requirepass")
    assert is_secret("masterauth")
    assert not is_secret("lazyfree-lazy-user-del")


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"slave-priority": 1, "replica-priority": 2}, "same setting as slave-priority"),
        ({"max*": 1}, "cannot be the name"),
        ({"hz": None}, "no value"),
        ({"port": 1}, "replace the node"),
    ],
)
def test_wishes_that_are_refused_by_their_looks(settings: dict[str, Any], reason: str) -> None:
    _wishes, refused = read_wishes(settings)
    assert len(refused) == 1
    assert reason in refused[0].reason


def test_a_secret_is_not_kept() -> None:
    wishes, (refused,) = read_wishes({"requirepass": "hunter2"})
    assert wishes == {}
    assert refused.desired is None
    assert "hunter2" not in repr(refused)

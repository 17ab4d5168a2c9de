# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of ACL rules: that it is consistent, and that it names every command of ours. tests/engine proves it on servers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.borrowed import ledger_key
from ansible_collections.steadyhand.redis.plugins.module_utils._model.errors import BadInput
from ansible_collections.steadyhand.redis.plugins.module_utils._model.last_handover import last_handover_key
from ansible_collections.steadyhand.redis.plugins.module_utils._model.lock import lock_key
from ansible_collections.steadyhand.redis.plugins.module_utils._model.permissions import (
    COLLECTION,
    COLLECTION_ON_SENTINEL,
    ENGINES,
    PARTS,
    REPLICA,
    SENTINEL,
    SENTINEL_PEER,
    Permission,
    acl_rules,
    part_of,
)

UTILS = Path(__file__).resolve().parents[5] / "plugins/module_utils"
TABLE = UTILS / "_model/permissions.py"
SENDER = UTILS / "_engine/connection.py"
"""It sends what it is given; the words in it are those of replies."""

CONTAINERS = ("ACL", "CLIENT", "CONFIG", "SCRIPT", "SENTINEL")
"""Commands whose subcommands have rules of their own."""

every_permission = pytest.mark.parametrize(
    "permission",
    [pytest.param(one, id=f"{name} {one.rule}") for name in PARTS for one in part_of(name).permissions],
)


@pytest.mark.parametrize(
    ("part", "engine", "rules"),
    [
        (REPLICA, "redis", "resetkeys resetchannels -@all +replconf +psync"),
        (REPLICA, "valkey", "resetkeys resetchannels -@all +replconf +psync +sync"),
        (
            SENTINEL_PEER,
            "redis",
            "resetkeys resetchannels &__sentinel__:hello -@all +ping +client|setname +publish +sentinel|is-master-down-by-addr",
        ),
        (
            SENTINEL,
            "redis",
            "resetkeys resetchannels &__sentinel__:hello -@all +ping +info +publish +subscribe +client|setname +multi +exec"
            " +slaveof +config|rewrite +client|kill +script|kill",
        ),
        (
            SENTINEL,
            "valkey",
            "resetkeys resetchannels &__sentinel__:hello -@all +ping +info +publish +subscribe +client|setname +multi +exec"
            " +slaveof +config|rewrite +client|kill +script|kill +failover +client|pause +client|unpause",
        ),
    ],
)
def test_the_rules_as_a_server_reads_them(part: str, engine: str, rules: str) -> None:
    assert acl_rules(part, engine) == rules


def test_of_the_data_ours_reads_and_writes_its_own_keys_alone() -> None:
    rules = acl_rules(COLLECTION, "redis").split()
    assert rules[:5] == [
        "resetkeys",
        "~steadyhand:lock:*",
        "~steadyhand:borrowed:*",
        "~steadyhand:handover:*",
        "resetchannels",
    ]
    assert [rule for rule in rules[5:] if rule[0] in "~%&"] == []


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("part", PARTS)
def test_no_part_has_more_than_named_commands(part: str, engine: str) -> None:
    rules = acl_rules(part, engine).split()
    assert len(rules) == len(set(rules))
    granted = rules[rules.index("-@all") + 1 :]
    assert [rule for rule in granted if not re.fullmatch(r"\+[a-z]+(\|[a-z-]+)?", rule)] == []
    assert [rule for rule in granted if rule[1:].upper() in CONTAINERS] == []
    assert not {"~*", "allkeys", "&*", "allchannels"} & set(rules)


@every_permission
def test_the_commands_of_a_permission_need_its_rule(permission: Permission) -> None:
    assert permission.reason
    for command in permission.commands:
        words = command[:2] if command[0] in CONTAINERS else command[:1]
        assert permission.rule == "+" + "|".join(words).lower()
    if permission.rule.startswith("+"):
        assert permission.commands, "no command can be tried beforehand"


def test_the_commands_are_tried_with_keys_that_the_rules_reach() -> None:
    permissions = part_of(COLLECTION, "presence-1").permissions
    keys = {word for one in permissions for command in one.commands for word in command if ":" in word}
    assert keys == {key("presence-1") for key in (lock_key, ledger_key, last_handover_key)}
    patterns = [rule[1:] for rule in acl_rules(COLLECTION, "redis").split() if rule.startswith("~")]
    assert all(any(fnmatchcase(key, pattern) for pattern in patterns) for key in keys)


@pytest.mark.parametrize(
    ("part", "engine", "message"),
    [
        (
            "colection",
            "redis",
            "there are no permissions for 'colection': choose one of collection, collection_on_sentinel",
        ),
        ("", "redis", "there are no permissions for ''"),
        ("sentinel", "keydb", "there is no engine 'keydb': choose one of redis, valkey"),
        ("sentinel", "Redis", "there is no engine 'Redis'"),
    ],
)
def test_what_is_misspelt_is_said(part: str, engine: str, message: str) -> None:
    with pytest.raises(BadInput) as refused:
        acl_rules(part, engine)
    assert str(refused.value).startswith(message)


def test_the_rules_are_those_of_the_commands_that_the_code_sends() -> None:
    """None is missing, and none has become too much."""
    ours = [one.rule for name in (COLLECTION, COLLECTION_ON_SENTINEL) for one in part_of(name).permissions]
    permitted = {rule[1:].rpartition("|")[2].upper() for rule in ours if rule.startswith("+")}
    files = set(UTILS.rglob("*.py")) - {TABLE, SENDER}
    sent = {word for file in files for word in _words_sent(ast.parse(file.read_text(encoding="utf-8")))}
    assert sent == permitted


def _words_sent(tree: ast.AST) -> Iterator[str]:
    """The words that decide what is permitted: of commands given to ``call``, and of those that stand in lists."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "call":
            items = node.args
        elif isinstance(node, ast.Tuple):
            items = node.elts
        else:
            continue
        words = [item.value if isinstance(item, ast.Constant) else None for item in items]
        if words and isinstance(words[0], str) and re.fullmatch(r"[A-Z][A-Z-]+", words[0]):
            word = words[1] if words[0] in CONTAINERS else words[0]
            if isinstance(word, str):  # the caller of `Sentinel.call` names the subcommand
                yield word

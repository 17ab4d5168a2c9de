# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/permissions.md says what the table of permissions says: its examples and its tables are those that are made here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.permissions import (
    COLLECTION,
    COLLECTION_ON_SENTINEL,
    PARTS,
    REPLICA,
    SENTINEL,
    SENTINEL_PEER,
    Permission,
    acl_rules,
    part_of,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._model.versions import REDIS, VALKEY

PAGE = Path(__file__).resolve().parents[2] / "docs/permissions.md"
USERS = {
    "on nodes": {"steadyhand": COLLECTION, "sentinel": SENTINEL, "replica": REPLICA},
    "on Sentinels": {"steadyhand": COLLECTION_ON_SENTINEL, "sentinel-peer": SENTINEL_PEER},
}

LIMITS = {
    (False, False): "",
    (True, False): " (only without Sentinels, or where they coordinate)",
    (True, True): " (only without Sentinels, where they coordinate, or to end a split brain)",
    (False, True): " (only to end a split brain)",
}
"""By whether an exchange of roles needs a permission, and whether the end of a split brain does."""


def row(permission: Permission) -> str:
    """A permission in a table for users."""
    rule = permission.rule.replace("|", "\\|")
    only_on = f" ({permission.engine.capitalize()})" if permission.engine is not None else ""
    limit = only_on or LIMITS[permission.exchange, permission.repair]
    return f"| `{rule}` | {permission.reason}{limit} |"


def table(part: str) -> str:
    """All permissions of a part under its title."""
    described = part_of(part)
    rows = "\n".join(row(permission) for permission in described.permissions)
    return f"## {described.title}\n\n| rule | what for |\n|---|---|\n{rows}\n"


def users(where: str, engine: str) -> str:
    """Users as an ACL file, or a configuration file, has them."""
    lines = ["user default off"]
    for number, (name, part) in enumerate(USERS[where].items(), 1 if where == "on nodes" else 4):
        lines.append(f"user {name} on >PASSWORD-{number} {acl_rules(part, engine)}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("part", PARTS)
def test_every_table_stands_there(part: str) -> None:
    assert table(part) in PAGE.read_text(encoding="utf-8")


def test_there_is_no_other_table() -> None:
    headings = re.findall(r"^## (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == ["Example", *(part_of(part).title for part in PARTS)]


@pytest.mark.parametrize("where", USERS)
def test_the_examples_have_the_rules_of_the_table(where: str) -> None:
    assert f"```text\n{users(where, REDIS)}" in PAGE.read_text(encoding="utf-8")


def test_what_valkey_needs_besides_is_said() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for users_there in USERS.values():
        for name, part in users_there.items():
            redis, valkey = acl_rules(part, REDIS), acl_rules(part, VALKEY)
            assert valkey.startswith(redis)
            more = valkey[len(redis) :].strip().replace("|", "\\|")
            assert (f"| `{name}` | `{more}` |" in page) == bool(more)

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules as a playbook gets them."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.steadyhand.redis.plugins.filter.acl_rules import DOCUMENTATION, acl_rules
from ansible_collections.steadyhand.redis.plugins.module_utils._model import permissions
from ansible_collections.steadyhand.redis.plugins.module_utils._model.permissions import ENGINES, PARTS
from yaml import safe_load


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("part", PARTS)
def test_every_part_of_the_table_can_be_asked_for(part: str, engine: str) -> None:
    assert acl_rules(part, engine) == permissions.acl_rules(part, engine)


def test_the_documentation_names_every_part_and_engine() -> None:
    options = safe_load(DOCUMENTATION)["options"]
    assert list(options["_input"]["choices"]) == list(PARTS)
    assert options["engine"]["choices"] == list(ENGINES)


@pytest.mark.parametrize(
    ("part", "engine", "message"),
    [
        ("masteruser", "redis", "there are no permissions for 'masteruser': choose one of collection,"),
        ("replica", "dragonfly", "there is no engine 'dragonfly': choose one of redis, valkey"),
        (None, "redis", "there are no permissions for None"),
        (["replica"], "redis", "there are no permissions for ['replica']"),
        ("replica", None, "there is no engine None"),
    ],
)
def test_what_is_misspelt_fails_the_task(part: str, engine: str, message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=r"^steadyhand\.redis\.acl_rules: ") as failed:
        acl_rules(part, engine)
    assert message in str(failed.value)

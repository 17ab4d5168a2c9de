# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guard is told, and what it says of a file that cannot be meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._guard.settings import read_settings, settings_from
from ansible_collections.steadyhand.redis.plugins.module_utils._model.errors import BadInput

PASSWORD = "not to be seen"
GIVEN: dict[str, Any] = {
    "node": "one",
    "service": "redis-server",
    "sentinel": "10.0.0.21:26379",
    "limit_seconds": {"stop": 600, "package": 60.0, "shutdown": 300},
    "never": ["three"],
    "group": {
        "group": "presence-1",
        "nodes": ["10.0.0.1:6379", "10.0.0.2:6379"],
        "node_options": [{"address": "10.0.0.1:6379", "name": "one", "login_password": PASSWORD}],
        "sentinels": ["10.0.0.21:26379"],
        "accept": ["last_save_failed"],
        "tls": True,
        "connect_timeout": 2.0,
    },
}


def test_it_speaks_of_servers_in_the_words_of_the_modules() -> None:
    settings = settings_from(GIVEN)
    assert [node.name for node in settings.targets.nodes] == ["one", "10.0.0.2:6379"]
    assert settings.targets.nodes[0].login.password == PASSWORD
    assert settings.targets.nodes[1].login.tls is True
    assert settings.targets.sentinels[0].login.tls is False
    assert (settings.rule.node, settings.rule.never, settings.rule.accept) == ("one", ("three",), ("last_save_failed",))
    assert settings.limit_seconds == {"stop": 600.0, "package": 60.0, "shutdown": 300.0}
    assert (settings.timeout, settings.rule.stable_for) == (2.0, 11.0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"node": "four"}, "node: four is none of one, 10.0.0.2:6379"),
        ({"node": 1}, "node has a wrong type"),
        ({"sentinel": "10.0.0.22:26379"}, "sentinel: 10.0.0.22:26379 is none of the group's Sentinels"),
        ({"nodes": []}, "nodes is no setting of the guard"),
        (
            {"limit_seconds": {"stop": 0, "package": 60, "shutdown": True}},
            "limit_seconds.stop must be a number above 0",
        ),
        ({"limit_seconds": {"stop": 1, "package": 60, "shutdown": True}}, "limit_seconds.shutdown must be"),
        ({"group": {"nodes": ["a:1"]}}, "group.group is missing"),
        ({"group": {**GIVEN["group"], "accept": ["two_primaries"]}}, "two_primaries can never be accepted"),
        ({"group": {**GIVEN["group"], "nodes": ["10.0.0.1:6379", "here"]}}, "here"),
    ],
)
def test_what_cannot_be_meant_is_named_without_any_secret(change: dict[str, Any], said: str, tmp_path: Path) -> None:
    file = tmp_path / "guard.json"
    file.write_text(json.dumps({**GIVEN, **change}), encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        read_settings(str(file))
    assert said in str(caught.value)
    assert str(file) in str(caught.value)
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "1"])
def test_a_file_that_holds_no_object_is_named(text: str, tmp_path: Path) -> None:
    file = tmp_path / "guard.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=r"guard\.json"):
        read_settings(str(file))


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"guard\.json cannot be read"):
        read_settings(str(tmp_path / "guard.json"))

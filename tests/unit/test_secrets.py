# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret is in the text form of anything that could end in a log, nor in any result."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.group import group_options
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.login import (
    login_options,
    sentinel_login_options,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._ansible.results import group_result
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.connection import Connection, Login
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.node import NodeTarget
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.sentinel import SentinelTarget
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.targets import targets_from
from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.errors import Unreachable
from ansible_collections.steadyhand.redis.plugins.module_utils._model.health import Limits, group_problems
from ansible_collections.steadyhand.redis.plugins.module_utils._model.node import NodeFacts, parse_node
from ansible_collections.steadyhand.redis.plugins.module_utils._model.problems import judge
from ansible_collections.steadyhand.redis.plugins.modules import group_info
from unit.builders import group_view, with_node

SECRET = "s3cret-of-the-test"
DIGEST = "5b5f1fd4b6a5b0b7a2f3b7d3d5e4d4a5f2d8c8f6d8f3b8c7a0b1c2d3e4f50617"
ADDRESS = Address("127.0.0.1", 1)
LOGIN = Login("maintenance", SECRET)


def facts() -> NodeFacts:
    """A node whose settings and users hold secrets."""
    settings = {"requirepass": SECRET, "masterauth": SECRET, "tls-key-file-pass": SECRET, "maxclients": "10"}
    return parse_node({"role": "master"}, settings, [f"user app on #{DIGEST} ~* +@all"], "maintenance")


@pytest.mark.parametrize(
    "thing",
    [
        pytest.param(LOGIN, id="Login"),
        pytest.param(NodeTarget("a", ADDRESS, LOGIN), id="NodeTarget"),
        pytest.param(SentinelTarget("s", ADDRESS, LOGIN), id="SentinelTarget"),
        pytest.param(Connection(ADDRESS, LOGIN), id="Connection"),
        pytest.param(facts(), id="NodeFacts"),
        pytest.param(with_node(group_view(), "a", acl=facts().acl, secrets_set=facts().secrets_set), id="GroupView"),
    ],
)
def test_no_secret_is_in_the_text_of(thing: object) -> None:
    for text in (repr(thing), str(thing), f"{thing}"):
        assert SECRET not in text
        assert DIGEST not in text
        assert text


def test_of_secret_settings_only_their_presence_is_kept() -> None:
    assert facts().secrets_set == {"requirepass", "masterauth"}
    assert facts().settings == {"maxclients": "10"}
    assert set(facts().acl or ()) == {"app"}
    assert DIGEST not in str(facts().acl)


def test_no_secret_is_in_the_result_about_a_group() -> None:
    view = with_node(group_view(), "a", acl=facts().acl, secrets_set=facts().secrets_set)
    text = json.dumps(group_result(view, judge(group_problems(view, Limits()))))
    assert "digest" not in text
    assert str((facts().acl or {})["app"]) not in text


@pytest.mark.parametrize(
    ("command", "named"),
    [
        (("AUTH", "maintenance", SECRET), "AUTH"),
        (("CONFIG", "SET", "masterauth", SECRET), "CONFIG SET"),
        (("ACL", "SETUSER", "app", ">" + SECRET), "ACL SETUSER"),
        (("SENTINEL", "SET", "presence-1", "auth-pass", SECRET), "SENTINEL SET"),
        (("HELLO", "2", "AUTH", "maintenance", SECRET), "HELLO"),
    ],
)
def test_an_error_names_the_command_without_its_arguments(command: tuple[str, ...], named: str) -> None:
    """On a server that cannot be reached, as on any other: the words of the error are put together in one place."""
    connection = Connection(ADDRESS, LOGIN, timeout=0.5)
    with pytest.raises(Unreachable) as caught:
        connection.call(*command)
    assert SECRET not in str(caught.value)
    assert named in str(caught.value)


def test_every_option_for_a_password_is_hidden_by_ansible() -> None:
    options: dict[str, dict[str, Any]] = {**group_options(), **login_options(), **sentinel_login_options()}
    nested = options["node_options"]["options"]
    passwords = {name: option for name, option in [*options.items(), *nested.items()] if "password" in name}
    assert set(passwords) == {"login_password", "sentinel_login_password"}
    assert nested["login_password"]["no_log"] is True
    assert all(option["no_log"] is True for option in passwords.values())


def test_targets_keep_passwords_to_themselves() -> None:
    targets = targets_from(
        {
            **{name: option.get("default") for name, option in group_options().items()},
            "group": "presence-1",
            "nodes": ["127.0.0.1:1"],
            "sentinels": ["127.0.0.1:2"],
            "login_password": SECRET + "1",
            "sentinel_login_password": SECRET + "2",
            "node_options": [{"address": "127.0.0.1:1", "login_password": SECRET + "3"}],
        }
    )
    assert targets.nodes[0].login.password == SECRET + "3"
    assert targets.sentinels[0].login.password == SECRET + "2"
    assert SECRET not in repr(targets)


def test_no_password_is_in_the_output_of_a_module(capsys: pytest.CaptureFixture[str]) -> None:
    parameters = {
        "group": "presence-1",
        "nodes": ["127.0.0.1:1"],
        "sentinels": ["127.0.0.1:1"],
        "login_password": SECRET,
        "sentinel_login_password": SECRET,
        "node_options": [{"address": "127.0.0.1:1", "login_password": SECRET}],
        "watch_seconds": 0,
    }
    with patch_module_args(parameters), pytest.raises(SystemExit):
        group_info.main()
    captured = capsys.readouterr()
    assert "presence-1" in captured.out
    assert SECRET not in captured.out + captured.err

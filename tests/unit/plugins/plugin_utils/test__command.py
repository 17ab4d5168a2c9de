# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command that continues a run: what was typed comes back when Ansible itself parses it, and no secret is in it."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest
import yaml
from ansible.cli.playbook import PlaybookCLI
from ansible.parsing.splitter import parse_kv
from ansible_collections.steadyhand.redis.plugins.plugin_utils._command import command_of, extra_variables

PLAYBOOK = "steadyhand.redis.rolling_restart"


def parsed(command: str) -> dict[str, Any]:
    """What Ansible makes of a command line."""
    client = PlaybookCLI(shlex.split(command))
    client.init_parser()
    assert client.parser is not None
    return dict(vars(client.parser.parse_args(client.args[1:])))


def variables(command: str) -> dict[str, Any]:
    """The variables that a command sets, as Ansible reads them."""
    found: dict[str, Any] = {}
    for text in parsed(command)["extra_vars"]:
        found.update(yaml.safe_load(text) if text.startswith("{") else parse_kv(text))
    return found


TYPED = {
    "nothing": "",
    "another user, who becomes root": "-b -u admin --become-user redis --become-method su",
    "passwords that are asked for": "-k -K --ask-vault-pass",
    "a key and a vault": "--private-key /keys/id --vault-id prod@/vault --vault-id test@prompt --vault-password-file /pass",
    "forks, limit and words": "--forks 20 --limit 'a:!b' -vvv --check --diff",
    "arguments of ssh": "--ssh-common-args '-o ProxyCommand=none' -T 30 -c paramiko_ssh",
    "a file of variables": "-e @/vars.yml",
    "variables": "-e redis_roll_wait_timeout=20 -e redis_accept=stale_entry,replica_lagging",
}


@pytest.mark.parametrize("typed", TYPED.values(), ids=TYPED)
def test_what_was_typed_comes_back(typed: str) -> None:
    before = parsed(f"ansible-playbook -i /one -i host, {typed} {PLAYBOOK}")
    command = command_of(before, PLAYBOOK, {})
    assert parsed(command.text) == before
    assert command.again == ()


VALUES: dict[str, dict[str, Any]] = {
    "a word": {"a": "2026-11-23T15:00:00Z"},
    "an empty text": {"a": ""},
    "words of several types": {"a": "yes", "b": "1, 100%", "c": " d "},
    "settings": {
        "redis_settings": {"tcp-backlog": 301, "save": "", "client-output-buffer-limit": "replica 512mb 0 60"}
    },
    "texts that look like something else": {"a": {"b": "301", "c": "yes", "d": "null", "e": "10:20:30", "f": "1e3"}},
    "lists and switches": {"redis_serial": [1, "25%", "100%"], "a": [True, None, 1.5, []]},
    "what needs quotation marks": {"a": {"b": 'it\'s "x" \\ {{ y }}', "c": "#", "d": "a: b", "e": "a #b"}},
}


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_values_come_back_as_they_were(values: dict[str, Any]) -> None:
    assert variables(f"ansible-playbook {extra_variables(values)} {PLAYBOOK}") == values


@pytest.mark.parametrize("name", ["a word", "texts that look like something else", "lists and switches"])
def test_a_command_is_the_same_when_it_is_shown_as_json(name: str) -> None:
    told = extra_variables(VALUES[name])
    assert json.dumps(told) == f'"{told}"'


SECRETS = {
    "a password": ("-e redis_login_password=s3cret", ["redis_login_password"]),
    "a password among others": ("-e 'hz=1 redis_login_password=s3cret'", ["redis_login_password"]),
    "in a mapping": (
        """-e '{"hz": "1", "servers": [{"auth": "s3cret"}], "api_token": "s3cret"}'""",
        ["api_token", "servers"],
    ),
}


@pytest.mark.parametrize(("typed", "names"), SECRETS.values(), ids=SECRETS)
def test_a_secret_is_named_and_not_shown(typed: str, names: list[str]) -> None:
    command = command_of(parsed(f"ansible-playbook {typed} {PLAYBOOK}"), PLAYBOOK, {"a": "b"})
    assert list(command.again) == names
    assert "s3cret" not in command.text
    assert variables(command.text) == ({"hz": "1", "a": "b"} if "hz" in typed else {"a": "b"})


def test_what_is_added_takes_the_place_of_what_was_given_and_the_rest_may_be_left_out() -> None:
    given = parsed(
        """ansible-playbook --limit a -e '{"redis_settings": {"hz": 1}, "redis_accept": "x"}' -e redis_roll_since=then -u me p"""
    )
    continued = command_of(given, PLAYBOOK, {"redis_roll_since": "now"})
    assert continued.text.count("redis_roll_since") == 1
    assert variables(continued.text) == {"redis_settings": {"hz": 1}, "redis_accept": "x", "redis_roll_since": "now"}
    undone = command_of(given, "p", {}, without=["redis_settings", "redis_roll_since"], limited=False)
    assert undone.text == "ansible-playbook --user me p -e redis_accept=x"

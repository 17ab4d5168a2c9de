# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of a run, told again for people who continue or undo it: as it was typed, but without secrets.

People copy it from the output of Ansible, which shows messages as JSON: a quotation mark or a backslash would be shown with a
backslash before it, and the shell would get another command. So neither is written where there is a way around it.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from ansible.cli.arguments import option_helpers
from ansible.parsing.splitter import parse_kv

from ..module_utils._model.settings.names import is_secret

PROGRAM = "ansible-playbook"
# Options that are told in their own way: the inventory always, the limit where it is wanted.
INVENTORY, LIMIT, VERBOSITY = "inventory", "subset", "verbosity"
# What YAML reads as text, or as the text after !!str, in a flow mapping without quotation marks, in apostrophes of a shell.
_PLAIN = re.compile(r"[\w./@%+=~^-](?:[\w./@%+=~^ -]|:(?! ))*(?<![ :])", re.ASCII)
_WORD = re.compile(r"[\w.,:/@%+^-]*", re.ASCII)


class _NotPlainError(Exception):
    """A text needs quotation marks."""


@dataclass(frozen=True)
class Command:
    """A command for a shell, and the names of the variables that it needs besides, because their values are not shown."""

    text: str
    again: tuple[str, ...]


def command_of(
    given: Mapping[str, Any], playbook: str, added: Mapping[str, Any], without: Iterable[str] = (), limited: bool = True
) -> Command:
    """The command that runs ``playbook`` with the options of a run: ``given`` is what Ansible parsed (CLIARGS).

    ``added`` are variables to set; ``without`` names variables to leave out. ``limited``: whether it keeps the limit.
    """
    kept, again = _variables(given.get("extra_vars") or (), {*added, *without})
    words = [PROGRAM]
    for source in given.get(INVENTORY) or ():
        words += ["-i", shlex.quote(str(source))]
    words += _options(given)
    words.append(playbook)
    if limited and given.get(LIMIT):
        words += ["--limit", shlex.quote(str(given[LIMIT]))]
    return Command(" ".join([*words, *kept, *([extra_variables(added)] if added else [])]), again)


def extra_variables(values: Mapping[str, Any]) -> str:
    """The options that set variables, for a shell. Text that can be read in one way only is written as it is."""
    words = [(name, value) for name, value in values.items() if isinstance(value, str) and _WORD.fullmatch(value)]
    told = [f"-e {name}={value}" for name, value in words]
    rest = {name: value for name, value in values.items() if name not in dict(words)}
    if rest:
        try:
            told.append(f"-e '{_flow(rest)}'")
        except _NotPlainError:
            told.append("-e " + shlex.quote(json.dumps(rest)))
    return " ".join(told)


def _options(given: Mapping[str, Any]) -> list[str]:
    """Every option that differs from its default, but for the inventory, the limit and the variables."""
    parser = option_helpers.create_base_parser(PROGRAM)
    # Those of ansible-playbook (PlaybookCLI.init_parser).
    kinds: tuple[Callable[[argparse.ArgumentParser], None], ...] = (
        option_helpers.add_connect_options,
        option_helpers.add_meta_options,
        option_helpers.add_runas_options,
        option_helpers.add_check_options,
        option_helpers.add_inventory_options,
        option_helpers.add_vault_options,
        option_helpers.add_fork_options,
        option_helpers.add_module_options,
    )
    for add in kinds:
        add(parser)
    words: list[str] = []
    for action in parser._actions:
        value = given.get(action.dest)
        if action.dest in (INVENTORY, LIMIT) or not value or value == action.default:
            continue
        flag = next((name for name in action.option_strings if name.startswith("--")), action.option_strings[0])
        if action.dest == VERBOSITY:
            words.append("-" + "v" * int(value))
        elif action.nargs == 0:
            words.append(flag)
        else:
            values = value if isinstance(value, (list, tuple)) else [value]
            words += [word for one in values for word in (flag, shlex.quote(str(one)))]
    return words


def _variables(texts: Iterable[str], without: set[str]) -> tuple[list[str], tuple[str, ...]]:
    """What is left of the variables that were given, as options, and the names of those that are secret."""
    words, again = [], set()
    for text in texts:
        if text.startswith("@"):
            words.append("-e " + shlex.quote(text))
            continue
        values = _read(text)
        secrets = {name for name, value in values.items() if name not in without and _holds_secret(name, value)}
        again |= secrets
        kept = {name: value for name, value in values.items() if name not in without | secrets}
        if kept:
            words.append(extra_variables(kept))
    return words, tuple(sorted(again))


def _read(text: str) -> dict[str, Any]:
    """The variables in the argument of ``-e``. Ansible has read it before, so it can be read."""
    if text.startswith(("{", "[")):
        read = yaml.safe_load(text)
        return {str(name): value for name, value in read.items()} if isinstance(read, dict) else {}
    return {str(name): str(value) for name, value in parse_kv(text).items()}


def _holds_secret(name: str, value: Any) -> bool:
    """Whether a variable, or something in it, has the name of a secret."""
    if is_secret(name) or "credential" in name.lower():
        return True
    if isinstance(value, Mapping):
        return any(_holds_secret(str(key), inner) for key, inner in value.items())
    if isinstance(value, (list, tuple)):
        return any(_holds_secret("", inner) for inner in value)
    return False


def _flow(value: Any) -> str:
    """YAML on one line without quotation marks. Raises _NotPlainError where that cannot be."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(str(key))}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if value is None or isinstance(value, (bool, int, float)):
        return json.dumps(value)
    text = str(value)
    if not _PLAIN.fullmatch(text):
        raise _NotPlainError
    return text if isinstance(yaml.safe_load(text), str) else f"!!str {text}"

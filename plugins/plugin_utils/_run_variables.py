# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of a run as people and surveys write them, which is often as text: what of it cannot be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml
from ansible.module_utils.parsing.convert_bool import boolean

from ..module_utils._model.problems import unacceptable
from ..module_utils._model.settings.names import is_secret
from . import _waves

ACCEPT = "redis_accept"
SERIAL = "redis_serial"
SETTINGS = "redis_settings"
SWITCHES = ("redis_accept_full_sync", "redis_audit_files", "redis_return_primary")


def mistakes(given: Mapping[str, Any]) -> list[str]:
    """A sentence for each variable, by its name, that cannot be read. Empty text is what a survey makes of no answer."""
    return [
        *_waves_mistakes(given.get(SERIAL)),
        *_settings_mistakes(given.get(SETTINGS)),
        *_switch_mistakes(given),
        *_accept_mistakes(given.get(ACCEPT)),
    ]


def _accept_mistakes(value: Any) -> Iterator[str]:
    codes = str(value).replace(",", " ").split() if isinstance(value, str) else value
    if isinstance(codes, Sequence):
        for sentence in unacceptable([str(code) for code in codes]):
            yield f"{ACCEPT}: {sentence}"


def _waves_mistakes(value: Any) -> Iterator[str]:
    if value in (None, ""):
        return
    try:
        _waves.waves(value)
    except _waves.WaveError as error:
        yield str(error)


def _settings_mistakes(value: Any) -> Iterator[str]:
    read = value
    if isinstance(value, str):
        try:
            read = yaml.safe_load(value)
        except yaml.YAMLError as error:
            # Its first line alone: the others repeat the text.
            why = str(error).splitlines()[0]
            yield f"{SETTINGS} cannot be read as YAML or JSON ({why}): {_WANTED_SETTINGS}"
            return
    if read is not None and not isinstance(read, Mapping):
        # Not the value itself: what people push may be a secret.
        yield f"{SETTINGS} is {_kind_of(value)}: {_WANTED_SETTINGS}"
        return
    secrets = sorted(str(name) for name in read or () if is_secret(str(name)))
    if secrets:
        # Here, before anything is said of this run: the command that continues it shows the settings.
        yield (
            f"{SETTINGS} holds {', '.join(secrets)}: secrets are not pushed, because they would be shown in plans and commands, and "
            "every node, Sentinel and client needs a new one at the same time. Leave them out"
        )


_KINDS = ((bool, "a boolean"), ((int, float), "a number"), (str, "a text"), (list, "a list"))
_WANTED_SETTINGS = 'it must be a mapping from setting to value, for example {"repl-backlog-size": "256mb"}'


def _kind_of(value: Any) -> str:
    """In words. Ansible's values are of classes of its own, so the bases count."""
    return next((words for kinds, words in _KINDS if isinstance(value, kinds)), "something else")


def _switch_mistakes(given: Mapping[str, Any]) -> Iterator[str]:
    for name in SWITCHES:
        value = given.get(name)
        try:
            boolean(False if value in (None, "") else value)
        except TypeError:
            yield f"{name} is {value!r}: it must be true or false"

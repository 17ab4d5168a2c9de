# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command ``steadyhand-guard``: for the unit that holds stops, for people, health checks and autoscaler hooks."""

from __future__ import annotations

import argparse
import getpass
import os
import time
from collections.abc import Sequence
from typing import Callable

from .._model.errors import BadInput, SteadyhandError
from .asking import check, packages, status
from .holding import armed, hold
from .override import Override, write_override
from .place import BAD_USE, MAY_STOP, Place, only_service
from .speech import complain, show

Action = Callable[[Place, argparse.Namespace], int]


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    asked = _parser().parse_args(words)
    try:
        place = Place(asked.service or only_service())
        action: Action = asked.action
        return action(place, asked)
    except SteadyhandError as error:
        complain(f"steadyhand-guard: {error}")
        return BAD_USE


def _override(place: Place, asked: argparse.Namespace) -> int:
    """Let the next stop pass."""
    if not asked.reason.strip() or asked.seconds <= 0:
        raise BadInput("an override needs a reason that others will understand, and seconds above 0")
    by = os.environ.get("SUDO_USER") or getpass.getuser()
    override = Override(by, asked.reason.strip(), time.monotonic() + asked.seconds)
    try:
        write_override(place.override_file, override)
    except OSError as error:
        raise BadInput(f"{place.override_file} cannot be written: {error.strerror}. Run this as root") from error
    show(f"the next stop of {place.name} is not held: {override}")
    return MAY_STOP


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="steadyhand-guard",
        description="Says whether the Redis or Valkey node on this machine may be stopped, and holds stops until it may.",
        epilog="Exit codes: 0 it may be stopped; 1 it must not; 2 this was not meant so; 3 (hold) the stop was called off.",
    )
    parser.add_argument("--service", help="the node's unit, where this machine has several")
    actions = parser.add_subparsers(required=True, metavar="ACTION")

    questions: tuple[tuple[str, Action, str], ...] = (
        ("status", status, "role, what stands against a stop, and whether the guard would hold it"),
        ("check", check, "whether the node may be stopped now"),
    )
    for name, action, text in questions:
        question = actions.add_parser(name, help=text)
        question.add_argument("--json", action="store_true", help="for programs")
        question.add_argument("--shutdown", action="store_true", help="judge as if the whole machine went down")
        question.set_defaults(action=action)

    overriding = actions.add_parser("override", help="let the next stop pass, whatever stands against it")
    overriding.add_argument("--reason", required=True, help="why; it is logged with your name")
    overriding.add_argument("--seconds", type=float, default=600.0, help="for how long it counts (default: 600)")
    overriding.set_defaults(action=_override)

    called: tuple[tuple[str, Action, str], ...] = (
        ("hold", hold, "(for the guard's unit) hold the stop that is under way"),
        ("packages", packages, "(for APT) whether the packages on standard input may be changed now"),
        ("armed", armed, "(for the guard's unit) say what it will do"),
    )
    for name, action, text in called:
        actions.add_parser(name, help=text).set_defaults(action=action)
    return parser

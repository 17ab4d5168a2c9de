# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the guard speaks: to people and programs on its standard output, to the journal by the same way, and of mistakes on the other."""

from __future__ import annotations

import sys


def show(text: str) -> None:
    """For whoever called."""
    # This is a program, and no module that answers in JSON alone.
    print(text, flush=True)  # pylint: disable=ansible-bad-function


def complain(text: str) -> None:
    """What was not meant so, or must not be."""
    print(text, file=sys.stderr, flush=True)  # pylint: disable=ansible-bad-function


def say(text: str, error: bool = False) -> None:
    """To the journal, whose levels these are (man sd-daemon); the journal keeps what was said when."""
    show(("<3>" if error else "<4>") + text)

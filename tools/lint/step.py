# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a lint step is made of."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path

from tools import environments
from tools.paths import ROOT
from tools.processes import run_quietly

Step = Callable[[], str | None]
"""Raises LintError, or returns what to say instead of "ok"."""


class LintError(Exception):
    """A check found something; the text is what there is to be read about it."""


def tool(*command: str | Path, env: Mapping[str, str] | None = None, cwd: Path = ROOT) -> str:
    """Run a linter and return what it printed; raise LintError with that where it ended badly."""
    done = run_quietly(command, env or environments.variables(), cwd)
    if done.returncode != 0:
        line = shlex.join(str(word) for word in command)
        raise LintError(f"{done.stdout.rstrip()}\n(code {done.returncode} from: {line})")
    return done.stdout

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`./dev lint`: every check that is not a test. Each step is named, timed and run even where another failed.

Two run at a time, because most of them keep one core busy. The long ones begin.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from tools import environments
from tools.lint import content, sanity, source, tarball
from tools.lint.step import LintError, Step
from tools.processes import SetupError

STEPS: Mapping[str, Step] = {
    "sanity-oldest": sanity.oldest,
    "sanity-newest": sanity.newest,
    "ruff": source.ruff,
    "format": source.ruff_format,
    "mypy": source.mypy,
    "yamllint": source.yamllint,
    "ansible-lint": content.ansible_lint,
    "changelog": content.changelog,
    "docs": content.docs,
    "tarball": tarball.check,
}
SIDE_BY_SIDE = 2


def run(names: list[str]) -> int:
    """Run the named steps, or all; 0 only where none failed."""
    for name in names:
        if name not in STEPS:
            raise SetupError(f"no lint step {name!r}; there are: {', '.join(STEPS)}")
    environments.prepare("runtime", "test", "lint", python=sys.executable)
    chosen = names or list(STEPS)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        failed = [name for name, passes in zip(chosen, pool.map(_passes, chosen), strict=True) if not passes]
    print(f"dev: lint {'failed: ' + ', '.join(failed) if failed else 'passed'}", flush=True)
    return 1 if failed else 0


def _passes(name: str) -> bool:
    begun = time.monotonic()
    found, good = "", True
    try:
        outcome = STEPS[name]() or "ok"
    except (LintError, SetupError) as failure:
        found, outcome, good = f"{failure}\n", "FAILED", False
    # At once, so that the lines of two steps do not mix.
    print(f"{found}dev: lint {name}: {outcome} ({time.monotonic() - begun:.0f} s)", flush=True)
    return good

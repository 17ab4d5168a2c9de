# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test suites: what each needs, and in which order they run."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

from tools import debian, environments
from tools.paths import ROOT
from tools.processes import SetupError, run_foreground

_NOTHING_COLLECTED = 5
"""pytest's exit code for it. A suite without tests has proved nothing, so it counts as failed."""


@dataclass(frozen=True)
class Suite:
    """A folder below tests/; `servers` and `ssh` say which programs its tests start."""

    servers: bool = True
    ssh: bool = False


SUITES: Mapping[str, Suite] = {
    "unit": Suite(servers=False),
    "engine": Suite(),
    "incidents": Suite(),
    "playbooks": Suite(ssh=True),
}


def run(arguments: list[str]) -> int:
    """`[SUITE] [pytest arguments]`: one suite, or all of them one after the other; 0 only where every test passed."""
    if arguments and arguments[0] in SUITES:
        return _run_suite(arguments[0], arguments[1:])
    if arguments and not arguments[0].startswith("-"):
        raise SetupError(f"no suite {arguments[0]!r}; there are: {', '.join(SUITES)}")
    codes = {name: _run_suite(name, arguments) for name in SUITES}
    failed = [name for name, code in codes.items() if code != 0]
    print(f"\ndev: suites passed: {len(codes) - len(failed)} of {len(codes)}", end="")
    print(f"; failed: {', '.join(failed)}" if failed else "", flush=True)
    return 1 if failed else 0


def _run_suite(name: str, arguments: list[str]) -> int:
    suite = SUITES[name]
    more: dict[str, str] = {}
    environments.prepare("runtime", "test", python=sys.executable)
    if suite.servers:
        more["LAB_REDIS_SERVER"] = str(debian.unpacked_program("redis-server", "redis-server"))
    if suite.ssh:
        debian.install_sshd()
    print(f"\ndev: tests/{name}", flush=True)
    begun = time.monotonic()
    env = environments.variables(more=more)
    folder = f"tests/{name}"
    chosen = any(word.startswith(folder) for word in arguments)  # files of it, or single tests
    code = run_foreground(["python", "-m", "pytest", *([] if chosen else [folder]), *arguments], env, ROOT)
    outcome = {0: "passed", _NOTHING_COLLECTED: "failed: it holds no test, or none was chosen"}.get(code, "failed")
    print(f"dev: tests/{name} {outcome} ({time.monotonic() - begun:.0f} s)", flush=True)
    return code

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Python for the nodes that leaves an account of every module run: its processor time, and so their number.

Ansible starts one interpreter per module run. Where the interpreter is this shell script, dash's `times` tells exactly
what the run cost, however short it was; looking at /proc from outside would miss most of it.
"""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

_SCRIPT = """\
#!/bin/sh
{python} "$@"
code=$?
times > {accounts}/$$
exit $code
"""
_MINUTES = re.compile(r"(\d+)m([\d.]+)s")


class AccountingInterpreter:
    """The script and its accounts, in an empty directory of their own."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "python"
        self._accounts = directory / "accounts"
        self._accounts.mkdir(parents=True)
        script = _SCRIPT.format(python=shlex.quote(sys.executable), accounts=shlex.quote(str(self._accounts)))
        self.path.write_text(script, encoding="utf-8")
        self.path.chmod(0o755)

    def reset(self) -> None:
        """Forget what was accounted."""
        for account in self._accounts.iterdir():
            account.unlink()

    @property
    def runs(self) -> int:
        """Module runs since the last reset."""
        return len(list(self._accounts.iterdir()))

    @property
    def cpu_seconds(self) -> float:
        """User and system time of all of them, with what they started and waited for (a restart command)."""
        return sum(_seconds(account.read_text(encoding="ascii")) for account in self._accounts.iterdir())


def _seconds(times: str) -> float:
    return sum(int(minutes) * 60 + float(seconds) for minutes, seconds in _MINUTES.findall(times))

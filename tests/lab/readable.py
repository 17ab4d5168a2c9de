# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's output as a short story: what the playbook says, what it changed where, and every failure."""

from __future__ import annotations

import json
import re
import textwrap
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

READABLE_ENVIRONMENT = {
    "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
    "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
    "ANSIBLE_FORCE_COLOR": "false",
    "ANSIBLE_NOCOLOR": "true",
    "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
}
"""What `Readable` expects of Ansible."""

WIDTH = 118
"""Columns of a line."""

_RESULT = re.compile(r"^(?P<status>ok|changed|fatal|failed|skipping|included): \[?(?P<host>[^\]]*)\]?(?P<rest>.*)$")
_HEADING = re.compile(r"^(?P<kind>PLAY|TASK|RUNNING HANDLER) \[(?P<title>.*)\] \**$")
_QUIET = ("ok", "included", "skipping")


class Readable:
    """Feed it the lines; it says what a person wants to read, each with the seconds since the start.

    A line that it does not know is passed on as it is: nothing that went wrong is hidden.
    """

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock
        self._started = clock()
        self._task = ""
        self._begun: tuple[str, str] | None = None
        """Status and host of a result whose JSON goes on in the next lines."""
        self._json = ""
        self._in_recap = False

    def feed(self, line: str) -> None:
        """One line without its end."""
        if self._begun is not None and _HEADING.match(line):
            # That was no JSON after all.
            self._tell(f"{' '.join(self._begun)}: {self._json}")
            self._begun = None
        if self._begun is not None:
            self._go_on(line)
        elif heading := _HEADING.match(line):
            self._head(heading["kind"], heading["title"])
        elif line.startswith("PLAY RECAP"):
            self._in_recap = True
        elif self._in_recap and " ok=" in line:
            return
        elif result := _RESULT.match(line):
            self._result(result["status"], result["host"], result["rest"])
        elif line.strip():
            self._tell(line)

    def _head(self, kind: str, title: str) -> None:
        if kind == "PLAY":
            self._tell(f"-- {title}")
        else:
            # Of a role's task Ansible shows `role : task`.
            self._task = title.rpartition(" : ")[2]

    def _result(self, status: str, host: str, rest: str) -> None:
        _head, arrow, answer = rest.partition("=> {")
        if arrow:
            self._begun, self._json = (status, host), ""
            self._go_on("{" + answer)
        elif status == "changed":
            self._tell(f"{_where(host)}: {self._task}")
        elif status not in _QUIET:
            self._tell(f"{status.upper()} {_where(host)}: {self._task}{rest}")

    def _go_on(self, line: str) -> None:
        self._json += line
        try:
            answer = json.loads(self._json)
        except json.JSONDecodeError:
            return
        assert self._begun is not None, "a result has begun"
        (status, host), self._begun = self._begun, None
        message = str(answer.get("msg", "")) or self._task
        if status in ("fatal", "failed"):
            self._tell(f"FAILED {_where(host)}: {self._task}: {message}")
        elif status == "changed" or "msg" in answer:
            self._tell(message if "msg" in answer else f"{_where(host)}: {self._task}")

    def _tell(self, text: str) -> None:
        stamp = f"  [{self._clock() - self._started:6.1f} s] "
        self._say(
            textwrap.fill(
                text,
                WIDTH,
                initial_indent=stamp,
                subsequent_indent=" " * len(stamp),
                # Commands and paths are there to be copied.
                break_long_words=False,
                break_on_hyphens=False,
            )
        )


def _where(host: str) -> str:
    """The host that the work was done on: of `group-1-a -> group-1-b(127.0.0.1)` the second."""
    return host.rpartition(" -> ")[2].partition("(")[0]

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where clients of a group without Sentinels go: a file with an address, in place of a virtual IP address.

It is moved like one, by a command that is told where to by its environment (`CommandRoute`). Files beside it change what
the command does: `route-fails-to` holds a port to which it refuses to move, `route-hangs-to` one at which it does not end.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.state import NodeState

_MOVE = """#!/bin/sh
set -e
here={here}
[ "$(cat "$here/route-fails-to" 2> /dev/null)" != "$STEADYHAND_NEW_PORT" ] || {{ echo the balancer says no >&2; exit 3; }}
[ "$(cat "$here/route-hangs-to" 2> /dev/null)" != "$STEADYHAND_NEW_PORT" ] || exec sleep 600
echo "$STEADYHAND_NEW_HOST $STEADYHAND_NEW_PORT" > "$here/pointer.new"
mv "$here/pointer.new" "$here/pointer"
"""


class Pointer:
    """The one of one group."""

    def __init__(self, lab_directory: Path, group: str) -> None:
        self._directory = lab_directory / "pointers" / group

    @property
    def file(self) -> Path:
        """Host and port, in one line."""
        return self._directory / "pointer"

    @property
    def command(self) -> list[str]:
        """What moves it."""
        return [str(self._directory / "move")]

    def create(self, first: NodeState) -> None:
        """Point to the primary of the first start."""
        self._directory.mkdir(parents=True, exist_ok=True)
        move = Path(self.command[0])
        move.write_text(_MOVE.format(here=self._directory), encoding="utf-8")
        move.chmod(0o755)
        host, port = first.announced
        self.file.write_text(f"{host} {port}\n", encoding="utf-8")

    def fail_to(self, node: NodeState | None) -> None:
        """Refuse to move there from now on, or nowhere any more."""
        self._switch("route-fails-to", node)

    def hang_to(self, node: NodeState | None) -> None:
        """Never end when moving there from now on, or nowhere any more."""
        self._switch("route-hangs-to", node)

    def _switch(self, name: str, node: NodeState | None) -> None:
        file = self._directory / name
        if node is None:
            file.unlink(missing_ok=True)
        else:
            file.write_text(str(node.port), encoding="utf-8")

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A process that outlives its lab's owner by a moment: it removes the lab when the owner ends, however it ends.

`python -m lab.warden LAB_DIRECTORY` reads standard input, the owner's pipe. End of file means that the owner is gone,
also by SIGKILL, or that the lab was removed in good order; then nothing is left to do. `keep` means that the lab shall
stay without an owner.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from lab.removal import remove

KEEP = b"keep"
TESTS_DIRECTORY = Path(__file__).resolve().parent.parent


class Warden:
    """The owner's side."""

    def __init__(self, directory: Path, module: str = "lab.warden") -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", module, str(directory)],
            stdin=subprocess.PIPE,
            cwd=TESTS_DIRECTORY,
            # Not in the owner's session: a Ctrl-C is meant for the owner, the warden works after it.
            start_new_session=True,
        )

    def dismiss(self, keep_lab: bool = False) -> None:
        """Tell it that the owner is done, and wait for its end. What is left of the lab is removed, or kept."""
        self._child.communicate(KEEP if keep_lab else None)


def watch(arguments: list[str], remove_all: Callable[[Path], None]) -> int:
    """The child's side."""
    (directory,) = arguments
    if sys.stdin.buffer.read() != KEEP:
        remove_all(Path(directory))
    return 0


if __name__ == "__main__":
    sys.exit(watch(sys.argv[1:], remove))

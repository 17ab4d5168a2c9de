# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The restart command of a node: what `redis_restart_command` of the lab's inventory runs. Standard library only.

`python -m lab.restart LAB_DIRECTORY NODE` stops the node (SIGTERM, waits for its end) and starts it again, detached,
with its own file; it returns when the node answers, and fails with the end of the log when it does not. Every run
appends a line `stopped STARTED` (seconds since the epoch) to the node's `restarts` file.

For tests, files in the node's directory change what it does: `restart-delay` holds seconds between stop and start;
`restart-fails` makes it fail after the stop.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from lab.errors import LabError
from lab.server import start_server
from lab.state import LabState

FAILURE_SWITCH = "restart-fails"
DELAY_FILE = "restart-delay"
RESTARTS_FILE = "restarts"


def restart(lab_directory: Path, name: str) -> None:
    """Stop and start one node."""
    node = LabState.load(lab_directory).node(name)
    directory = Path(node.directory)
    node.process.stop()
    stopped = time.time()
    if (directory / FAILURE_SWITCH).exists():
        raise LabError(f"{name}: told to fail by {directory / FAILURE_SWITCH}: stopped, not started")
    if (directory / DELAY_FILE).exists():
        time.sleep(float((directory / DELAY_FILE).read_text(encoding="ascii")))
    start_server(node)
    with (directory / RESTARTS_FILE).open("a", encoding="ascii") as handle:
        handle.write(f"{stopped:.3f} {time.time():.3f}\n")


def main(arguments: list[str]) -> int:
    """Run from the command line."""
    if len(arguments) != 2:
        print("usage: python -m lab.restart LAB_DIRECTORY NODE", file=sys.stderr)
        return 2
    try:
        restart(Path(arguments[0]), arguments[1])
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

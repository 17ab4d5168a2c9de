# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python -m scenarios.users STATE`: start the users of a scenario's groups. They write until a test stops them, or until the
machines are removed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from hosts.deployed import Deployed
from lab.playbook import ansible_program
from lab.traffic.load import Load
from lab.traffic.traffic import Traffic

LOAD = Load(value_size=100, writes_per_second=100.0, messages_per_second=5.0)


def deployed_by(state: Path) -> Deployed:
    """What a scenario has deployed; *state* is molecule's directory of it."""
    command = [ansible_program("ansible-inventory"), "--list", "--inventory", str(state / "inventory")]
    inventory = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return Deployed(inventory, state / "machines")


def main(state: Path) -> None:
    """Start them."""
    Traffic.start(deployed_by(state), LOAD)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

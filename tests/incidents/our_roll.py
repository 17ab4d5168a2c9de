# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection's roll, as a user runs it."""

from __future__ import annotations

from lab.lab import Lab
from lab.playbook import run_playbook

PLAYBOOK = "steadyhand.redis.rolling_restart"
RESTART_SECONDS = 10
"""Seconds that a restart of a lab node takes at most on a busy machine: what the backlog must bridge."""


def roll(lab: Lab) -> None:
    """Restart every node of every group; an error with Ansible's output when the playbook failed."""
    output: list[str] = []
    code = run_playbook(lab, PLAYBOOK, {"redis_roll_restart_seconds": RESTART_SECONDS}, on_line=output.append)
    assert code == 0, f"{PLAYBOOK} ended with {code}:\n" + "\n".join(output)

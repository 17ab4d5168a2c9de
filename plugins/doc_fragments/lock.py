# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the lock option."""

from __future__ import annotations


class ModuleDocFragment:
    """How a module keeps the maintenance lock of the run that it belongs to."""

    DOCUMENTATION = r"""
options:
  lock:
    description:
      - The maintenance lock of the group, as M(steadyhand.redis.maintenance_lock) describes it.
      - With it, the module takes the lock or prolongs it, and fails when another run holds it.
    type: dict
    suboptions:
      owner:
        description:
          - Unique name of the run that holds the lock.
        type: str
        required: true
      purpose:
        description:
          - What the run is doing, for people who meet the lock.
        type: str
        default: maintenance
      seconds:
        description:
          - After how many seconds without a renewal the lock ends by itself.
        type: int
        default: 900
      release:
        description:
          - Whether to give the lock back when the module succeeds.
        type: bool
        default: false
      continues:
        description:
          - Owners of earlier runs that have ended without giving the lock back. It is taken over from them.
          - A hand-over of such a run that is still at work is a refusal. If the run was not dead after all, it is refused at its next step.
        type: list
        elements: str
        default: []
"""

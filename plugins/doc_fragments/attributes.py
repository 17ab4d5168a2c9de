# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of what modules support, shared by all of them."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes of modules that work on the servers' side."""

    DOCUMENTATION = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/steadyhand.redis.redis) in C(module_defaults) to set connection options once for all modules.
    support: full
    membership:
      - steadyhand.redis.redis
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
  platform:
    description: Target operating systems that can be operated against.
    support: full
    platforms: posix
requirements:
  - redis (Python library, 4.3 or newer) on the host that runs the module
"""

    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details:
      - This module does not change anything.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: N/A
    details:
      - This module does not change anything.
"""

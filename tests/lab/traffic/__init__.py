# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users of a lab: writers that follow the Sentinels, the journal of what was acknowledged to them, and its check.

`lab.traffic.traffic.Traffic` starts one process per group; `stop()` returns the report; `report.check(lab)` looks up
every acknowledged write on every node.
"""

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users feel of a hand-over, sequence by sequence: our drivers beside what others do.

One run measures every sequence on the same groups, under the same load, in turn. A *round* is one sequence, from a
healthy group to a healthy group, with every acknowledged write looked up at its end (`rounds.py`). A *lane* is a
process with groups of its own that does rounds one after the other (`lane.py`).
"""

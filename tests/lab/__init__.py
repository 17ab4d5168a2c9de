# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real Redis groups, Sentinels, sshd and writers on loopback, for the demo, for play and for every test that needs
servers.

`lab.lab.Lab` makes, starts, loads and removes a lab. Modules that the restart command of a node needs
(`state`, `process`, `probe`, `server`) import the standard library only, so that a restart costs no import of redis-py.
"""

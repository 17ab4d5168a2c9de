# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Machines with systemd, sshd and the distribution's Redis or Valkey, as users have them; containers of podman.

`hosts.hosts.Hosts` makes, starts and removes one group on machines of its own. Like the lab beside it, it can be asked,
written to and described by an inventory; unlike it, its servers belong to a service manager.
"""

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong in a lab."""

from __future__ import annotations


class LabError(Exception):
    """The lab cannot do what was asked; the sentence says what, where and what now."""


class StartError(LabError):
    """A server process ended or stayed silent after its start; the message ends with the tail of its log."""


class PortTakenError(StartError):
    """Somebody else bound the port between our look and the server's bind. Another port will do."""


class WaitTimeoutError(LabError):
    """A condition did not come true in time; the message holds the last evidence."""

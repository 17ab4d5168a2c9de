# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that can go wrong here, as one tree of exceptions.

Every message says what happened, where (``host:port``) and what can be done. The most specific class is caught first;
only the Ansible glue turns an error into a failed task.
"""

from __future__ import annotations

from collections.abc import Sequence


class SteadyhandError(Exception):
    """Root of the errors that this collection raises on purpose."""


class BadInput(SteadyhandError):
    """What the user asked for cannot be meant; nothing was changed."""


class LibraryMissing(SteadyhandError):
    """A Python library that talking to the servers needs is not installed on this host."""


class Unreachable(SteadyhandError):
    """A server did not answer: connection refused, lost or timed out. Nothing is known about its state."""


class NotListening(Unreachable):
    """Nothing listens at the address of a server: its process has ended, or has not begun."""


class AccessDenied(SteadyhandError):
    """A server answered, but not to us: wrong password, missing permission, certificate not accepted."""


class CommandRefused(SteadyhandError):
    """A server answered a command with an error reply, kept in ``reply`` without its ``ERR`` prefix."""

    def __init__(self, message: str, reply: str) -> None:
        super().__init__(message)
        self.reply = reply


class CommandMissing(CommandRefused):
    """The server does not know the command: it was renamed, disabled, or the engine is too old."""


class WrongKind(SteadyhandError):
    """What answers at the address is a server of another kind than the one that was meant."""


class Refused(SteadyhandError):
    """The collection declines to act, before any change, for all the reasons given."""

    def __init__(self, what: str, reasons: Sequence[str]) -> None:
        super().__init__("{}: {}".format(what, "; ".join(reasons)))
        self.reasons = tuple(reasons)


class OutcomeUnknown(SteadyhandError):
    """Something was begun and its end was not seen. Nobody may stop a node because of it."""


class ConditionTimeout(SteadyhandError):
    """A deadline passed before the awaited conditions held; ``missing`` names those that did not."""

    def __init__(self, what: str, missing: Sequence[str]) -> None:
        super().__init__("{}; what does not hold: {}".format(what, "; ".join(missing)))
        self.missing = tuple(missing)

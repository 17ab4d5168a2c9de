# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One socket to one server: the only place that imports redis-py (4.3 and newer).

redis-py's high-level client reconnects and repeats commands by itself. During a hand-over a silent second attempt would
be a second fence or a second failover, so its lowest layer is used: a connection that is opened once, and an error when
it breaks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Union

from .._model.address import Address
from .._model.errors import (
    AccessDenied,
    BadInput,
    CommandMissing,
    CommandRefused,
    LibraryMissing,
    NotListening,
    OutcomeUnknown,
    SteadyhandError,
    Unreachable,
)

try:
    import redis
    import redis.connection
    import redis.exceptions
except ImportError as error:
    IMPORT_ERROR: ImportError | None = error
else:
    IMPORT_ERROR = None

Command = Sequence[Union[str, int]]
Reply = Any


@dataclass(frozen=True)
class Login:
    """How to reach and prove oneself to a server. Passwords never appear in its text form."""

    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    validate_certs: bool = True
    check_hostname: bool = True
    ca_certs: str | None = None
    client_cert_file: str | None = None
    client_key_file: str | None = None


class Connection:
    """A connection to one server. Every error names the server; after a lost connection every call fails.

    ``timeout`` in seconds bounds the connection attempt and each wait for a reply.
    """

    def __init__(self, address: Address, login: Login, timeout: float = 3.0) -> None:
        if IMPORT_ERROR is not None:
            raise LibraryMissing("the Python library redis is not installed") from IMPORT_ERROR
        self.address = address
        self.login = login
        self._lost: str | None = None
        self._link = _make_link(address, login, timeout)

    def open(self) -> Connection:
        """Connect and authenticate. Raises Unreachable or AccessDenied."""
        try:
            self._link.connect()
        except Exception as error:  # every kind is mapped or raised again by _translate
            raise self._translate(error, "the connection attempt") from error
        return self

    def close(self) -> None:
        """Close the socket; closing twice is allowed."""
        self._lost = self._lost or "the connection was closed"
        self._link.disconnect()

    def __enter__(self) -> Connection:
        return self.open()

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def presented_certificate(self) -> bytes:
        """The certificate (DER) that the server presented. Raises BadInput without TLS."""
        socket = self._link._sock
        found = socket.getpeercert(binary_form=True) if self.login.tls and socket is not None else None
        if not found:
            raise BadInput(f"{self.address} was not asked with TLS, so it presented no certificate: set tls")
        return bytes(found)

    def detached(self) -> Any:
        """The socket itself, for a conversation that is no exchange of commands and replies. No command may be run afterwards."""
        if self._lost is not None or self._link._sock is None:
            raise Unreachable(f"{self.address} cannot be asked any more: {self._lost}")
        self._lost = "the connection was given away"
        return self._link._sock

    def call(self, *command: str | int) -> Reply:
        """Send one command and return its reply. Raises CommandRefused for an error reply."""
        reply = self.pipeline([command])[0]
        if isinstance(reply, SteadyhandError):
            raise reply
        return reply

    def pipeline(self, commands: Sequence[Command]) -> list[Reply]:
        """Send commands in one round trip. An error reply takes its place in the list as a CommandRefused."""
        self.send(commands)
        return [self.receive(command) for command in commands]

    def send(self, commands: Sequence[Command]) -> None:
        """Send without waiting for the replies, which receive() must then fetch one by one."""
        if self._lost is not None:
            raise Unreachable(f"{self.address} cannot be asked any more: {self._lost}")
        try:
            self._link.send_packed_command(self._link.pack_commands([tuple(command) for command in commands]))
        except Exception as error:  # every kind is mapped or raised again by _translate
            raise self._translate(error, _verb(commands[0])) from error

    def receive(self, command: Command) -> Reply:
        """Fetch the next reply; ``command`` names it in errors."""
        try:
            return self._checked(self._link.read_response(), command)
        except redis.exceptions.ResponseError as error:
            return self._translate(error, _verb(command))
        except Exception as error:  # every kind is mapped or raised again by _translate
            raise self._translate(error, _verb(command)) from error

    def transaction(self, commands: Sequence[Command]) -> list[Reply]:
        """Run commands in one MULTI/EXEC. Error replies of single commands take their place in the list.

        Raises CommandRefused when the transaction as a whole was refused: then none of it was carried out.
        """
        framed: list[Command] = [("MULTI",), *commands, ("EXEC",)]
        replies = self.pipeline(framed)
        for queued in replies:
            if isinstance(queued, SteadyhandError):
                raise queued
        if not isinstance(replies[-1], list) or len(replies[-1]) != len(commands):
            raise OutcomeUnknown(f"{self.address} answered EXEC with {replies[-1]!r}")
        return [self._checked(reply, command) for reply, command in zip(replies[-1], commands)]

    def _checked(self, reply: Reply, command: Command) -> Reply:
        if isinstance(reply, redis.exceptions.ResponseError):
            return self._translate(reply, _verb(command))
        return reply

    def _translate(self, error: Exception, verb: str) -> SteadyhandError:
        where, said = str(self.address), str(error)
        if isinstance(error, (redis.exceptions.AuthenticationError, redis.exceptions.NoPermissionError)):
            return AccessDenied(f"{where} does not permit {verb}: {said}")
        if isinstance(error, redis.exceptions.ResponseError):
            if said.startswith(("NOAUTH", "WRONGPASS", "NOPERM")) or "Authentication required" in said:
                return AccessDenied(f"{where} does not permit {verb}: {said}")
            message = f"{where} refused {verb}: {said}"
            kind: type[CommandRefused] = (
                CommandMissing if said.lower().startswith("unknown command") else CommandRefused
            )
            return kind(message, said)
        if isinstance(error, (redis.exceptions.RedisError, OSError, ValueError)):
            self._lost = said or type(error).__name__
            self._link.disconnect()
            if "certificate" in said.lower():
                return AccessDenied(f"{where}: the TLS certificate was not accepted: {said}{_about_its_time(said)}")
            # redis-py wraps what the operating system said.
            refused = isinstance(error.__cause__ or error.__context__ or error, ConnectionRefusedError)
            return (NotListening if refused else Unreachable)(f"{where} did not answer {verb}: {self._lost}")
        raise error


def _about_its_time(said: str) -> str:
    """What to do about a certificate of which only the time is wrong."""
    if not any(words in said for words in ("expired", "EXPIRED", "not yet valid")):
        return ""
    return (
        ". Renew it, and look at the clocks of both hosts. Who presents one whose time is over can be asked only with "
        "validate_certs=false (in an inventory redis_validate_certs, redis_sentinel_validate_certs), for the run that renews it"
    )


def _verb(command: Command) -> str:
    # Arguments may be secrets (CONFIG SET masterauth ...); a container's sub-command never is.
    words = [str(word) for word in command[:2]]
    return " ".join(words) if words[0].upper() in ("ACL", "CLIENT", "CONFIG", "SENTINEL") else words[0]


def _make_link(address: Address, login: Login, timeout: float) -> Any:
    options: dict[str, Any] = {
        "host": address.host,
        "port": address.port,
        "username": login.user,
        "password": login.password,
        "socket_timeout": timeout,
        "socket_connect_timeout": timeout,
        "decode_responses": True,
        "encoding_errors": "backslashreplace",
    }
    if int(redis.__version__.split(".", 1)[0]) >= 5:
        options["protocol"] = 2
    link = _new_link(login, options)
    # It would say its own name and version (CLIENT SETINFO), which Redis 7.0 has no ACL rule for. By the release it keeps them
    # as the one or the other.
    link.lib_name = link.lib_version = link.driver_info = None
    return link


def _new_link(login: Login, options: dict[str, Any]) -> Any:
    if not login.tls:
        return redis.connection.Connection(**options)
    return redis.connection.SSLConnection(
        ssl_cert_reqs="required" if login.validate_certs else "none",
        ssl_check_hostname=login.validate_certs and login.check_hostname,
        ssl_ca_certs=login.ca_certs,
        ssl_certfile=login.client_cert_file,
        ssl_keyfile=login.client_key_file,
        **options,
    )

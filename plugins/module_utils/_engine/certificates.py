# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificate of a server: whether its files are usable, which one it presents, and having it read them again."""

from __future__ import annotations

import hashlib
import os
import ssl
from dataclasses import dataclass

from .._model.errors import BadInput, SteadyhandError
from .._model.replies import parse_pairs
from .node import Node

# A handshake takes three turns; this ends one that goes round in circles.
_MOST_TURNS = 10


@dataclass(frozen=True)
class CertificateFiles:
    """Paths on this host, by the names of the engine's settings."""

    certificate: str
    key: str
    authorities: str

    @property
    def settings(self) -> dict[str, str]:
        return {
            "tls-cert-file": self.certificate,
            "tls-key-file": self.key,
            "tls-ca-cert-file": self.authorities,
        }

    def fingerprint(self) -> str:
        """SHA-256 of the certificate. Raises BadInput."""
        try:
            with open(self.certificate, encoding="ascii") as stream:
                text = stream.read()
            end = "-----END CERTIFICATE-----"
            begin = text.index("-----BEGIN CERTIFICATE-----")
            first = text[begin : text.index(end, begin) + len(end)]
            return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()
        except (OSError, ValueError) as error:
            raise BadInput(f"{self.certificate} holds no certificate that can be read: {error}") from error


def require_usable(files: CertificateFiles) -> None:
    """Make sure that others would accept the certificate, by a handshake with ourselves in memory. Raises BadInput.

    Found are a key of another certificate, an authority that did not sign it, and one that has expired. A node shows the same
    certificate as a server and, to its primary, as a client.
    """
    try:
        _shake_hands(_context(ssl.PROTOCOL_TLS_SERVER, files), _context(ssl.PROTOCOL_TLS_CLIENT, files))
    except ssl.SSLCertVerificationError as error:
        raise BadInput(
            f"{files.certificate} would not be accepted with the authorities in {files.authorities}: {error.verify_message}. "
            "Have it issued by one of them; where only its time is wrong, look at the clock of this host, too"
        ) from error
    except (OSError, ssl.SSLError) as error:
        raise BadInput(
            f"{files.certificate}, {files.key} and {files.authorities} cannot be used together: {error}"
        ) from error


def require_exchangeable(files: CertificateFiles, replaced: CertificateFiles) -> None:
    """Make sure that servers with the one set of files and those with the other accept one another. Raises BadInput.

    A group does not change all at once, and a connection that is lost meanwhile must come back. Files that are missing or of no
    use any more let nobody in anyway.
    """
    if not all(map(os.path.exists, (replaced.certificate, replaced.key, replaced.authorities))):
        return
    try:
        require_usable(replaced)
    except BadInput:
        return
    for shown, trusted in ((files, replaced), (replaced, files)):
        try:
            _require_accepted(shown, trusted)
        except ssl.SSLError as error:
            raise BadInput(
                f"{shown.certificate} would not be accepted with the authorities in {trusted.authorities} ({error.reason}), and the "
                "servers of a group do not change all at once. Deploy authorities that hold the old and the new ones first, then the "
                "certificates of the new one, then without the old one"
            ) from error


def presented_by(node: Node) -> str:
    """SHA-256 of the certificate that the running server presented on this connection."""
    return hashlib.sha256(node.connection.presented_certificate()).hexdigest()


def require_configured(node: Node, files: CertificateFiles) -> None:
    """Make sure that the running server reads these files. Raises BadInput."""
    replies = node.pipeline([("CONFIG", "GET", name) for name in files.settings])
    for (name, wanted), reply in zip(files.settings.items(), replies):
        if isinstance(reply, SteadyhandError):
            raise reply
        found = parse_pairs(reply).get(name, "")
        if found != wanted:
            raise BadInput(
                f"{node.target.address} has {name} {found or 'unset'}, not {wanted}: a path is not changed here"
            )


def read_again(node: Node, files: CertificateFiles) -> None:
    """Have the running server read its files again, all or nothing. Connections that are open stay as they are."""
    node.call("CONFIG", "SET", *(word for setting in files.settings.items() for word in setting))


def _context(protocol: int, files: CertificateFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(files.certificate, files.key)
    context.load_verify_locations(files.authorities)
    return context


def _require_accepted(shown: CertificateFiles, trusted: CertificateFiles) -> None:
    """Both as a server's and as a client's. Raises SSLError."""
    one, other = _context(ssl.PROTOCOL_TLS_SERVER, shown), _context(ssl.PROTOCOL_TLS_CLIENT, shown)
    for context in (one, other):
        context.verify_mode = ssl.CERT_NONE
    _shake_hands(one, _context(ssl.PROTOCOL_TLS_CLIENT, trusted))
    _shake_hands(_context(ssl.PROTOCOL_TLS_SERVER, trusted), other)


def _shake_hands(server: ssl.SSLContext, client: ssl.SSLContext) -> None:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    waiting = [
        client.wrap_bio(to_client, to_server),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _turn in range(_MOST_TURNS):
        for side in list(waiting):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            waiting.remove(side)
        if not waiting:
            return
    raise ssl.SSLError("the handshake does not end")

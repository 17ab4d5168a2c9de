# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates of a lab whose servers speak TLS only, made by the openssl program. Standard library only."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

DAYS = "30"
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@dataclass(frozen=True)
class TlsFiles:
    """Paths, as settings and inventory carry them. Servers ask clients for a certificate, too."""

    ca: str
    server_cert: str
    server_key: str
    client_cert: str
    client_key: str

    @classmethod
    def below(cls, lab_directory: Path) -> TlsFiles:
        """Where a lab has them."""
        names = ("ca.crt", "server.crt", "server.key", "client.crt", "client.key")
        return cls(*(str(lab_directory / "tls" / name) for name in names))

    @property
    def client_context(self) -> ssl.SSLContext:
        """For a client that checks the server and shows its own certificate."""
        context = ssl.create_default_context(cafile=self.ca)
        context.load_cert_chain(self.client_cert, self.client_key)
        return context

    @property
    def server_settings(self) -> dict[str, str]:
        """Lines of redis.conf and sentinel.conf, without the ports."""
        return {
            "tls-ca-cert-file": self.ca,
            "tls-cert-file": self.server_cert,
            "tls-key-file": self.server_key,
            # Also what makes a Sentinel speak TLS to nodes and to other Sentinels.
            "tls-replication": "yes",
        }


def make_certificates(lab_directory: Path, addresses: Iterable[str] = ()) -> None:
    """An authority of the lab, a certificate for all its servers and one for its clients; once.

    :arg addresses: IP addresses of servers, beside those of loopback.
    """
    directory = lab_directory / "tls"
    if directory.exists():
        return
    directory.mkdir()
    make_authority(directory, "ca")
    names = ",".join(["DNS:localhost", *(f"IP:{address}" for address in ("127.0.0.1", "::1", *addresses))])
    extensions = [f"subjectAltName={names}", "subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid"]
    (directory / "names").write_text("\n".join([*extensions, ""]), encoding="ascii")
    for name in ("server", "client"):
        issue(directory, name)


def make_authority(directory: Path, name: str) -> None:
    """One that signs certificates. From Python 3.13 on a client insists that its certificate says so."""
    _openssl(
        directory,
        *("req", "-x509", *NEW_KEY, "-days", DAYS, "-subj", f"/CN=authority {name} of the lab"),
        *("-addext", "keyUsage=critical,keyCertSign,cRLSign"),
        *("-keyout", f"{name}.key", "-out", f"{name}.crt"),
    )


def issue(directory: Path, name: str, days: str = DAYS, authority: str = "ca") -> None:
    """Another certificate of an authority of that directory, with another key, in the place of that name."""
    _openssl(directory, "req", *NEW_KEY, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
    _openssl(
        directory,
        *("x509", "-req", "-days", days, "-in", f"{name}.csr", "-out", f"{name}.crt"),
        *("-CA", f"{authority}.crt", "-CAkey", f"{authority}.key", "-CAcreateserial", "-extfile", "names"),
    )


def _openssl(directory: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)

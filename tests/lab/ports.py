# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Free loopback ports that stay ours while a server is down.

A port of the kernel's ephemeral range can be taken by any outgoing connection while our server restarts, hence the
range below it. A port can also be wanted by a second lab at that moment, hence the reservation: a file named after
the port that holds the directory of the lab. A reservation whose lab directory is gone is void.
"""

from __future__ import annotations

import contextlib
import os
import random
import socket
import tempfile
from pathlib import Path

from lab.errors import LabError

FIRST_PORT = 20000
LAST_PORT = 32000
"""Linux' ephemeral ports begin at 32768 (net.ipv4.ip_local_port_range)."""


def reservations_directory() -> Path:
    """Where this user's labs note their ports."""
    return Path(tempfile.gettempdir()) / f"steadyhand-lab-ports.{os.getuid()}"


def reserve_port(lab_directory: Path, host: str = "127.0.0.1") -> int:
    """Return a port that nobody listens on and no other lab has reserved."""
    _require_address(host)
    candidates = list(range(FIRST_PORT, LAST_PORT))
    random.shuffle(candidates)
    for port in candidates:
        if _reserve(port, lab_directory):
            if _can_bind(host, port):
                return port
            release_port(port, lab_directory)
    raise LabError(
        f"no free port between {FIRST_PORT} and {LAST_PORT} on {host}: run `./dev lab down` and end other labs"
    )


def release_port(port: int, lab_directory: Path) -> None:
    """Give one port back, if *lab_directory* holds it."""
    reservation = reservations_directory() / str(port)
    if _holder(reservation) == str(lab_directory):
        reservation.unlink(missing_ok=True)


def release_all_ports(lab_directory: Path) -> None:
    """Give back every port that *lab_directory* holds."""
    for reservation in reservations_directory().glob("[0-9]*"):
        release_port(int(reservation.name), lab_directory)
    # Refused while other labs hold ports; the last one takes the directory away.
    with contextlib.suppress(OSError):
        reservations_directory().rmdir()


def _reserve(port: int, lab_directory: Path) -> bool:
    directory = reservations_directory()
    directory.mkdir(mode=0o700, exist_ok=True)
    reservation = directory / str(port)
    holder = _holder(reservation)
    if holder is not None:
        if holder == "" or Path(holder).exists():
            return False
        reservation.unlink(missing_ok=True)
    try:
        with reservation.open("x", encoding="utf-8") as handle:
            handle.write(str(lab_directory))
    except (FileExistsError, FileNotFoundError):
        # Another lab was faster, or the last lab has just taken the directory away: the next port will do.
        return False
    return True


def _holder(reservation: Path) -> str | None:
    """The lab directory that holds the reservation; "" while it is being written; None without a reservation."""
    try:
        return reservation.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def _require_address(host: str) -> None:
    """Raise LabError where nothing can listen at that address: it would look as if every port were taken."""
    try:
        with socket.socket(_family(host), socket.SOCK_STREAM) as probe:
            probe.bind((host, 0))
    except OSError as error:
        said = f"this machine cannot listen at {host}: {error.strerror}"
        if ":" in host:
            said += (
                ": give its loopback interface IPv6 (sysctl net.ipv6.conf.lo.disable_ipv6=0;"
                " a container gets it where it is started)"
            )
        raise LabError(said) from error


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _can_bind(host: str, port: int) -> bool:
    with socket.socket(_family(host), socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real sshd processes in front of the nodes, so that a node can be cut off and joined again.

They run as the user who runs the lab, know one key that was made for the lab, and have a host key each, which the lab's
known_hosts holds: host key checking stays on.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.errors import LabError
from lab.state import LabState, SshdState

SSHD_VARIABLE = "LAB_SSHD"
USUAL_PORT = 22
"""Which known_hosts leaves out."""
LOGIN_TIMEOUT = 20
"""Seconds for one login."""
PRIVILEGE_SEPARATION_DIRECTORY = Path("/run/sshd")
"""Root's sshd insists on it; Debian's service would have made it, but a lab starts no service."""


def sshd_program() -> str:
    """The absolute path of sshd, which re-executes itself and therefore insists on one."""
    asked = os.environ.get(SSHD_VARIABLE)
    found = asked if asked else shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
    if found is None or not Path(found).exists():
        raise LabError(f"no sshd ({asked or 'searched on PATH'}): install openssh-server or set {SSHD_VARIABLE}")
    return str(Path(found).absolute())


def sshd_conf(sshd: SshdState, lab_directory: Path) -> str:
    """sshd_config: this user, by the lab's key only.

    Debian's bash reads the user's ~/.bashrc for every command that sshd runs, unless it takes itself for a shell within
    another one (SHLVL). What people have in there is none of the lab's, and may take longer than the command.
    """
    return f"""\
ListenAddress {sshd.host}
Port {sshd.port}
HostKey {sshd.host_key_file}
PidFile none
AuthorizedKeysFile {key_file(lab_directory)}.pub
# The lab may be below a directory that others can write, such as /tmp.
StrictModes no
UsePAM no
UseDNS no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
SetEnv SHLVL=1
Subsystem sftp internal-sftp
# Ansible opens many sessions at once.
MaxStartups 100
MaxSessions 100
"""


def make_keys(directory: Path, state: LabState) -> None:
    """The key of the lab, the host keys, and the directory that ssh's control sockets want."""
    if os.getuid() == 0:
        PRIVILEGE_SEPARATION_DIRECTORY.mkdir(mode=0o755, exist_ok=True)
    for key in (key_file(directory), *(sshd.host_key_file for sshd in state.sshds)):
        make_key(key)
    control_directory(directory).mkdir(mode=0o700, exist_ok=True)


def make_key(file: Path) -> None:
    """A key pair, unless it is there."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", str(file)], check=True)


def public(key: Path) -> str:
    """The public half of a key pair: its kind and itself."""
    kind, text, *_comment = key.with_suffix(".pub").read_text(encoding="ascii").split()
    return f"{kind} {text}"


def write_known_hosts(directory: Path, host_keys: Mapping[tuple[str, int], Path]) -> None:
    """Which key belongs to which address and port, once the ports are final."""
    lines = [
        f"{host if port == USUAL_PORT else f'[{host}]:{port}'} {public(key)}\n"
        for (host, port), key in host_keys.items()
    ]
    _known_hosts_file(directory).write_text("".join(lines), encoding="ascii")


def control_directory(lab_directory: Path) -> Path:
    """Short, whatever the lab's path is: a socket's path has at most 107 characters (unix(7))."""
    return Path(tempfile.gettempdir()) / f"lab-cp-{hashlib.sha256(os.fsencode(lab_directory)).hexdigest()[:10]}"


def connection_variables(directory: Path, user: str) -> dict[str, Any]:
    """Inventory variables that all hosts of the lab share."""
    return {
        "ansible_connection": "ssh",
        "ansible_user": user,
        "ansible_ssh_private_key_file": str(key_file(directory)),
        "ansible_ssh_common_args": shlex.join(_client_options(directory)),
        "ansible_control_path_dir": str(control_directory(directory)),
    }


def check_login(directory: Path, sshd: SshdState) -> None:
    """Log in once, as Ansible will."""
    options = ["-i", str(key_file(directory)), "-p", str(sshd.port), "-o", "BatchMode=yes"]
    try:
        subprocess.run(
            ["ssh", *_client_options(directory), *options, f"{getpass.getuser()}@{sshd.host}", "true"],
            capture_output=True,
            text=True,
            timeout=LOGIN_TIMEOUT,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise sshd.process.failure(f"no login: {error.stderr.strip()}") from error


def _client_options(directory: Path) -> list[str]:
    """Nothing of the user's own ssh configuration takes part."""
    return [
        *("-F", "/dev/null"),
        *("-o", f"UserKnownHostsFile={_known_hosts_file(directory)}"),
        *("-o", "GlobalKnownHostsFile=/dev/null"),
        *("-o", "StrictHostKeyChecking=yes"),
        *("-o", "IdentitiesOnly=yes"),
    ]


def key_file(directory: Path) -> Path:
    return directory / "ssh" / "key"


def _known_hosts_file(directory: Path) -> Path:
    return directory / "ssh" / "known_hosts"

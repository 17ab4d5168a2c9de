# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs from the distribution's packages, for Debian and what is made from it.

Two ways, because they cost the machine differently:

* `unpacked_program` downloads a package with what it lacks and unpacks it below `.dev/`. It needs no root, and leaves
  no service behind that would start with the machine. Enough for programs that only need their libraries.
* `install` asks apt to install. Needed for sshd, which as root insists on a system user of its own, and which
  since OpenSSH 9.8 starts helpers by absolute path; and for what makes machines (tools/machines.py). Services of such
  a package are neither started nor enabled.
"""

from __future__ import annotations

import os
import shlex
import shutil
import tempfile
from pathlib import Path

from tools.apt import PrivateApt, require_apt
from tools.paths import GENERATED, WRAPPERS
from tools.processes import SetupError, must_run

_UNPACKED = GENERATED / "debian"
_SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def search_path() -> str:
    """PATH, then the folders of daemons, which Debian leaves out for users, and last the unpacked programs."""
    given = os.environ.get("PATH", os.defpath).split(os.pathsep)
    more = (folder for folder in _SYSTEM_FOLDERS if folder not in given)
    return os.pathsep.join([*given, *more, str(WRAPPERS)])


def unpacked_program(program: str, package: str) -> Path:
    """Path of `program`: the machine's own where it has one, otherwise unpacked from `package`."""
    found = shutil.which(program, path=search_path())
    if found is None:
        _wrap_programs(unpack(package))
        found = shutil.which(program, path=str(WRAPPERS))
    if found is None:
        raise SetupError(f"package {package} was unpacked but holds no program {program}: please install it yourself")
    return Path(found)


def unpack(package: str) -> Path:
    """Folder that holds the files of `package` and of those packages it depends on that this machine lacks."""
    target = _UNPACKED / package
    if target.is_dir():
        return target
    require_apt(package)
    print(f"dev: fetching {package} from the distribution (unpacked below .dev/, nothing is installed)", flush=True)
    _UNPACKED.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_UNPACKED) as scratch:
        apt = PrivateApt(Path(scratch))
        apt.update(f"cannot read the distribution's package lists to fetch {package}")
        lacking = apt.missing_for(
            package, f"the distribution offers no {package}; install it yourself or enable the source that has it"
        )
        files = Path(scratch, "files")
        apt.extract({package, *lacking}, files, f"cannot download {package}")
        files.rename(target)
    return target


def _wrap_programs(files: Path) -> None:
    """Write a starter for each program below `files` that lets it find its libraries there."""
    WRAPPERS.mkdir(parents=True, exist_ok=True)
    libraries = sorted({str(library.parent) for library in files.glob("usr/lib/**/*.so*")})
    for program in sorted(files.glob("usr/*bin/*")):
        starter = WRAPPERS / program.name
        starter.write_text(
            "#!/bin/sh\n"
            f"LD_LIBRARY_PATH={shlex.quote(os.pathsep.join(libraries))}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}\n"
            "export LD_LIBRARY_PATH\n"
            f'exec {shlex.quote(str(program))} "$@"\n',
            encoding="utf-8",
        )
        starter.chmod(0o755)


def install(packages: str, programs: tuple[str, ...], services: tuple[str, ...] = ()) -> None:
    """Install `packages` (names, separated by spaces) unless all of their `programs` are there.

    Their `services` are left stopped and disabled.
    """
    if all(shutil.which(program, path=search_path()) for program in programs):
        return
    wish = f"please install {packages} (these programs are needed: {', '.join(programs)})"
    if shutil.which("apt-get") is None:
        raise SetupError(f"this machine has no apt-get: {wish}")
    words = as_root(f"{wish}, or start ./dev once as root")
    print(f"dev: installing {packages} with apt{' (its services are not started)' if services else ''}", flush=True)
    must_run([*words, "sh", "-c", _INSTALL, "sh", packages, *services], f"apt could not install {packages}; {wish}")


def as_root(otherwise: str) -> list[str]:
    """The words that make a command root's; none for root. Raises SetupError, which says what to do `otherwise`."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        raise SetupError(f"neither root nor sudo: {otherwise}")
    return ["sudo"]


# /usr/sbin/policy-rc.d is Debian's own hook to keep maintainer scripts from starting services; 101 means "not allowed".
_INSTALL = """
set -eu
packages=$1; shift
hook=/usr/sbin/policy-rc.d
if [ ! -e "$hook" ]; then
    trap 'rm -f "$hook"' EXIT
    printf '#!/bin/sh\\nexit 101\\n' > "$hook"
    chmod 755 "$hook"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get --quiet update
apt-get --quiet --yes --no-install-recommends install $packages
if command -v systemctl > /dev/null; then
    for service in "$@"; do systemctl --quiet disable "$service"; done
fi
"""


def install_sshd() -> None:
    """Everything that a loopback sshd with keys of its own and a client for it need."""
    install("openssh-server", ("sshd", "ssh", "ssh-keygen"), services=("ssh.service", "ssh.socket"))

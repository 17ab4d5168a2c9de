# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images of machines as users have them: a release of Debian with systemd, sshd, sudo and the distribution's servers.

Made from the packages themselves (mmdebstrap), because that needs no registry of images, and kept in podman's own
storage. All that is made here belongs to any machine of that release; what makes one machine of it (keys, addresses,
settings) comes when it is started (tests/hosts).
"""

from __future__ import annotations

import hashlib
import json
import platform
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tools import debian
from tools.engine_debian import sources_of
from tools.environments import one_at_a_time
from tools.paths import GENERATED
from tools.processes import must_run, run_quietly

_REPOSITORY = "localhost/steadyhand-machine"

_EVERY_MACHINE = (
    *("systemd", "systemd-sysv", "dbus", "procps", "iproute2"),
    *("openssh-server", "sudo"),  # how Ansible comes in
    *("python3", "python3-redis"),  # what the modules need
)

USER = "deploy"
"""Who logs in: no root, but may become root without a password."""


@dataclass(frozen=True)
class Image:
    """A release of Debian and the packages beside those that every machine has.

    `services` of them are left disabled, as sshd is, which could not start without keys.
    """

    release: str
    packages: tuple[str, ...] = ()
    services: tuple[str, ...] = ()


IMAGES: Mapping[str, Image] = {
    "debian-12": Image(
        "bookworm",
        packages=("redis-server", "redis-sentinel"),
        services=("redis-server", "redis-sentinel"),
    ),
    "debian-13": Image(
        "trixie",
        packages=("redis-server", "redis-sentinel", "valkey-server", "valkey-sentinel"),
        services=("redis-server", "redis-sentinel", "valkey-server", "valkey-sentinel"),
    ),
}

# Runs on the machine that makes the image; $1 is the new root. What a container shares with its host's kernel is the
# host's: no machine may set it.
_CUSTOMIZE = """
set -eu
root=$1
chroot "$root" useradd --create-home --shell /bin/bash {user}
printf '{user} ALL=(ALL) NOPASSWD: ALL\\n' > "$root/etc/sudoers.d/{user}"
chmod 440 "$root/etc/sudoers.d/{user}"
rm -f "$root"/etc/ssh/ssh_host_*
: > "$root/etc/machine-id"
for service in ssh {services}; do chroot "$root" systemctl --quiet disable "$service"; done
chroot "$root" systemctl --quiet mask systemd-sysctl.service systemd-binfmt.service proc-sys-fs-binfmt_misc.automount
"""


def install_tools() -> None:
    """Everything that makes images and starts machines. Which packages: those of Debian 12 and 13."""
    debian.install(
        "podman runc conmon mmdebstrap mount gpg",
        ("podman", "runc", "conmon", "mmdebstrap", "mount", "gpg"),
        services=(
            *("podman.service", "podman.socket", "podman-restart.service"),
            *("podman-auto-update.service", "podman-auto-update.timer"),
        ),
    )
    debian.install_sshd()  # for its client, and to make keys


def variables() -> dict[str, str]:
    """What tells the tests how to call podman, which image is which, and who logs in (tests/hosts/podman.py)."""
    install_tools()
    with one_at_a_time(), ThreadPoolExecutor(len(IMAGES)) as pool:
        images = dict(zip(IMAGES, pool.map(_provided, IMAGES), strict=True))
    return {
        "MACHINES_PODMAN": json.dumps(_podman()),
        "MACHINES_IMAGES": json.dumps(images),
        "MACHINES_USER": USER,
    }


def _as_root() -> list[str]:
    return debian.as_root("machines are made and started by root, so start ./dev as root")


def _podman() -> list[str]:
    return [*_as_root(), "podman"]


def _provided(name: str) -> str:
    """The image of that name as podman knows it, made where it is not there yet."""
    image, podman = IMAGES[name], _podman()
    repository = f"{_REPOSITORY}/{name}"
    reference = f"{repository}:{_recipe(image)}"
    if run_quietly([*podman, "image", "exists", reference]).returncode == 0:
        return reference
    print(f"dev: making an image of {name} from Debian {image.release}'s packages (kept by podman)", flush=True)
    scratch_folder = GENERATED / "machines"
    scratch_folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch_folder) as scratch:
        root = _make_root(image, Path(scratch))
        words = ["import", "--quiet", "--change", 'CMD ["/sbin/init"]', str(root), reference]
        must_run([*podman, *words], f"podman could not import the image of {name}")
    _remove_others(podman, repository, reference)
    return reference


def _recipe(image: Image) -> str:
    """What must be the same for an image to be used again."""
    made_from = f"{image} {platform.machine()} {Path(__file__).read_text(encoding='utf-8')}"
    return hashlib.sha256(made_from.encode()).hexdigest()[:16]


def _make_root(image: Image, scratch: Path) -> Path:
    """The file system of a machine, as an archive."""
    root, sources, hook = scratch / "root.tar", scratch / "debian.sources", scratch / "customize"
    sources.write_text(sources_of(image.release), encoding="utf-8")
    hook.write_text("#!/bin/sh" + _CUSTOMIZE.format(user=USER, services=" ".join(image.services)), encoding="utf-8")
    hook.chmod(0o755)
    packages = ",".join((*_EVERY_MACHINE, *image.packages))
    words = ["mmdebstrap", "--variant=minbase", f"--include={packages}", f"--customize-hook={hook}"]
    must_run(
        [*_as_root(), *words, image.release, str(root), str(sources)],
        f"cannot make a machine of Debian {image.release}",
    )
    return root


def _remove_others(podman: list[str], repository: str, reference: str) -> None:
    """Remove what older recipes made. What a machine is still made of stays; podman says so, and that is no error."""
    listed = must_run([*podman, "images", "--format", "{{.Repository}}:{{.Tag}}", repository], "cannot list images")
    for other in set(listed.split()) - {reference}:
        run_quietly([*podman, "rmi", other])

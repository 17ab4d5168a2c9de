# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images of machines as users have them: a release of Debian with systemd, sshd, sudo and the distribution's servers.

Made from the packages themselves (mmdebstrap), because that needs no registry of images, and kept in podman's own
storage. All that is made here belongs to any machine of that release; what makes one machine of it (keys, addresses,
settings) comes when it is started (tests/hosts).

A bare machine has no server yet. What may be installed on it lies in a source of packages of its own, so that a
deployment needs no network, and is the same every time.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import tempfile
from collections.abc import Collection, Mapping
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
    *("openssh-server", "sudo", "python3"),  # how Ansible comes in
)
_FOR_MODULES = ("python3-redis",)

USER = "deploy"
"""Who logs in: no root, but may become root without a password. The machine gets this user when it is started."""

IMAGE_VARIABLE = "MACHINES_IMAGE"
"""Names another image, which stands for all of them: one of Debian with systemd."""


@dataclass(frozen=True)
class Image:
    """A release of Debian and the packages beside those that every machine has.

    `services` of them are left disabled, as sshd is, which could not start without keys. `offered` are packages that are
    not installed, but can be.
    """

    release: str
    packages: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()


_REDIS = ("redis-server", "redis-sentinel")
_VALKEY = ("valkey-server", "valkey-sentinel")
_FOR_APT_MODULE = ("python3-apt",)

IMAGES: Mapping[str, Image] = {
    "debian-12": Image("bookworm", packages=(*_FOR_APT_MODULE, *_FOR_MODULES, *_REDIS), services=_REDIS),
    "debian-13": Image(
        "trixie", packages=(*_FOR_APT_MODULE, *_FOR_MODULES, *_REDIS, *_VALKEY), services=(*_REDIS, *_VALKEY)
    ),
    "debian-12-bare": Image("bookworm", offered=(*_FOR_APT_MODULE, *_FOR_MODULES, *_REDIS)),
    "debian-13-bare": Image("trixie", offered=(*_FOR_APT_MODULE, *_FOR_MODULES, *_REDIS, *_VALKEY)),
}
BARE = tuple(name for name, image in IMAGES.items() if image.offered)
FURNISHED = tuple(name for name, image in IMAGES.items() if image.packages)

# Runs on the machine that makes the image; $1 is the new root. What a container shares with its host's kernel is the
# host's: no machine may set it.
_CUSTOMIZE = """
set -eu
root=$1
rm -f "$root"/etc/ssh/ssh_host_*
: > "$root/etc/machine-id"
for service in ssh {services}; do chroot "$root" systemctl --quiet disable "$service"; done
chroot "$root" systemctl --quiet mask systemd-sysctl.service systemd-binfmt.service proc-sys-fs-binfmt_misc.automount
"""

# The same, for what is offered: the packages with all that they need, listed as in any source of packages.
_OFFER = """
store=$root/srv/packages
APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get --quiet --yes --download-only --no-install-recommends install {offered}
mkdir "$store"
mv "$root"/var/cache/apt/archives/*.deb "$store"
for package in "$store"/*.deb; do
    dpkg-deb --field "$package"
    printf 'Filename: ./%s\\nSize: %s\\nSHA256: %s\\n\\n' \\
        "$(basename "$package")" "$(stat --format=%s "$package")" "$(sha256sum "$package" | cut -d' ' -f1)"
done > "$store/Packages"
rm -f "$root"/etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:/srv/packages ./' > "$root/etc/apt/sources.list"
"""

_KEPT = "24h"
"""What an older recipe made stays so long: another checkout on this machine may still use it."""


def install_tools() -> None:
    """Everything that starts machines. Which packages: those of Debian 12 and 13."""
    debian.install(
        "podman runc conmon",
        ("podman", "runc", "conmon"),
        services=(
            *("podman.service", "podman.socket", "podman-restart.service"),
            *("podman-auto-update.service", "podman-auto-update.timer"),
        ),
    )
    debian.install_sshd()  # for its client, and to make keys


def variables(names: Collection[str]) -> dict[str, str]:
    """What tells the tests how to call podman, which image is which, and who logs in (tests/hosts/podman.py)."""
    install_tools()
    given = os.environ.get(IMAGE_VARIABLE)
    return {
        "MACHINES_PODMAN": json.dumps(_podman()),
        "MACHINES_IMAGES": json.dumps(dict.fromkeys(names, given) if given else _all_provided(names)),
        "MACHINES_USER": USER,
    }


def _all_provided(names: Collection[str]) -> dict[str, str]:
    debian.install("mmdebstrap mount gpg", ("mmdebstrap", "mount", "gpg"))
    with one_at_a_time(), ThreadPoolExecutor(len(names)) as pool:
        return dict(zip(names, pool.map(_provided, names), strict=True))


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
    steps = _CUSTOMIZE.format(services=" ".join(image.services))
    if image.offered:
        steps += _OFFER.format(offered=" ".join(image.offered))
    hook.write_text(f"#!/bin/sh{steps}", encoding="utf-8")
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
    words = ["images", "--filter", f"until={_KEPT}", "--filter", f"reference={repository}"]
    listed = must_run([*podman, *words, "--format", "{{.Repository}}:{{.Tag}}"], "cannot list images")
    for other in set(listed.split()) - {reference}:
        run_quietly([*podman, "rmi", other])

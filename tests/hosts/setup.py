# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a machine of a group runs at first: shell scripts for root, from which the servers own their files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from lab.ssh import public

from hosts.podman import user

if TYPE_CHECKING:
    from hosts.distribution import Distribution
    from hosts.node import HostedNode, HostedSentinel

DOWN_AFTER_MS = 5000
FAILOVER_TIMEOUT_MS = 60000


def login_script(key: Path, host_key: Path) -> str:
    """Let the key log in and become root, and let the machine prove itself by its own host key. What an image of others
    (MACHINES_IMAGE) lacks of that, the machine installs from the sources of packages that it has."""
    home = f"/home/{user()}/.ssh"
    return f"""\
lacking=
for wanted in /usr/sbin/sshd:openssh-server /usr/bin/sudo:sudo /usr/bin/python3:python3; do
    [ -e "${{wanted%%:*}}" ] || lacking="$lacking ${{wanted#*:}}"
done
if [ -n "$lacking" ]; then
    apt-get --quiet update
    DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes --no-install-recommends install $lacking
fi
id {user()} > /dev/null 2>&1 || useradd --create-home --shell /bin/bash {user()}
(umask 337; echo '{user()} ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/{user()})
install -d -m 700 -o {user()} -g {user()} {home}
echo '{public(key)}' > {home}/authorized_keys
(umask 077; cat > /etc/ssh/ssh_host_ed25519_key) <<'END'
{host_key.read_text(encoding="ascii").rstrip()}
END
systemctl --quiet enable ssh
systemctl restart ssh
"""


def node_script(node: HostedNode, primary: HostedNode) -> str:
    """Add to the distribution's file what makes it a node of a group, and start it."""
    lines = [
        f"bind {node.machine.address} 127.0.0.1",
        f"port {node.port}",
        f"requirepass {node.password}",
        f"masterauth {node.password}",
        # All replicas come at once: waiting for more of them (5 s by default) only costs time.
        "repl-diskless-sync-delay 0",
    ]
    if node.name != primary.name:
        lines.append(f"replicaof {primary.machine.address} {primary.port}")
    file = node.distribution.conf_file
    return f"cat >> {file} <<'END'\n{_joined(lines)}END\n{_enable(node.distribution.unit)}"


def sentinel_script(sentinel: HostedSentinel, primary: HostedNode, distribution: Distribution, quorum: int) -> str:
    """Replace the Sentinel's file by one that watches the group, and start it."""
    group, engine = primary.group, distribution.engine
    lines = [
        f"bind {sentinel.machine.address} 127.0.0.1",
        f"port {sentinel.port}",
        f"requirepass {sentinel.password}",
        f"sentinel sentinel-pass {sentinel.password}",
        f"dir /var/lib/{engine}",
        f"logfile /var/log/{engine}/{distribution.sentinel_unit}.log",
        f"sentinel monitor {group} {primary.machine.address} {primary.port} {quorum}",
        f"sentinel auth-pass {group} {primary.password}",
        f"sentinel down-after-milliseconds {group} {DOWN_AFTER_MS}",
        f"sentinel failover-timeout {group} {FAILOVER_TIMEOUT_MS}",
    ]
    file = distribution.sentinel_conf_file
    return f"cat > {file} <<'END'\n{_joined(lines)}END\n{_enable(distribution.sentinel_unit)}"


def _joined(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _enable(unit: str) -> str:
    return f"systemctl --quiet enable --now {unit}\n"

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines whose nodes are guarded, and what their guards said and did."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.waiting import wait_until
from playbooks.run import Run, play_command

if TYPE_CHECKING:
    from hosts.hosts import Hosts
    from hosts.node import HostedNode

PLAYBOOK = """\
- name: Guard every node
  hosts: redis
  gather_facts: false
  roles:
    - role: steadyhand.redis.redis_guard
"""
PROGRAM = "/usr/local/sbin/steadyhand-guard"
TO_BE_FOUND = "/var/tmp/to-be-found"
IMPATIENT = 10
"""Seconds for which a guard holds a stop that is to be called off in the end."""


def guard(hosts: Hosts, beside: Mapping[str, Any] | None = None, /, **variables: Any) -> Run:
    """Apply the role to every node, with these variables without their prefix, and others beside. It shows every result."""
    playbook = hosts.directory / "guard.yml"
    playbook.write_text(PLAYBOOK, encoding="utf-8")
    own = {f"redis_guard_{name}": value for name, value in variables.items()}
    extra = json.dumps({**(beside or {}), **own})
    return play_command(hosts, f"ansible-playbook -v {playbook} -e '{extra}'")


def unguard(hosts: Hosts) -> None:
    """Take the guards away."""
    for node in hosts.nodes:
        unit = unit_of(node)
        node.machine.run(
            f"systemctl disable --quiet --now {unit}\nrm /etc/systemd/system/{unit}.service\n"
            f"rm /etc/systemd/system/{unit}-relief.service\n"
            f"rm /etc/apt/apt.conf.d/90{unit}\nsystemctl daemon-reload\n"
        )


def unit_of(node: HostedNode) -> str:
    """The unit of a node's guard."""
    return f"steadyhand-guard-{node.distribution.unit}"


@dataclass(frozen=True)
class Said:
    """How a command on a machine ended, and what it printed."""

    code: int
    output: str


def tried(node: HostedNode, command: str) -> Said:
    """Run a command on the node's machine, whatever it ends with."""
    printed = node.machine.run(f"{command} 2>&1 && code=0 || code=$?\necho\necho $code\n")
    output, _line, code = printed.rstrip().rpartition("\n")
    return Said(int(code), output.strip())


def status(node: HostedNode, *words: str) -> dict[str, Any]:
    """What `steadyhand-guard status` says."""
    found: dict[str, Any] = json.loads(tried(node, f"{PROGRAM} status --json {' '.join(words)}").output)
    return found


def journal(node: HostedNode) -> str:
    """All that a node's guard has said since its machine booted."""
    return node.machine.run(f"journalctl --quiet --no-pager --output=cat --unit='{unit_of(node)}*'")


def wait_until_said(node: HostedNode, text: str, before: str = "") -> None:
    """Wait until the node's guard says so, after what it had said before."""

    def reason() -> str | None:
        return None if text in journal(node).removeprefix(before) else "not said"

    wait_until(reason, 120.0, f"{node.name}'s guard to say {text!r}", interval=0.3)


def wait_until_down(node: HostedNode) -> None:
    """Wait until a stop that is under way has passed its guard."""
    wait_until(lambda: "up" if node.role_if_reachable() else None, 180.0, f"the stop of {node.name}", interval=0.3)


def wait_until_armed(node: HostedNode) -> None:
    """Wait until its guard would hold the next stop: after one that was called off its unit starts again."""
    shown = f"systemctl is-active {unit_of(node)}"
    wait_until(
        lambda: None if tried(node, shown).output == "active" else "not active",
        60.0,
        "the guard to be armed",
        interval=0.1,
    )


@contextmanager
def impatient(*nodes: HostedNode, seconds: int = IMPATIENT) -> Iterator[None]:
    """The guards of these nodes hold a stop for so many seconds only, as their files tell them."""
    for node in nodes:
        node.machine.run(
            f'cp -p {settings_of(node)} /run/guard.json; sed -i \'s/"stop": [0-9.]*/"stop": {seconds}/\' {settings_of(node)}'
        )
    try:
        yield
    finally:
        for node in nodes:
            node.machine.run(f"cp -p /run/guard.json {settings_of(node)}")


def settings_of(node: HostedNode) -> str:
    """The file of a node's guard."""
    return f"/etc/steadyhand-guard/{node.distribution.unit}.json"


def owned(path: Path | str, node: HostedNode) -> str:
    """Mode and owner of a file on the node's machine."""
    return node.machine.run(f"stat --format='%a %U' {path}").strip()


def readable_secrets(node: HostedNode, secrets: Iterable[str]) -> set[str]:
    """The files of a node's machine in which somebody who is nobody there finds one of them, or a private key.

    One that is there to be found shows that it is looked for.
    """
    patterns = "\n".join([*secrets, "PRIVATE KEY-----"])
    found = node.machine.run(
        f"umask 077\ncat > /opt/patterns <<'END'\n{patterns}\nEND\n"
        f"(umask 022; head -n 1 /opt/patterns > {TO_BE_FOUND})\n"
        # It ends with 2 where it may not read something, as it should be.
        "setpriv --reuid=nobody --regid=nogroup --clear-groups"
        " grep -rlsF -f - /etc /run /srv /tmp /usr/local /var < /opt/patterns || [ $? -eq 2 ]\n"
        f"rm /opt/patterns {TO_BE_FOUND}\n"
    )
    files = set(found.split())
    assert TO_BE_FOUND in files
    return files - {TO_BE_FOUND}

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running `ansible-inventory` on files of the plugin, as a user does."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.discovered import SENTINEL_FILE
from lab.playbook import ansible_program

if TYPE_CHECKING:
    from lab.lab import Lab


@dataclass(frozen=True)
class Built:
    """What `ansible-inventory --list` said."""

    code: int
    data: Mapping[str, Any]
    said: str
    """Warnings and errors, in one line."""

    def hosts(self, group: str) -> list[str]:
        """Those of one group itself, sorted."""
        return sorted(self.data.get(group, {}).get("hosts", []))

    def children(self, group: str) -> list[str]:
        """Sorted."""
        return sorted(self.data.get(group, {}).get("children", []))

    def variables(self, host: str) -> dict[str, Any]:
        """All of a host, those of its groups too."""
        found: dict[str, Any] = self.data["_meta"]["hostvars"][host]
        return found


def file_of(lab: Lab, **changes: Any) -> dict[str, Any]:
    """The plugin's file of a lab, with these options; None removes one."""
    options = {**json.loads((lab.directory / SENTINEL_FILE).read_text().removeprefix("---\n")), **changes}
    return {name: value for name, value in options.items() if value is not None}


def build(
    directory: Path,
    *files: Mapping[str, Any],
    arguments: tuple[str, ...] = (),
    environment: Mapping[str, str] | None = None,
    name: str = "sentinel.yml",
) -> Built:
    """Write the files below a directory, and list the inventory of all of them."""
    sources: list[str] = []
    for number, options in enumerate(files, 1):
        file = directory / f"{number}.{name}"
        file.write_text(json.dumps(options), encoding="utf-8")
        sources += ["-i", str(file)]
    ended = subprocess.run(
        [ansible_program("ansible-inventory"), *sources, "--list", *arguments],
        env={
            **os.environ,
            "ANSIBLE_NOCOLOR": "1",
            # One that cannot be read is an error, not a warning and an empty inventory.
            "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1",
            **(environment or {}),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in ended.stderr, ended.stderr
    print(ended.stderr)
    data = json.loads(ended.stdout, object_hook=_plain) if ended.returncode == 0 else {}
    return Built(ended.returncode, data, " ".join(ended.stderr.split()))


def _plain(data: dict[str, Any]) -> Any:
    """Text that Ansible would not take for a template is marked in its output."""
    return data["__ansible_unsafe"] if set(data) == {"__ansible_unsafe"} else data

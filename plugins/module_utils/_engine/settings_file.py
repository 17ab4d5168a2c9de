# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration file as something to write: may the server do it, and how we do it without ever leaving half a file."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile


def why_not_rewritable(path: str, process_id: int) -> str | None:
    """Why the server's own user could not replace its file, or None.

    CONFIG REWRITE writes a new file beside the old one and renames it, so it is the folder that must be writable, in the
    server's own view of the file system (a unit may be given a read-only one).
    """
    folder = os.path.dirname(os.path.abspath(path))
    seen_by_server = f"/proc/{process_id}/root{folder}"
    if os.access(seen_by_server, os.F_OK) and os.statvfs(seen_by_server).f_flag & os.ST_RDONLY:
        return f"the server sees the folder {folder} as read-only (its unit may need ReadWritePaths)"
    user, group, others = _identity(process_id)
    for test, subject, what in (
        ("-w", folder, "write in the folder"),
        ("-x", folder, "enter the folder"),
        ("-r", path, "read"),
    ):
        if not _may(test, subject, user, group, others):
            return f"the server's user (id {user}) cannot {what} {subject}, so CONFIG REWRITE fails"
    return None


def read_text(path: str) -> str:
    """The file with the line ends that it has, so that an edit leaves them."""
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as stream:
        return stream.read()


def replace_text(path: str, before: str, after: str) -> bool:
    """Replace a file's text in one step, keeping its owner, mode and labels.

    Returns False and changes nothing when the file does not hold ``before`` any more: a CONFIG REWRITE came in between.
    """
    path = os.path.realpath(path)
    descriptor, temporary = tempfile.mkstemp(prefix=".steadyhand-", dir=os.path.dirname(path))
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape", newline="") as stream:
            shutil.copystat(path, temporary)
            status = os.stat(path)
            if (status.st_uid, status.st_gid) != (os.getuid(), os.getgid()):
                os.chown(temporary, status.st_uid, status.st_gid)
            stream.write(after)
            stream.flush()
            os.fsync(stream.fileno())
        if read_text(path) != before:
            return False
        os.replace(temporary, path)
        _sync_folder(os.path.dirname(path))
        return True
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


def _sync_folder(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _identity(process_id: int) -> tuple[int, int, list[int]]:
    """Effective user, group and further groups of a process (proc(5))."""
    with open(f"/proc/{process_id}/status", encoding="utf-8", errors="replace") as stream:
        text = stream.read()
    fields = {name: value.split() for name, value in re.findall(r"^(Uid|Gid|Groups):(.*)$", text, re.MULTILINE)}
    return int(fields["Uid"][1]), int(fields["Gid"][1]), [int(group) for group in fields.get("Groups", [])]


def _may(test: str, path: str, user: int, group: int, others: list[int]) -> bool:
    """Ask the kernel as that user, which counts access lists in; without root only as ourselves."""
    if os.geteuid() != 0 or user == 0:
        return os.access(path, {"-w": os.W_OK, "-x": os.X_OK, "-r": os.R_OK}[test])
    # Not AnsibleModule.run_command: this layer runs without Ansible too, under the guard.
    asked = subprocess.run(  # pylint: disable=ansible-bad-function
        ["test", test, path], user=user, group=group, extra_groups=others, check=False, capture_output=True, timeout=20
    )
    return asked.returncode == 0

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's side of a node's settings: its file, its command line, its program."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.host import read_config_file
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.settings_file import (
    replace_text,
    why_not_rewritable,
)
from ansible_collections.steadyhand.redis.plugins.module_utils._engine.settings_start import (
    library_folders,
    parse_unit,
    start_arguments,
    why_not_startable,
)

NOBODY = 65534


def test_a_file_is_replaced_with_its_mode_and_owner(tmp_path: Path) -> None:
    path = tmp_path / "redis.conf"
    path.write_bytes(b"hz 10 # \xff\r\n")
    path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)
    before = path.stat()
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    assert replace_text(str(path), text, text + "hz 20\n")
    after = path.stat()
    assert path.read_bytes() == b"hz 10 # \xff\r\nhz 20\n"
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert [entry.name for entry in tmp_path.iterdir()] == ["redis.conf"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "real.conf", tmp_path / "link.conf"
    path.write_text("a 1\n", encoding="utf-8")
    link.symlink_to(path)
    assert replace_text(str(link), "a 1\n", "a 2\n")
    assert link.is_symlink()
    assert path.read_text(encoding="utf-8") == "a 2\n"


def test_a_file_that_changed_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "redis.conf"
    path.write_text("hz 11\n", encoding="utf-8")
    assert not replace_text(str(path), "hz 10\n", "hz 20\n")
    assert path.read_text(encoding="utf-8") == "hz 11\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["redis.conf"]


def test_our_own_process_may_write_here(tmp_path: Path) -> None:
    path = tmp_path / "redis.conf"
    path.write_text("", encoding="utf-8")
    assert why_not_rewritable(str(path), os.getpid()) is None


def write(folder: Path, **texts: str) -> None:
    """Files by their names without suffix."""
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.conf").write_text(text, encoding="utf-8")


def test_includes_are_followed_to_any_depth_and_from_the_folder_that_dir_names(tmp_path: Path) -> None:
    data = tmp_path / "data"
    write(tmp_path, main=f"dir {data}\ninclude one.conf\n", one="hz 1\n")
    write(data, one='hz 10\ninclude "more*.conf"\nhz 11\n', more1="hz 20\ninclude one.conf\n", more2="hz 30\n")
    file = read_config_file(str(tmp_path / "main.conf"), "/")
    assert [Path(path) for path, _text in file.includes] == [
        data / "one.conf",
        data / "more1.conf",
        data / "more2.conf",
    ]
    assert (file.unfound, file.error) == ((), "")


def test_a_relative_include_before_any_dir_is_looked_for_and_named(tmp_path: Path) -> None:
    data = tmp_path / "data"
    write(tmp_path, main=f"include one.conf\ndir {data}\n", one="hz 1\n")
    write(data, one="hz 10\n")
    file = read_config_file(str(tmp_path / "main.conf"), str(data))
    assert [Path(path) for path, _text in file.includes] == [data / "one.conf", tmp_path / "one.conf"]
    assert file.unfound == ("one.conf",)


def test_a_file_that_cannot_be_read_is_named_and_not_the_one_that_includes_it(tmp_path: Path) -> None:
    (tmp_path / "sub.conf").mkdir()
    write(tmp_path, main=f"include {tmp_path}/sub.conf\n")
    assert f"{tmp_path}/sub.conf cannot be read" in read_config_file(str(tmp_path / "main.conf")).error


SHOWN = (
    "ExecStart={ path=/usr/bin/redis-server ; argv[]=/usr/bin/redis-server /etc/redis.conf --maxmemory 1gb ; "
    "ignore_errors=no ; pid=12 }\nMainPID=12\n"
)


@pytest.mark.parametrize(
    ("shown", "process_id", "arguments"),
    [
        (SHOWN, 12, ("/usr/bin/redis-server", "/etc/redis.conf", "--maxmemory", "1gb")),
        (SHOWN, 13, None),
        (SHOWN.replace("1gb", "$LIMIT"), 12, None),
        (SHOWN.replace("1gb", '"1gb'), 12, None),
        ("", 12, None),
    ],
)
def test_the_command_line_of_a_unit(shown: str, process_id: int, arguments: tuple[str, ...] | None) -> None:
    assert parse_unit(shown, process_id) == arguments


def test_the_command_line_of_a_process_without_title() -> None:
    found = start_arguments(os.getpid(), titled=False, service=None)
    assert found is not None
    assert "pytest" in " ".join(found)


def program(folder: Path, body: str) -> str:
    path = folder / "program"
    path.write_text("#!/bin/sh\n" + body, encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("echo '# Configured to not listen anywhere, exiting.'; exit 1\n", None),
        (
            "printf '*** FATAL CONFIG FILE ERROR (X) ***\\nReading, at line 7\\n>>> q\\nbad value\\n'; exit 1\n",
            "with q: bad value",
        ),
        ("exit 3\n", "without a word"),
    ],
)
def test_what_the_program_says(tmp_path: Path, body: str, reason: str | None) -> None:
    said = why_not_startable(program(tmp_path, body), "redis-server", ["hz 10"])
    assert said is None if reason is None else said is not None and reason in said


def test_the_program_is_tried_with_the_libraries_of_the_running_one(tmp_path: Path) -> None:
    body = (
        "test \"$LD_LIBRARY_PATH\" = /opt/redis/lib:/usr/lib && echo '# Configured to not listen anywhere, exiting.'\n"
    )
    tried = program(tmp_path, body)
    assert why_not_startable(tried, "redis-server", ["hz 10"], ["/opt/redis/lib", "/usr/lib"]) is None
    assert why_not_startable(tried, "redis-server", ["hz 10"]) is not None


def test_the_libraries_of_a_process_are_read_from_its_memory_map() -> None:
    # This process has loaded its C library from somewhere.
    assert any(list(Path(folder).glob("libc.so*")) for folder in library_folders(os.getpid()))
    assert library_folders(2**22 + 1) == []


def test_a_program_that_is_gone_is_no_proof(tmp_path: Path) -> None:
    said = why_not_startable(str(tmp_path / "gone"), "redis-server", ["hz 10"])
    assert said is not None
    assert "not on this host" in said

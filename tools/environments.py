# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual environments below `.dev/`: made on demand, and made again when what they are made from changes."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tools import debian
from tools.paths import COLLECTION_LINK, CONSTRAINTS, GENERATED, REQUIREMENTS, ROOT, VENV, keep_collection_link
from tools.processes import SetupError, must_run

Pip = tuple[str | Path, ...]
"""The words that start the pip of an environment."""

_SYSTEM_WHEELS = Path("/usr/share/python-wheels")
"""Where Debian's python3-pip-whl puts pip."""


def prepare(*kinds: str, python: str | Path, venv: Path = VENV, extra: tuple[str, ...] = ()) -> None:
    """Make `venv` hold the pinned requirements of `kinds` (names in requirements/) and the `extra` ones, and no more
    than a look at a stamp when it already does.

    Several `./dev` may start at once, so only one of them works on it at a time.
    """
    with one_at_a_time():
        keep_collection_link()
        pip = create(venv, python)
        for kind in kinds:
            file = REQUIREMENTS / f"{kind}.txt"
            _install(venv, pip, kind, ("--requirement", str(file)), file.read_text(encoding="utf-8"))
        if extra:
            _install(venv, pip, "extra", extra, " ".join(extra))


def variables(venv: Path = VENV, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The process environment of everything that we start: `venv` first on PATH, the collection known to Ansible."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    return {
        **inherited,
        "VIRTUAL_ENV": str(venv),
        "PATH": f"{venv / 'bin'}{os.pathsep}{debian.search_path()}",
        "ANSIBLE_COLLECTIONS_PATH": str(GENERATED),
        "ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "false",
        "ANSIBLE_TEST_CONTENT_ROOT": str(COLLECTION_LINK),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(GENERATED / "hypothesis"),
        **(more or {}),
    }


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait until no other `./dev` makes anything below `.dev/`. Not to be nested."""
    GENERATED.mkdir(exist_ok=True)
    with (GENERATED / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def create(venv: Path, python: str | Path) -> Pip:
    """An empty environment of `python`, unless there is one; returns the words that start its pip."""
    source = "import json, sys; print(json.dumps([sys.version, sys.base_prefix, bool(%s)]))"
    ensurepip = "__import__('importlib.util').util.find_spec('ensurepip')"
    asked = json.loads(must_run([python, "-c", source % ensurepip], f"cannot start {python}"))
    version, prefix, has_ensurepip = asked
    made_from = f"{version} {prefix} {venv}"
    stamp = venv / ".made-from"
    pip = pip_of(venv)
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == made_from:
        return pip
    print(f"dev: creating {venv.relative_to(ROOT)} with Python {version.split()[0]}", flush=True)
    shutil.rmtree(venv, ignore_errors=True)
    purpose = "cannot create a virtual environment"
    must_run([python, "-m", "venv", *([] if has_ensurepip else ["--without-pip"]), venv], purpose)
    if not has_ensurepip:
        # Debian splits ensurepip off into python3-venv. The pip wheel that it would install is a package of its own,
        # which can be had without root.
        wheel = _pip_wheel()
        must_run([venv / "bin/python", f"{wheel}/pip", "install", "--quiet", "--no-index", wheel], purpose)
    _make_importable(venv)
    stamp.write_text(made_from, encoding="utf-8")
    return pip


def pip_of(venv: Path = VENV) -> Pip:
    """The words that start the pip of an environment that is there."""
    return (venv / "bin/python", "-m", "pip", "--disable-pip-version-check")


def _make_importable(venv: Path) -> None:
    """Let this environment's Python import what lies below tests/ (`lab`) and `ansible_collections.steadyhand.redis`.

    A path file reaches only this interpreter. A PYTHONPATH would reach every module run on a lab node, where it could
    hide that a module lacks a file.
    """
    (site_packages,) = venv.glob("lib/python3*/site-packages")
    (site_packages / "steadyhand-redis.pth").write_text(f"{ROOT / 'tests'}\n{GENERATED}\n", encoding="utf-8")


def _pip_wheel() -> Path:
    """Debian's pip: the machine's own where it has it, otherwise unpacked."""
    present = sorted(_SYSTEM_WHEELS.glob("pip-*.whl"))
    if not present:
        unpacked = debian.unpack("python3-pip-whl")
        present = sorted((unpacked / _SYSTEM_WHEELS.relative_to("/")).glob("pip-*.whl"))
    if not present:
        raise SetupError("Debian's python3-pip-whl holds no pip any more: please install python3-venv")
    return present[-1]


def _install(venv: Path, pip: Pip, name: str, arguments: tuple[str, ...], content: str) -> None:
    """pip install, unless the same `content` was installed under this `name` before."""
    digest = hashlib.sha256(content.encode() + CONSTRAINTS.read_bytes()).hexdigest()
    stamp = venv / f".installed-{name}"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == digest:
        return
    print(f"dev: installing the {name} requirements into {venv.relative_to(ROOT)}", flush=True)
    command = [*pip, "install", "--quiet", "--constraint", CONSTRAINTS, *arguments]
    must_run(command, f"cannot install the {name} requirements (is the package index reachable?)")
    stamp.write_text(digest, encoding="utf-8")

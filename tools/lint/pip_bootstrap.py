# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The script by which ansible-test puts pip into its virtual environments, made from the package index's pip.

ansible-test downloads that script (`get-pip.py`) from a host of its own, unless it lies in its cache. Not every
network reaches that host, and the package index has the same pip.
"""

from __future__ import annotations

from pathlib import Path

from tools.processes import must_run

_WANTED_VERSION = """
import sys, types
from ansible_test._internal.python_requirements import get_venv_packages
print(get_venv_packages(types.SimpleNamespace(version="%d.%d" % sys.version_info[:2]))["pip"])
"""

_SCRIPT = '''"""Installs with the pip that lies beside; takes the same arguments as get-pip.py."""
import pathlib
import runpy
import sys

sys.path.insert(0, str(pathlib.Path(__file__).with_name({wheel!r})))
sys.argv[1:] = ["install"] + [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
'''


def seed(venv: Path, home: Path) -> None:
    """Put the script for the pip version that the ansible-test of `venv` wants where it looks below `home`."""
    version = must_run([venv / "bin/python", "-c", _WANTED_VERSION], "cannot tell which pip ansible-test wants").strip()
    cache = home / ".ansible/test/cache"
    script = cache / f"get_pip_{version.replace('.', '_')}.py"
    if script.exists():
        return
    cache.mkdir(parents=True, exist_ok=True)
    download = (venv / "bin/python", "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:")
    must_run([*download, "--dest", cache, f"pip=={version}"], f"cannot fetch pip {version} for ansible-test")
    script.write_text(_SCRIPT.format(wheel=f"pip-{version}-py3-none-any.whl"), encoding="utf-8")

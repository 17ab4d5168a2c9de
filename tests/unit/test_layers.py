# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports go downwards only."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from unit.layers import LAYERS, violations

ROOT = Path(__file__).resolve().parents[2]
UTILS = "plugins/module_utils"
_SOURCES = [PurePosixPath(path.relative_to(ROOT)) for path in sorted((ROOT / "plugins").rglob("*.py"))]


@pytest.mark.parametrize("path", [pytest.param(path, id=str(path)) for path in _SOURCES])
def test_a_file_imports_only_what_is_below_it(path: PurePosixPath) -> None:
    assert violations(path, (ROOT / path).read_text(encoding="utf-8")) == []


def test_every_folder_of_module_utils_is_a_layer() -> None:
    folders = {path.name for path in (ROOT / UTILS).iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(LAYERS)
    assert [path.name for path in (ROOT / UTILS).glob("*.py") if path.name != "__init__.py"] == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("_model/group.py", "from .address import Address"),
        ("_model/settings/plan.py", "from ..node import NodeFacts"),
        ("_model/node.py", "import hashlib, json, re"),
        ("_engine/connection.py", "import redis\nimport redis.exceptions"),
        ("_engine/node.py", "from .._model.node import NodeFacts\nimport os, time"),
        ("_operations/handover/fence.py", "from ..._engine.node import Node\nfrom ..clock import Clock"),
        ("_ansible/module.py", "from ansible.module_utils.basic import AnsibleModule\nfrom .._operations import lock"),
    ],
)
def test_what_is_allowed(path: str, source: str) -> None:
    assert violations(PurePosixPath(UTILS, path), source) == []


@pytest.mark.parametrize(
    ("path", "source", "objection"),
    [
        ("_model/group.py", "from .._engine.node import Node", "_model imports _engine"),
        ("_model/group.py", "from .. import _operations", "_model imports _operations"),
        ("_model/settings/plan.py", "from ..._engine import node", "_model imports _engine"),
        (
            "_model/group.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .._engine.node import Node",
            "_model imports _engine",
        ),
        ("_model/group.py", "def f():\n    from .._ansible import results", "_model imports _ansible"),
        ("_model/lock.py", "import time", "the model knows no time"),
        ("_model/lock.py", "from datetime import datetime", "the model knows no datetime"),
        ("_model/host.py", "import os.path", "the model knows no os"),
        ("_model/host.py", "from pathlib import Path", "the model knows no pathlib"),
        ("_model/host.py", "import json, socket", "the model knows no socket"),
        ("_model/host.py", "import subprocess as s", "the model knows no subprocess"),
        ("_model/host.py", "text = open('/etc/passwd').read()", "the model does not call open"),
        ("_model/node.py", "import redis", "only plugins/module_utils/_engine/connection.py imports redis"),
        (
            "_engine/node.py",
            "from redis.exceptions import RedisError",
            "only plugins/module_utils/_engine/connection.py",
        ),
        ("_ansible/module.py", "import redis", "only plugins/module_utils/_engine/connection.py"),
        ("_engine/node.py", "from .._operations.clock import Clock", "_engine imports _operations"),
        ("_engine/node.py", "import yaml", "_engine must run without yaml"),
        ("_operations/lock.py", "from ansible.module_utils.basic import AnsibleModule", "must run without ansible"),
        ("_operations/lock.py", "import ansible.errors", "must run without ansible"),
        ("_operations/lock.py", "from ...modules import failover", "plugins.modules, which is above"),
        (
            "_operations/lock.py",
            "from ansible_collections.steadyhand.redis.plugins.module_utils._model.lock import LockRecord",
            "by an absolute name",
        ),
        ("_model/lock.py", "import importlib\nimportlib.import_module('redis')", "import_module hides"),
        ("_engine/node.py", "__import__('ansible')", "__import__ hides"),
    ],
)
def test_what_is_found(path: str, source: str, objection: str) -> None:
    found = violations(PurePosixPath(UTILS, path), source)
    assert len(found) == 1
    assert objection in found[0]
    assert found[0].startswith(f"{UTILS}/{path}:")


def test_a_module_may_use_every_layer_but_not_redis() -> None:
    path = PurePosixPath("plugins/modules/failover.py")
    assert (
        violations(path, "from ansible_collections.steadyhand.redis.plugins.module_utils._engine.node import Node")
        == []
    )
    assert violations(path, "from ansible.module_utils.basic import AnsibleModule") == []
    assert len(violations(path, "import redis")) == 1

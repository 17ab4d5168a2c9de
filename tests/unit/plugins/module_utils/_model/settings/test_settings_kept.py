# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node's file says otherwise than the node."""

from __future__ import annotations

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.settings.kept import DEFAULTS, differing

CASES = {
    "nothing": ("", {}, ()),
    "defaults that the file does not name": ("", {"maxmemory": "0", "save": "3600 1 300 100 60 10000"}, ()),
    "other forms of one value": (
        "maxmemory 256mb\nsave 900 1\nsave 300 10\n",
        {"maxmemory": "268435456", "save": "900 1 300 10"},
        (),
    ),
    "another value": ("maxmemory 256mb\n", {"maxmemory": "0"}, ("maxmemory is 0, the file has 268435456",)),
    "an empty one": ('save ""\n', {"save": "900 1"}, ("save is 900 1, the file has (empty)",)),
    "a value that is in no file": (
        "port 1\n",
        {"port": "1", "maxmemory": "100"},
        ("maxmemory is 100, the file does not name it (default 0)",),
    ),
    "an old name": ("slave-priority 5\n", {"replica-priority": "7"}, ("replica-priority is 7, the file has 5",)),
    "the last line counts": ("timeout 1\ntimeout 2\n", {"timeout": "2"}, ()),
    "a secret": ("requirepass old\n", {"requirepass": "new"}, ("requirepass is another one than in the file",)),
    "what CONFIG GET does not show": ("rename-command KEYS x\nloadmodule m.so\nuser a on\n", {}, ()),
    "a relative folder": ("dir ./\n", {"dir": "/var/lib/redis"}, ()),
    "another folder": ("dir /a\n", {"dir": "/b"}, ("dir is /b, the file has /a",)),
    "one folder": ('dir "/a/"\n', {"dir": "/a"}, ()),
    "a new primary that is not in the file": (
        "replicaof 10.0.0.1 6379\n",
        {"replicaof": "10.0.0.2 6379"},
        ("replicaof is 10.0.0.2 6379, the file has 10.0.0.1 6379",),
    ),
    "a primary whose file makes it a replica": (
        "replicaof 10.0.0.1 6379\n",
        {"replicaof": ""},
        ("replicaof is (empty), the file has 10.0.0.1 6379",),
    ),
    "a class of buffers that the file leaves out": (
        "client-output-buffer-limit replica 0 0 0\n",
        {"client-output-buffer-limit": "normal 0 0 0 slave 0 0 0 pubsub 33554432 8388608 60"},
        (),
    ),
}


@pytest.mark.parametrize(("text", "running", "said"), CASES.values(), ids=CASES)
def test_only_what_differs_is_said(text: str, running: dict[str, str], said: tuple[str, ...]) -> None:
    assert tuple(differing(text, running)) == said


def test_what_somebody_else_sets_is_left_out() -> None:
    assert list(differing("maxmemory 1\nport 1\n", {"maxmemory": "2", "port": "2"}, {"maxmemory"})) == [
        "port is 2, the file has 1"
    ]


@pytest.mark.parametrize("secret", ["requirepass", "masterauth", "masteruser", "tls-key-file-pass"])
def test_no_secret_is_shown(secret: str) -> None:
    (said,) = differing(f"{secret} in-the-file\n", {secret: "in-memory"})
    assert "in-" not in said.replace("in the file", "")


def test_the_defaults_are_in_normal_names() -> None:
    assert list(DEFAULTS) == sorted(DEFAULTS)

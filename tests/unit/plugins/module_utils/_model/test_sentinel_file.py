# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Sentinel's file says otherwise than the Sentinel."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.sentinel_file import differing
from unit.builders import primary_entry

FILE = """\
sentinel myid abc
sentinel monitor presence-1 10.0.0.1 6379 2
sentinel down-after-milliseconds presence-1 5000
sentinel failover-timeout presence-1 60000
sentinel config-epoch presence-1 7
sentinel leader-epoch presence-1 7
sentinel known-replica presence-1 10.0.0.2 6379
""".splitlines()


def said(*lines: str, **entry: Any) -> list[str]:
    """About a file and a Sentinel that watches ``presence-1``."""
    return list(differing([line.split() for line in lines], {"presence-1": primary_entry(**entry)}))


def test_a_file_that_the_sentinel_has_written_agrees() -> None:
    assert said(*FILE) == []


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"config_epoch": 8}, "config-epoch of presence-1 is 8, the file has 7"),
        ({"quorum": 3}, "it watches presence-1 at 10.0.0.1 6379 3 (quorum), the file has 10.0.0.1 6379 2"),
        ({"down_after_ms": 30000}, "down-after-milliseconds of presence-1 is 30000, the file has 5000"),
        ({"parallel_syncs": 2}, "parallel-syncs of presence-1 is 2, the file has none"),
    ],
)
def test_what_it_could_not_write_is_said(entry: dict[str, int], sentence: str) -> None:
    assert said(*FILE, **entry) == [sentence]


def test_a_group_that_only_one_of_them_has_is_said() -> None:
    assert said(FILE[0]) == ["it watches presence-1, the file does not"]
    assert said(*FILE, "sentinel monitor old 10.0.0.9 6379 2") == ["it does not watch old, the file does"]

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's output as the demo shows it."""

from __future__ import annotations

from lab.readable import Readable


def story(output: str) -> list[str]:
    """What is said about some output, without the times."""
    said: list[str] = []
    readable = Readable(said.append, clock=lambda: 0.0)
    for line in output.splitlines():
        readable.feed(line)
    return [line.removeprefix("  [   0.0 s] ") for line in said]


def test_messages_and_changes_are_told_and_the_rest_is_not() -> None:
    assert story("""
PLAY [Restart every node of every group] ***************************************

TASK [steadyhand.redis.redis_roll : Look which node is next] *******************
included: /somewhere/next_node.yml for group-1-a

TASK [steadyhand.redis.redis_roll : Say which node is next] ********************
ok: [group-1-a] => {
    "changed": false,
    "msg": "group-1: group-1-b is next (asked for)"
}

TASK [steadyhand.redis.redis_roll : Restart the node by its command] ***********
changed: [group-1-a -> group-1-b(127.0.0.1)]

TASK [steadyhand.redis.redis_roll : Look again] ********************************
ok: [group-1-a]
changed: [group-2-a] => (item=x) => {"changed": true, "msg": "moved"}

PLAY RECAP *********************************************************************
group-1-a                  : ok=58   changed=4    unreachable=0    failed=0    skipped=18   rescued=0    ignored=0
""") == [
        "-- Restart every node of every group",
        "group-1: group-1-b is next (asked for)",
        "group-1-b: Restart the node by its command",
        "moved",
    ]


def test_nothing_that_went_wrong_is_hidden() -> None:
    assert story("""
[WARNING]: something to know
TASK [Restart] *****************************************************************
fatal: [group-1-a -> group-1-b(127.0.0.1)]: FAILED! => {"changed": false, "msg": "did not come up"}
fatal: [group-2-a]: UNREACHABLE! => {
    "changed": false,
    "msg": "no route",
    "unreachable": true
}
failed: [group-3-a] (item=1) => {"item": 1}
a line of an unknown kind
fatal: [group-4-a]: FAILED! => {not what was expected
TASK [Next] ********************************************************************
""") == [
        "[WARNING]: something to know",
        "FAILED group-1-b: Restart: did not come up",
        "FAILED group-2-a: Restart: no route",
        "FAILED group-3-a: Restart: Restart",
        "a line of an unknown kind",
        "fatal group-4-a: {not what was expected",
    ]

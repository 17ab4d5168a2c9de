# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What outlives a killed guard: since when it holds, how it ended, and an operator's word."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils import _engine, _guard, _model, _operations
from ansible_collections.steadyhand.redis.plugins.module_utils._guard.held_stop import HeldStop
from ansible_collections.steadyhand.redis.plugins.module_utils._guard.override import (
    Override,
    read_override,
    use_up,
    write_override,
)

OF_DAY = re.compile(r"time\.(?:time|time_ns|localtime|ctime)\(|datetime|CLOCK_REALTIME")


def test_who_goes_on_holds_since_the_first_and_not_after_the_end(tmp_path: Path) -> None:
    file = str(tmp_path / "run" / "held")
    first = HeldStop.begun(file, "one")
    second = HeldStop.begun(file, "one")
    assert (second.since, second.code) == (first.since, None)
    second.end(3)
    second.leave("life")
    assert HeldStop.begun(file, "one").code == 3
    assert Path(file + ".ended").read_text() == "life"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"stop": "one"}', '{"stop": "one", "since": "x", "code": 0}'])
def test_what_cannot_be_read_begins_anew(content: str, tmp_path: Path) -> None:
    (tmp_path / "held").write_text(content, encoding="utf-8")
    assert HeldStop.begun(str(tmp_path / "held"), "one").code is None


def test_the_next_stop_knows_nothing_of_the_last_one(tmp_path: Path) -> None:
    file = str(tmp_path / "held")
    HeldStop.begun(file, "one").end(0)
    assert HeldStop.begun(file, "two").code is None


def test_without_its_number_nothing_is_taken_for_ended(tmp_path: Path) -> None:
    file = str(tmp_path / "held")
    HeldStop.begun(file, "").end(0)
    assert HeldStop.begun(file, "").code is None


def test_an_override_counts_until_it_ends_or_is_used_up(tmp_path: Path) -> None:
    file = str(tmp_path / "run" / "override")
    assert read_override(file) is None
    word = Override("mia", "the rack burns", time.monotonic() + 600)
    write_override(file, word)
    assert read_override(file) == word
    assert "mia has overridden the guard until" in str(word)
    assert word.is_behind(str(word))
    assert not word.is_behind("nothing stops redis-server: its guard alone ends")
    use_up(file)
    use_up(file)
    assert read_override(file) is None
    write_override(file, Override("mia", "the rack burns", time.monotonic() - 1))
    assert read_override(file) is None


@pytest.mark.parametrize("jump", [-86400.0, 86400.0], ids=["back", "forth"])
def test_a_clock_that_is_set_changes_nothing_that_is_remembered(
    jump: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, said = str(tmp_path / "held"), str(tmp_path / "override")
    since, word = HeldStop.begun(held, "one").since, Override("mia", "the rack burns", time.monotonic() + 600)
    over = Override("mia", "the rack burns", time.monotonic() - 1)
    write_override(said, word)
    before = time.time()
    monkeypatch.setattr(time, "time", lambda: before + jump)
    assert HeldStop.begun(held, "one").since == since
    assert read_override(said) == word
    write_override(said, over)
    assert read_override(said) is None


def test_nothing_that_a_guard_decides_asks_for_the_time_of_day() -> None:
    """Limits, waits and how long all has been well are counted by the monotonic clock, on the engine's side too. The time
    of day is for people: until when an override counts."""
    asking = {
        f"{file.parent.name}/{file.name}"
        for package in (_guard, _operations, _engine, _model)
        for file in Path(str(package.__file__)).parent.rglob("*.py")
        if OF_DAY.search(file.read_text(encoding="utf-8"))
    }
    assert asking == {"_guard/override.py"}
    text = Path(str(_guard.__file__)).with_name("override.py").read_text(encoding="utf-8")
    assert len(OF_DAY.findall(text)) == 1


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"by": "x"}', json.dumps({"by": "x", "reason": "y", "until": "soon"})]
)
def test_what_cannot_be_read_overrides_nothing(content: str, tmp_path: Path) -> None:
    (tmp_path / "override").write_text(content, encoding="utf-8")
    assert read_override(str(tmp_path / "override")) is None

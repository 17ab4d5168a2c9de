# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How `./dev bench failover` counts, judges and shows what it measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from benchmarks.failover.doors import ASKS, LISTENS, POINTED, PROXY
from benchmarks.failover.lane import schedule
from benchmarks.failover.measured import Round, append, longest_pause, read
from benchmarks.failover.picture import LOSSY, OURS, picture
from benchmarks.failover.report import report
from benchmarks.failover.sequences import SEQUENCES
from benchmarks.failover.summary import Spread, rows_of
from benchmarks.failover.targets import misses
from lab.traffic.journal import Outcome, Record

MS = 1_000_000
SVG = "{http://www.w3.org/2000/svg}"


def acknowledged(done_at_ms: int, outcome: Outcome = Outcome.ACKNOWLEDGED) -> Record:
    return Record(0, 0, done_at_ms * MS, outcome)


def a_round(sequence: str = "ours-sentinel", pause: float = 0.4, lost: int = 0, **more: Any) -> Round:
    known: dict[str, Any] = {
        "engine": "redis-7.0",
        "load": "light",
        "number": 0,
        "outcome": "done",
        "acknowledged": 1000,
        "pauses": {ASKS: pause, LISTENS: pause, PROXY: 2.0},
    }
    return Round(sequence=sequence, lost=lost, **{**known, **more})


@pytest.mark.parametrize(
    ("records", "pause"),
    [
        ([], 1.0),
        ([acknowledged(1100), acknowledged(1900)], 0.8),
        ([acknowledged(1400)], 0.6),
        ([acknowledged(1500), acknowledged(1600, Outcome.REFUSED), acknowledged(1700, Outcome.UNKNOWN)], 0.5),
        ([acknowledged(200), acknowledged(900), acknowledged(1700)], 0.7),
        ([acknowledged(1300), acknowledged(1990), acknowledged(2010)], 0.69),
    ],
    ids=[
        "nothing at all",
        "between two",
        "until the end",
        "failures end no pause",
        "before the start",
        "after the end",
    ],
)
def test_a_pause_is_the_longest_time_without_an_acknowledgement(records: list[Record], pause: float) -> None:
    assert longest_pause(records, 1000 * MS, 2000 * MS) == pytest.approx(pause)


def test_rounds_survive_on_disk(tmp_path: Path) -> None:
    rounds = [a_round(), a_round(stopped_as="master", lost=3, note="x; y")]
    for one in rounds:
        append(tmp_path / "rounds.jsonl", one)
    assert list(read(tmp_path / "rounds.jsonl")) == rounds
    assert list(read(tmp_path / "none.jsonl")) == []
    assert json.loads((tmp_path / "rounds.jsonl").read_text().splitlines()[1])["lost"] == 3


def test_the_lanes_share_all_rounds_and_begin_with_different_sequences() -> None:
    names = ["ours-sentinel", "ours-bare", "stock", "nothing"]
    lanes = [list(schedule(3, 3, lane, 2, ["light", "heavy"], names)) for lane in range(2)]
    assert [name for _number, _load, name in lanes[0][:4]] == names
    assert [name for _number, _load, name in lanes[1][:4]] == [*names[2:], *names[:2]]
    expected = {(number, load, name) for number in range(3) for load in ("light", "heavy") for name in names}
    assert sorted(lanes[0] + lanes[1]) == sorted(expected)


@pytest.mark.parametrize(("others", "turns"), [(0, []), (1, [7]), (2, [3, 7]), (8, list(range(8)))])
def test_the_sequences_of_others_take_part_in_some_rounds_evenly_spread(others: int, turns: list[int]) -> None:
    planned = list(schedule(8, others, 0, 1, ["light"], ["ours-sentinel", "stock"]))
    assert [number for number, _load, name in planned if name == "ours-sentinel"] == list(range(8))
    assert [number for number, _load, name in planned if name == "stock"] == turns


def test_each_lane_has_its_share_of_the_rounds_with_others() -> None:
    names = ["ours-sentinel", "stock"]
    lanes = [list(schedule(19, 3, lane, 3, ["light"], names)) for lane in range(3)]
    assert [sum(name == "stock" for _number, _load, name in lane) for lane in lanes] == [1, 1, 1]
    assert sorted(number for lane in lanes for number, _load, name in lane if name == "ours-sentinel") == list(
        range(19)
    )


def test_a_row_has_medians_and_worsts_of_the_rounds_that_ended() -> None:
    pauses = (0.2, 0.9, 0.4)
    broken = a_round(outcome="broken: x", acknowledged=0, pauses={})
    (row,) = rows_of([*(a_round(pause=pause, stopped_as="slave") for pause in pauses), broken])
    assert row.pause == Spread(0.4, 0.9)
    assert row.pause_of(PROXY) == Spread(2.0, 2.0)
    assert row.pause_of(POINTED) is None
    assert (len(row.unfinished), row.stopped_as, row.is_lossless) == (1, "slave", False)


def test_losses_count_also_in_a_round_that_did_not_end_well() -> None:
    (row,) = rows_of([a_round(), a_round(outcome="unknown", lost=7)])
    assert row.lost == Spread(3.5, 7)


def test_rows_keep_the_order_of_engines_and_of_the_table_of_sequences() -> None:
    rows = rows_of([a_round("stock"), a_round("ours-sentinel"), a_round("stock", engine="valkey-9.1")])
    assert [(row.engine, row.sequence.name) for row in rows] == [
        ("redis-7.0", "ours-sentinel"),
        ("redis-7.0", "stock"),
        ("valkey-9.1", "stock"),
    ]


@pytest.mark.parametrize(
    ("rounds", "said"),
    [
        ([a_round(pause=0.5), a_round("stock-kill", pause=1.0)], []),
        ([a_round(pause=0.501)], ["the median pause is 0.501 s, at most 0.5 s"]),
        ([a_round("ours-coordinated", pause=0.251)], ["the median pause is 0.251 s, at most 0.25 s"]),
        ([a_round("ours-bare", pauses={POINTED: 0.051})], ["the median pause is 0.051 s, at most 0.05 s"]),
        ([a_round(pause=0.1), a_round(pause=0.1), a_round(pause=9.0)], []),
        ([a_round(), a_round(lost=1)], ["1 of 2000 acknowledged writes lost"]),
        ([a_round(), a_round(outcome="broken: x\nits log", number=4, note="y")], ["round 4 was broken: x (y)"]),
        ([a_round(pause=0.41), a_round("stock-kill", pause=0.8)], ["more than 0.5 of the 0.800 s of SENTINEL"]),
        # Whoever loses writes sets no standard, nor does a group to which nothing happens.
        ([a_round(), a_round("stock", pause=0.03, lost=1), a_round("nothing", pause=0.01)], []),
        ([a_round(), a_round("stock-kill", pause=0.1, outcome="broken: x")], []),
        # The shortest of ours is the one that the module chooses.
        ([a_round(), a_round("ours-coordinated", pause=0.2), a_round("stock-coordinated", pause=0.6)], []),
        # Each engine by itself.
        ([a_round(pause=0.4), a_round("stock-kill", pause=0.1, engine="redis-8.0")], []),
    ],
)
def test_each_missed_target_is_named_with_its_numbers(rounds: list[Round], said: list[str]) -> None:
    found = misses(rows_of(rounds))
    assert len(found) == len(said)
    for miss, part in zip(found, said, strict=True):
        assert part in miss


def test_the_table_says_medians_worsts_and_the_load_as_it_was() -> None:
    stopped = a_round("stock-kill", pause=1.1, lost=2, stopped_as="master")
    lines = report(rows_of([a_round(megabytes_per_second=1.23, data_set_mb=45.6), stopped]))
    assert any("redis-7.0, light load" in line and "0.6 MB/s, data set 23 MB" in line for line in lines)
    (line,) = [line for line in lines if "killed at once" in line]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[1:] == [
        "1",
        "2 / 2",
        "1.100 s / 1.100 s",
        "1.100 s / 1.100 s",
        "2.00 s / 2.00 s",
        "0.00 s / 0.00 s",
        "master",
    ]


def test_the_picture_shows_each_sequence_where_its_pause_is() -> None:
    rounds = [a_round(pause=0.1), a_round(pause=1.0), a_round(pause=0.1), a_round("stock", pause=0.01, lost=4000)]
    root = ElementTree.fromstring(picture(rows_of(rounds)))
    dots = {dot.get("fill"): float(dot.get("cx", "")) for dot in root.iter(f"{SVG}circle")}
    ticks = {text.text: float(text.get("x", "")) for text in root.iter(f"{SVG}text")}
    assert dots[OURS] == pytest.approx(ticks["0.1"], abs=0.1)
    assert dots[LOSSY] == pytest.approx(ticks["0.01"], abs=0.1)
    worst = [float(line.get("x2", "")) for line in root.iter(f"{SVG}line") if line.get("stroke") == OURS]
    assert worst == pytest.approx([ticks["1"]], abs=0.1)
    assert {"nothing lost", "4000 lost, worst 4000", SEQUENCES["stock"].title} <= ticks.keys()

# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same as a picture: a dot at the median pause, a line to the worst, and in words what was lost. SVG by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from benchmarks.failover.report import load_of
from benchmarks.failover.summary import Row

WIDTH = 860
LEFT = 250
RIGHT = 190
ROW = 24
HEADING = 52
FOOT = 30
CAPTION = (
    "Longest pause of writes, seconds, of clients that ask again on every error"
    " (dot: median, line: to the worst); acknowledged writes lost"
)
CAPTION_HEIGHT = 34
FIRST, LAST = 0.01, 100.0
"""Seconds at the two ends of the axis; it is logarithmic, because pauses span three orders of magnitude."""
OURS, LOSSLESS, LOSSY = "#0a7d4b", "#3b6fb6", "#c0392b"
"""Said in words at each row as well, so that nothing depends on telling colours apart."""
STYLE = "font-family:system-ui,sans-serif;font-size:13px;fill:#222"


def picture(rows: Sequence[Row]) -> str:
    """An SVG document, one panel for each engine and load."""
    panels, height = [_text(16, 24, CAPTION, "font-size:12px")], CAPTION_HEIGHT
    for engine, load in dict.fromkeys((row.engine, row.load) for row in rows):
        here = [row for row in rows if (row.engine, row.load) == (engine, load)]
        panels += _panel(here, f"{engine}, {load} load", height)
        height += HEADING + ROW * len(here) + FOOT
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" style="{STYLE}" role="img">',
            "<title>Longest pause that clients see, by sequence; and acknowledged writes lost</title>",
            f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
            *panels,
            "</svg>",
            "",
        ]
    )


def _panel(rows: Sequence[Row], title: str, top: int) -> list[str]:
    bottom = top + HEADING + ROW * len(rows)
    parts = [_text(16, top + 22, title, "font-weight:600"), _text(16, top + 40, load_of(rows), "font-size:11px")]
    for tick in (0.01, 0.1, 1.0, 10.0, 100.0):
        x = _x(tick)
        parts.append(f'<line x1="{x:.1f}" y1="{top + HEADING}" x2="{x:.1f}" y2="{bottom}" stroke="#ddd"/>')
        parts.append(_text(x, bottom + 16, f"{tick:g}", "font-size:11px;text-anchor:middle"))
    for number, row in enumerate(rows):
        parts += _bar(row, top + HEADING + ROW * number + ROW / 2)
    return parts


def _bar(row: Row, y: float) -> list[str]:
    weight = 600 if row.sequence.is_ours else 400
    parts = [_text(LEFT - 12, y + 4, row.sequence.title, f"text-anchor:end;font-weight:{weight}")]
    colour = (OURS if row.sequence.is_ours else LOSSLESS) if row.is_lossless else LOSSY
    pause = row.pause
    if pause is not None:
        start, end = _x(pause.median), _x(pause.worst)
        parts.append(f'<line x1="{start:.1f}" y1="{y}" x2="{end:.1f}" y2="{y}" stroke="{colour}" stroke-width="3"/>')
        parts.append(f'<circle cx="{start:.1f}" cy="{y}" r="5" fill="{colour}"/>')
    parts.append(_text(WIDTH - RIGHT + 12, y + 4, _said(row), f"fill:{colour}"))
    return parts


def _said(row: Row) -> str:
    lost = row.lost
    if lost is None:
        return "no round came to its end"
    said = "nothing lost" if lost.worst == 0 else f"{lost.median:.0f} lost, worst {lost.worst:.0f}"
    return said + (f"; {len(row.unfinished)} unfinished" if row.unfinished else "")


def _x(seconds: float) -> float:
    share = math.log10(max(FIRST, min(LAST, seconds)) / FIRST) / math.log10(LAST / FIRST)
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _text(x: float, y: float, words: str, style: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" style="{style}">{escape(words)}</text>'

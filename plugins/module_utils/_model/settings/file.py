# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a configuration file says of a setting, who overrides it, and the edit that changes one setting and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ..host import ConfigFile, command_line_settings
from .forms import BUFFER_DEFAULTS, OUTPUT_BUFFERS, SEVERAL_ARGUMENTS, buffer_limits, expected, normal
from .names import canonical
from .quoting import quoted, split_arguments


def file_value(text: str, name: str) -> str | None:
    """The value that a file's text gives a setting, as CONFIG SET takes it; None when no line names it.

    The last line counts, but ``save`` and the classes of client-output-buffer-limit add up over lines.
    """
    values = [" ".join(arguments) for _line, found, arguments in _directives(text) if found == name]
    if not values:
        return None
    if name == "save":
        return normal(name, " ".join(_after_reset(values)))
    if name == OUTPUT_BUFFERS and all(buffer_limits(value) is not None for value in values):
        return expected(name, " ".join(values), BUFFER_DEFAULTS)
    return values[-1]


def directive_names(text: str) -> list[str]:
    """The canonical names of all settings that the file's text names."""
    return list(dict.fromkeys(name for _line, name, _arguments in _directives(text)))


def overrides(config_file: ConfigFile, start_arguments: Sequence[str] | None) -> dict[str, str]:
    """The settings that something beside the file sets: canonical name -> where. None: the command line is not known."""
    found: dict[str, str] = {}
    for path, text in config_file.includes:
        for _line, name, _arguments in _directives(text):
            found.setdefault(name, f"the included file {path} sets it too")
    for name in command_line_settings(tuple(start_arguments or ())):
        found[canonical(name)] = f"the server's command line sets it (--{name})"
    return found


def render(name: str, value: str) -> str:
    """The line of a file that gives a setting this value."""
    return f"{name} {value if name in SEVERAL_ARGUMENTS and value else quoted(value)}"


def edited(text: str, wanted: Mapping[str, str]) -> str:
    """The text with these settings: each replaced where it stands, its further lines dropped, or appended at the end.

    No other line is touched, and no line that says the wanted value already.
    """
    lines = _lines(text)
    places: dict[str, list[int]] = {}
    for index, name, _arguments in _directives(text):
        places.setdefault(name, []).append(index)
    for name, value in wanted.items():
        present = places.get(name, [])
        if present:
            first, *further = present
            if further or normal(name, file_value(lines[first], name) or "") != normal(name, value):
                lines[first] = render(name, value) + (lines[first][len(lines[first].rstrip("\r\n")) :] or "\n")
            for index in further:
                lines[index] = ""
        else:
            if lines and not lines[-1].endswith("\n"):
                lines[-1] += "\n"
            lines.append(render(name, value) + "\n")
    return "".join(lines)


def _lines(text: str) -> list[str]:
    # Not splitlines(): it also splits at characters that end no line for the engine.
    return [line for line in re.split(r"(?<=\n)", text) if line]


def _directives(text: str) -> Iterator[tuple[int, str, list[str]]]:
    """Line number, canonical name and arguments of every directive; a line that the engine could not split is none."""
    for index, line in enumerate(_lines(text)):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            first, *arguments = split_arguments(line)
        except (
            ValueError
        ):  # a running server has read this file; such a line was added since and names nothing for sure
            continue
        yield index, canonical(first), arguments


def _after_reset(values: Sequence[str]) -> list[str]:
    """``save ""`` forgets the lines before it."""
    resets = [index for index, value in enumerate(values) if not value.strip()]
    return list(values[resets[-1] + 1 :]) if resets else list(values)

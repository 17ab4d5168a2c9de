# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the engines quote arguments in a configuration file (sdssplitargs and sdscatrepr in sds.c)."""

from __future__ import annotations

import re

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "a": "\a"}
_NAMES_OF_ESCAPES = {character: letter for letter, character in _ESCAPES.items()}
_HEX = re.compile(r"\\x([0-9A-Fa-f]{2})")
_PLAIN = re.compile(r"[^\s\"'\\\x00-\x1f\x7f]+")


def split_arguments(line: str) -> list[str]:
    """Split a line as the engines do. Raises ValueError when a quote is not closed or is followed by text."""
    arguments: list[str] = []
    position = 0
    while True:
        while position < len(line) and line[position].isspace():
            position += 1
        if position == len(line):
            return arguments
        argument, position = _argument(line, position)
        arguments.append(argument)


def quoted(text: str) -> str:
    """One argument as it must stand in a file; without quotes where none are needed."""
    if _PLAIN.fullmatch(text):
        return text
    return '"' + "".join(_escaped(character) for character in text) + '"'


def unquoted(text: str) -> str:
    """The text inside quotes, where the whole text is one quoted argument; any other text as it is."""
    if len(text) < 2 or text[0] not in "\"'" or text[-1] != text[0]:
        return text
    try:
        arguments = split_arguments(text)
    except ValueError:  # the quotes do not belong together, so they are part of the text
        return text
    return arguments[0] if len(arguments) == 1 else text


def _argument(line: str, position: int) -> tuple[str, int]:
    parts: list[str] = []
    while position < len(line) and not line[position].isspace():
        if line[position] in "\"'":
            inside, position = _inside_quotes(line, position)
            parts.append(inside)
            if position < len(line) and not line[position].isspace():
                raise ValueError("text follows a closing quote")
        else:
            parts.append(line[position])
            position += 1
    return "".join(parts), position


def _inside_quotes(line: str, position: int) -> tuple[str, int]:
    quote = line[position]
    parts: list[str] = []
    position += 1
    while position < len(line):
        character, following = line[position], line[position + 1 : position + 2]
        if character == quote:
            return "".join(parts), position + 1
        if character == "\\" and following:
            hexadecimal = _HEX.match(line, position) if quote == '"' else None
            if hexadecimal is not None:
                parts.append(chr(int(hexadecimal.group(1), 16)))
                position += 4
                continue
            if quote == '"' or following == "'":
                parts.append(_ESCAPES.get(following, following) if quote == '"' else following)
                position += 2
                continue
        parts.append(character)
        position += 1
    raise ValueError("a quote is not closed")


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character in _NAMES_OF_ESCAPES:
        return "\\" + _NAMES_OF_ESCAPES[character]
    return character if character >= " " and character != "\x7f" else f"\\x{ord(character):02x}"

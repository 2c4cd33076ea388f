"""Line numbers of the keys of a TOML file, which tomllib does not give. The file is already validated."""

from __future__ import annotations

import re
import tomllib
from typing import NamedTuple

Path = tuple[str | int, ...]
"""Keys from the top; a number is the index of a table in a list."""

_KEY = re.compile(r"""[ \t]*("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_-]+)[ \t]*""")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}' + r"|'''.*?'{3,5}" + r'|"(?:[^"\\\n]|\\.)*"' + r"|'[^'\n]*'",
    re.DOTALL,
)
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)+")


class _Statement(NamedTuple):
    """A table header or a key: its dotted name, its position, and its number of brackets."""

    name: tuple[str, ...]
    start: int
    brackets: int


def key_lines(text: str) -> dict[Path, int]:
    """Return the lines, from 1, of all keys and tables of a valid TOML text.

    Keys inside a value, as in `{a = 1}`, are not listed; `line_of` returns the line of the key around them.
    """
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    position = line = 0
    for statement in _statements(text):
        line += text.count("\n", position, statement.start)
        position = statement.start
        path: Path = () if statement.brackets else table
        for number, part in enumerate(statement.name, 1):
            path = (*path, part)
            lines.setdefault(path, line + 1)
            last = number == len(statement.name)
            if statement.brackets == 2 and last:
                counts[path] = counts.get(path, -1) + 1
            if path in counts:
                path = (*path, counts[path])
                lines.setdefault(path, line + 1)
        if statement.brackets:
            table = path
    return lines


def line_of(lines: dict[Path, int], path: Path) -> int:
    """Return the line of a key, or of the nearest table around it; 1 where there is none."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def _statements(text: str) -> list[_Statement]:
    found = []
    position = _after(_BLANK, text, 0)
    while position < len(text):
        start = position
        brackets = 2 if text.startswith("[[", position) else int(text[position] == "[")
        name, position = _name(text, position + brackets)
        found.append(_Statement(name, start, brackets))
        position = position + brackets if brackets else _after_value(text, position + 1)
        position = _after(_BLANK, text, position)
    return found


def _name(text: str, position: int) -> tuple[tuple[str, ...], int]:
    parts = []
    while key := _KEY.match(text, position):
        word = key[1]
        parts.append(str(tomllib.loads(f"x={word}")["x"]) if word[0] in "\"'" else word)
        position = key.end()
        if text[position : position + 1] != ".":
            break
        position += 1
    return tuple(parts), position


def _after_value(text: str, position: int) -> int:
    """Return the position after the line of a value, which may have several lines."""
    depth = 0
    while position < len(text):
        character = text[position]
        if character in "\"'" and (string := _STRING.match(text, position)):
            position = string.end()
            continue
        if character == "#":
            position = text.find("\n", position)
            if position < 0:
                return len(text)
            continue
        depth += (character in "[{") - (character in "]}")
        position += 1
        if character == "\n" and depth == 0:
            break
    return position


def _after(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    return found.end() if found else position

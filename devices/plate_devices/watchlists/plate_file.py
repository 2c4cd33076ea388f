"""Files of known plates, one plate per line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from plate_runtime.alphabet import fold
from plate_runtime.errors import DataError
from plate_runtime.files import read_whole
from plate_runtime.label_table import COLUMNS, decode
from plate_runtime.script import LATIN, Script

LONGEST = 16
_LARGEST = 64 << 20
WILDCARDS = "?*"
"""`?` stands for one character, `*` for any number of characters."""


@dataclass(frozen=True)
class ListedPlate:
    """A line of a list: the plate, maybe with `WILDCARDS`, and the name beside it, "" for none."""

    text: str
    name: str = ""


@dataclass(frozen=True)
class PlateList:
    """The plates of a file, `exact` by their folded text, and `patterns` of those with wildcards, in their order.

    script: the characters that they are written in.
    """

    exact: dict[str, ListedPlate] = field(default_factory=dict)
    patterns: tuple[tuple[re.Pattern[str], ListedPlate], ...] = ()
    script: Script = LATIN

    def __len__(self) -> int:
        return len(self.exact) + len(self.patterns)


def read_plates(path: Path, script: Script = LATIN) -> PlateList:
    """Return the plates of a file.

    A line holds a plate and, after a comma, semicolon or tab, a name; `#` starts a comment. The first line may be a
    header. See `Script.to_characters` for the characters that are ignored. O equals 0, and I equals 1.

    Raises:
        DataError: the file cannot be read, or a line is not a plate.
    """
    try:
        lines = decode(read_whole(path, _LARGEST, DataError, "watch list ")).splitlines()
    except UnicodeError as error:
        raise DataError(f"watch list {path} is not text: {error}") from error
    rows = [(number, *_split(line)) for number, line in enumerate(lines, 1)]
    rows = [row for row in rows if row[1]]
    if rows and rows[0][1].lower() in COLUMNS["text"]:
        rows = rows[1:]
    listed = [
        ListedPlate(_plate(plate, f"watch list {path}, line {number}", script), name) for number, plate, name in rows
    ]
    return PlateList(
        {fold(one.text): one for one in listed if not _has_wildcard(one.text)},
        tuple((_expression(one.text), one) for one in listed if _has_wildcard(one.text)),
        script,
    )


def _split(line: str) -> tuple[str, str]:
    """Return the plate and the name of a line."""
    plate, _, name = re.sub("[,;\t]", "\0", line.partition("#")[0], count=1).partition("\0")
    return plate.strip(), " ".join(name.split())


def _plate(written: str, where: str, script: Script) -> str:
    try:
        text = script.to_characters(written, keep=WILDCARDS)
    except ValueError as error:
        raise DataError(f"{where}: {error}") from error
    if not text.strip(WILDCARDS):
        raise DataError(f"{where}: {written!r} is not a plate; comments start with #")
    if len(text) > LONGEST:
        raise DataError(f"{where}: {written!r} is longer than any plate ({LONGEST} characters); one plate a line")
    return text


def _has_wildcard(text: str) -> bool:
    return any(mark in text for mark in WILDCARDS)


def _expression(text: str) -> re.Pattern[str]:
    return re.compile("".join({"?": ".", "*": ".*"}.get(one) or re.escape(one) for one in fold(text)))
